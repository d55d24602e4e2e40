// A new strategy and a new delivery path are a folder and a registration each: in a copy of the project both are made up, and the
// product's own commands and steps do the rest. What else asks for them is named here: tests that have to be written.

import { type ExecException, exec } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";

jest.setTimeout(600_000); // compilers and test runs of their own: half a minute of work, which busy cores make long

const root = join(import.meta.dirname, "..", "..");
const notCopied = new Set(["node_modules", "dist", "coverage", ".git", ".terraform"]);
const madeUp = join("test", "integration", "made-up");
const config = join(madeUp, "rotation.config.yaml");

let copy: string;
beforeAll(async () => {
	copy = await mkdtemp(join(tmpdir(), "made-up-"));
	await cp(root, copy, { recursive: true, filter: (path) => path === root || !notCopied.has(basename(path)) });
	await symlink(join(root, "node_modules"), join(copy, "node_modules"), "junction");
	await cp(join(copy, madeUp, "rotation.ts"), join(copy, madeUp, "rotation.test.ts"));
	for (const [from, to] of [
		["strategy", "src/lib/strategies/made-up"],
		["path", "src/lib/paths/made-up"],
	] as const) {
		await cp(join(root, madeUp, from), join(copy, to), { recursive: true });
		for (const file of ["index.ts", "schema.ts", ...(from === "path" ? ["delivery.ts"] : [])])
			await changed(join(to, file), (text) => text.replaceAll('"../../../../src/lib/', '"../../'));
	}
});
afterAll(async () => {
	await rm(copy, { recursive: true, force: true });
});

async function changed(file: string, change: (text: string) => string): Promise<void> {
	await writeFile(join(copy, file), change(await readFile(join(copy, file), "utf8")));
}

/** All that is done outside the two folders: an import and its line. */
const register = (registry: string, list: string) =>
	changed(registry, (text) =>
		text
			.replace(/^import /m, 'import { madeUp } from "./made-up/index.ts";\nimport ')
			.replace(`export const ${list} = {\n`, `export const ${list} = {\n\t"made-up": madeUp,\n`),
	);

interface Ran {
	readonly code: number;
	readonly stdout: string;
}

/** In the copy, as somebody types it. */
function run(command: string): Promise<Ran> {
	const { promise, resolve } = Promise.withResolvers<Ran>();
	const ended = (error: ExecException | null, stdout: string) => resolve({ code: error?.code ?? 0, stdout });
	exec(command, { cwd: copy, maxBuffer: 64 * 1024 * 1024 }, ended);
	return promise;
}

async function tested(...files: readonly string[]) {
	const flags = "--experimental-vm-modules --disable-warning=ExperimentalWarning";
	const { stdout } = await run(
		`node ${flags} node_modules/jest/bin/jest.js --ci --runInBand --json --cacheDirectory .jest --runTestsByPath ${files.join(" ")}`,
	);
	const { testResults } = JSON.parse(stdout) as { testResults: { message: string; assertionResults: Result[] }[] };
	const all = testResults.flatMap(({ assertionResults }) => assertionResults);
	const failed = all.filter(({ status }) => status !== "passed").map(({ title }) => title);
	return {
		passed: all.length - failed.length,
		failed: failed.sort(),
		messages: testResults.map(({ message }) => message).join(""),
	};
}

interface Result {
	readonly title: string;
	readonly status: string;
}

const rotation = join(madeUp, "rotation.test.ts");
const registries = "test/unit/registries.test.ts";

const checked = async (file: string) =>
	JSON.parse((await run(`npm run -s config:check -- ${file} --json`)).stdout) as {
		valid: boolean;
		problems: { path: string }[];
		managed: object[];
	};

test("folders that are not registered are no strategy and no path, and a test says so", async () => {
	const places = async (file: string) => (await checked(file)).problems.map(({ path }) => path);
	expect(await places(config)).toEqual(['secrets["db-password"].strategy']);
	const path = join(madeUp, "path-alone.yaml");
	await writeFile(
		join(copy, path),
		(await readFile(join(copy, config), "utf8")).replace(/ +(strategy|madeUpB).*\n/g, ""),
	);
	expect(await places(path)).toEqual(['secrets["db-password"].consumers[0].delivery.path']);

	const { passed, failed } = await tested(registries, rotation);
	expect(passed).toBeGreaterThan(10);
	expect(failed).toEqual([
		"a made-up strategy's value is set, brought by a made-up path and proved",
		"each delivery path is a folder and a line",
		"each strategy is a folder and a line",
	]);
});

describe("registered by a line each, they are", () => {
	beforeAll(async () => {
		await register("src/lib/strategies/index.ts", "strategies");
		await register("src/lib/paths/index.ts", "paths");
	});

	test("configured, documented, rotated, delivered and proved", async () => {
		expect(await checked(config)).toMatchObject({
			valid: true,
			managed: [{ role: "titanic_admin on titanic-postgres" }],
		});
		expect((await run("npm run -s config:docs")).code).toBe(0);
		const written = (file: string) => readFile(join(copy, file), "utf8");
		const options = await written("docs/configuration.md");
		expect(options).toContain("| `secrets.<name>.madeUpBytes` (made-up only) | How many random bytes are in it. |");
		expect(options).toContain("| `secrets.<name>.consumers[].delivery.madeUpShare` (made-up only) |");
		expect(await written("rotation.config.schema.json")).toContain('"madeUpShare"');
		expect(await written("docs/security.md")).toContain("`made-up` | `get` made-up.example/shares |");
		const ran = await tested(registries, "test/unit/config/docs.test.ts", rotation);
		expect(ran).toMatchObject({ failed: [], messages: "" });
	});

	test("where they belong: no dependency runs back", async () => {
		expect(await run("npm run -s architecture")).toMatchObject({ code: 0 });
	});

	test("asked for by nothing else but the tests that each must have, which do not compile without", async () => {
		const { stdout } = await run("npm run -s types -- --pretty false");
		const errors = [...stdout.matchAll(/^(\S+?)\(\d+,\d+\): error .*$/gm)];
		expect(errors.map(([line]) => line).filter((line) => !line.includes("made-up"))).toEqual([]);
		expect([...new Set(errors.map(([, file]) => file))].sort()).toEqual([
			"test/contract/support/places.ts",
			"test/recovery/support/scenarios.ts",
		]);
	});
});
