// The runner itself, on a project of one file and one test.

import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { inFile } from "../../mutants/mutant.ts";
import { jsonOf, summaryOf, unexplained } from "../../mutants/report.ts";
import { tryAll } from "../../mutants/try.ts";

const project = join(import.meta.dirname, "..", "..", "..");
const source = `export const isDue = (days) => days <= 30;
export const label = (days) => (isDue(days) ? "due" : "fine");
export const log = () => console.debug("looked");
`;
const testFile = `import { expect, test } from "@jest/globals";
import { isDue, label, log } from "./due.mjs";
test("is due a month before", () => expect(isDue(30)).toBe(true));
test("has a name", () => { expect(label(31)).toBe("fine"); log(); });
`;

let root: string;
beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "sample-"));
	await symlink(join(project, "node_modules"), join(root, "node_modules"), "junction");
	await mkdir(join(root, "dist"));
	const config = "export default { testMatch: ['**/*.test.mjs'], testTimeout: 1000 };";
	const files = { "package.json": "{}", "jest.config.mjs": config, "due.mjs": source, "due.test.mjs": testFile };
	for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const mutants = inFile(
	"due.mjs",
	["due.test.mjs"],
	[
		{ name: "nothing is due on the last day", find: "<=", replace: "<" },
		{ name: "everything is due from the start", find: "days <= 30", replace: "days <= 3000" },
		{
			name: "it waits for ever",
			find: "days <= 30",
			replace: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
		},
		{ name: "it cannot be loaded", find: '"looked"', replace: "looked.at.all" },
		{ name: "a log line is another", find: "looked", replace: "seen" },
		{ name: "a log line is lost", find: 'console.debug("looked")', replace: "{}", survives: "nobody reads it" },
		{ name: "a month has 29 days", find: "30", replace: "29", survives: "it is said to be unnoticed" },
	],
);
const run = (list = mutants) => tryAll(list, { root, say: () => {}, patienceMs: 4_000 });

describe("trying mutants", () => {
	test("tells those that a test notices, that hang and that survive, and leaves the project as it was", async () => {
		const tried = await run();
		const noticed = Object.fromEntries(tried.map(({ mutant, noticed }) => [mutant.name, noticed]));
		expect(noticed).toEqual({
			"nothing is due on the last day": "is due a month before",
			"everything is due from the start": "has a name",
			"it waits for ever": expect.stringMatching(/^it hangs for more than \d+ s$/),
			"it cannot be loaded": "has a name",
			"a log line is another": undefined,
			"a log line is lost": undefined,
			"a month has 29 days": "is due a month before",
		});
		expect(JSON.parse(jsonOf(tried))).toEqual({
			total: 7,
			survived: [
				{ name: "a log line is another", file: "due.mjs" },
				{ name: "a log line is lost", file: "due.mjs" },
			],
		});
		// The one that survived without a reason, and the one whose reason is wrong.
		expect(unexplained(tried).map(({ mutant }) => mutant.name)).toEqual([
			"a log line is another",
			"a month has 29 days",
		]);
		expect(summaryOf(tried)).toContain("7 mutants, 2 survived, 1 of them for a reason that the list gives");
		expect(await readFile(join(root, "due.mjs"), "utf8")).toBe(source);
	});

	test("stops at tests that fail on the code as it is, or that are not there", async () => {
		await writeFile(
			join(root, "red.test.mjs"),
			'import { test } from "@jest/globals"; test("is red", () => { throw 1; });',
		);
		const [one] = mutants;
		await expect(run([{ ...one!, tests: ["red.test.mjs"] }])).rejects.toThrow(
			"red.test.mjs fails on the project as it is: is red",
		);
		await expect(run([{ ...one!, tests: [{ file: "due.test.mjs", names: /no such name/ }] }])).rejects.toThrow(
			"has no test that runs",
		);
	});

	test.each([
		["is not there", "weeks", "is not there in due.mjs: weeks"],
		["is there more than once", "isDue", "is there 2 times in due.mjs: isDue"],
	])("stops at a mutant whose line %s, and names it", async (name, find, sentence) => {
		const list = [{ ...mutants[0]!, name, find }];
		await expect(run(list)).rejects.toThrow(`Mutant "${name}": its find ${sentence}`);
	});
});
