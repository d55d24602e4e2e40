// What comments and READMEs point to is there: the tests that keep a promise, the files of a folder; and a promise's label
// means one promise.

import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";

const root = join(import.meta.dirname, "..", "..");
const textOf = (file: string) => readFileSync(join(root, file), "utf8");
const filesOf = (pattern: string | string[]) =>
	globSync(pattern, { cwd: root, exclude: (name) => /(^|[\\/])(node_modules|\.terraform)$/.test(name) })
		.map((file) => file.replaceAll("\\", "/"))
		.sort();

const testFiles = filesOf(["test/**/*.test.ts", "packages/**/*.test.ts"]);
const sources = filesOf([
	...["src/**/*.ts", "local/**/*.ts", "packages/**/*.ts", "bench/**/*.ts", "simulate/**/*.ts", "test/**/*.ts", "*.ts"],
	...["examples/**/*.{ts,yaml}", "infra/**/*.{ts,tf,sh}"],
]);

const comment = /^\s*(?:\/\/|\/?\*+\/?|#|--)/;

/** Each run of comment lines as one line, and the rest. */
function split(text: string): { comments: string[]; code: string } {
	const comments: string[] = [];
	const code: string[] = [];
	let within = false;
	for (const line of text.split("\n")) {
		const found = comment.exec(line);
		const said = found ? line.slice(found[0].length).trim() : "";
		if (!found) code.push(line);
		else if (within) comments.push(`${comments.pop()} ${said}`);
		else comments.push(said);
		within = found !== null;
	}
	return { comments, code: code.join("\n") };
}

/** @returns what each "Kept by" says, to the end of its sentence */
const pointersIn = (comments: readonly string[]): string[] =>
	comments.flatMap((said) => [...said.matchAll(/kept by: *((?:[^.]|\.(?=[^\s.]))*)/gi)].map(([, named = ""]) => named));

/** @returns each "Kept by" that names nothing, or something that is not there */
function liesOf(text: string): string[] {
	const { comments, code } = split(text);
	return pointersIn(comments).filter((named) => {
		const tests: readonly string[] = named.match(/[\w./-]+\.test\.ts\b/g) ?? [];
		const paths = (named.match(/\b(?:test|src|local|packages|infra)\/[\w./-]*\w/g) ?? []).filter(
			(path) => !tests.includes(path),
		);
		const words = [...named.matchAll(/`(\w+)/g)].map(([, word]) => word!);
		if (tests.length + paths.length + words.length === 0) return true;
		return (
			tests.some((name) => !testFiles.some((file) => file === name || file.endsWith(`/${name}`))) ||
			paths.some((path) => !existsSync(join(root, path))) ||
			words.some((word) => !new RegExp(`\\b${word}\\b`).test(code))
		);
	});
}

describe("a promise's 'Kept by'", () => {
	const files = sources.filter((file) => /kept by:/i.test(textOf(file)) && file !== "test/unit/docs-pointers.test.ts");

	test("is looked for in every folder that has some", () => {
		const folders = new Set(files.map((file) => file.split("/")[0]));
		for (const folder of ["src", "local", "infra", "test"]) expect(folders).toContain(folder);
	});

	test.each(files)("in %s names what is there", (file) => {
		expect(liesOf(textOf(file))).toEqual([]);
	});

	test("in src/ names a test, whatever else it names", () => {
		const untested = files
			.filter((file) => file.startsWith("src/"))
			.flatMap((file) => pointersIn(split(textOf(file)).comments).map((named) => `${file}: ${named}`))
			.filter((pointer) => !pointer.includes(".test.ts"));
		expect(untested).toEqual([]);
	});

	test.each([
		["a test that there is not", "// A1. It is so. Kept by: docs-pointers.test.ts, no-such.test.ts.", 1],
		["a test with another folder before it", "// A1. It is so. Kept by: e2e/docs-pointers.test.ts.", 1],
		["a folder that there is not", "// A1. It is so. Kept by: test/nothing.", 1],
		["a word that the code does not have", "// A1. It is so, and\n// `held` says so. Kept by: `held`.\nlet it;", 1],
		["nothing that can be looked up", "// A1. It is so. Kept by: everybody's care.", 1],
		["a word that the code has", "// A1. It is so. Kept by:\n//     `held` below.\nlet held;", 0],
		["two tests that there are", "# A1. So. Kept by: unit/docs.test.ts, docs-pointers.test.ts. B2. More.", 0],
	])("that names %s", (_, text, lies) => {
		expect(liesOf(text)).toHaveLength(lies);
	});
});

describe("a promise's label", () => {
	/** The labels of a file's promises: `// AB1. ...` at the beginning of a comment's line. */
	const labelsOf = (text: string) =>
		[...text.matchAll(/^\s*(?:\/\/|\*) ([A-Z]{1,4}\d+)\. /gm)].map(([, label]) => label!);

	test("means one promise in the whole of src/", () => {
		const places = new Map<string, string[]>();
		for (const file of filesOf("src/**/*.ts"))
			for (const label of labelsOf(textOf(file))) places.set(label, [...(places.get(label) ?? []), file]);
		expect(places.size).toBeGreaterThan(100);
		expect([...places].filter(([, files]) => files.length > 1)).toEqual([]);
	});

	test("means one promise in a file anywhere else", () => {
		const twice = sources.filter((file) => {
			const labels = labelsOf(textOf(file));
			return new Set(labels).size < labels.length;
		});
		expect(twice).toEqual([]);
	});
});

describe("a README's list", () => {
	const readmes = filesOf(["local/**/README.md", "packages/**/README.md"]);
	/** What npm or the platform asks for beside the code says nothing of its own. */
	const unnamed = /^(README\.md|LICENSE|package(-lock)?\.json|tsconfig\.json|node_modules|dist|\..*)$/;

	test.each(readmes)("in %s has every file and folder beside it", (readme) => {
		const text = textOf(readme);
		const beside = readdirSync(join(root, dirname(readme)), { withFileTypes: true })
			.filter(({ name }) => !unnamed.test(name))
			.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
		expect(beside.length).toBeGreaterThan(0);
		// In backticks, or as a link's text.
		const missing = beside.filter((name) => !text.includes(`\`${name}\``) && !text.includes(`[${name}]`));
		expect(missing).toEqual([]);
	});

	test("is there for the local stack itself", () => {
		expect(readmes.map((readme) => basename(dirname(readme)))).toContain("local");
	});
});
