// The drills' list, what counts as proved, and the runbook's table. The quickest one is run by
// test/e2e/drill.test.ts; all of them take minutes.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { type Drilled, drillNames } from "../../../local/drill/drill.ts";
import { drills } from "../../../local/drill/index.ts";
import { optionsIn } from "../../../local/drill/options.ts";
import { isProved, withDrills } from "../../../local/drill/report.ts";

const runbook = readFileSync("docs/runbook.md", "utf8");
const drilled = (changes: Partial<Drilled> = {}): Drilled => ({
	...{ drill: "lost-secret", disaster: "it was purged", seconds: 12.34 },
	steps: [
		{ by: "rotator", says: "the sweep tells it", seconds: 1.26 },
		{ by: "person", says: "rotator restore db-password: it is back", seconds: 3 },
	],
	verdicts: [{ says: "the live password logs in", holds: true }],
	...changes,
});

describe("the drills", () => {
	test("are a lost secret, a restored database and a lost task hub", () => {
		expect([...drillNames]).toEqual(["lost-secret", "restored-database", "lost-task-hub"]);
		expect(Object.keys(drills)).toEqual([...drillNames]);
	});

	test("are all in the runbook, with the times of a run that proved them", () => {
		const [, table = ""] = /<!-- The drills[^>]*>\n([\s\S]*?)<!-- The end of the drills/.exec(runbook) ?? [];
		expect(table.match(/whole again, and proved/g)).toHaveLength(drillNames.length);
		for (const { disaster } of Object.values(drills)) expect(table).toContain(disaster);
	});

	test("are proved only where something was asked and all of it holds", () => {
		expect(isProved(drilled())).toBe(true);
		expect(isProved(drilled({ verdicts: [] }))).toBe(false);
		expect(isProved(drilled({ verdicts: [...drilled().verdicts, { says: "x", holds: false }] }))).toBe(false);
	});
});

describe("the runbook's table", () => {
	test("has each step, who does it and how long it took, and how long all of it took", () => {
		const written = withDrills(runbook, [drilled()], "2026-11-30");
		expect(written).toContain("| it was purged | the rotator | the sweep tells it | 1.3 s |");
		expect(written).toContain("|  | you | `rotator restore db-password`: it is back | 3.0 s |");
		expect(written).toContain("**12.3 s**");
		expect(withDrills(written, [drilled()], "2026-11-30")).toBe(written);
	});

	test("is refused by a page that has no place for it", () => {
		expect(() => withDrills("# Runbook\n", [drilled()], "2026-11-30")).toThrow("no place for the table");
	});
});

test.each([
	[["--only", "lost-ship"], '--only is "lost-ship"'],
	[["--only", "lost-secret", "--write-table"], "--write-table is for all drills"],
	[["--all"], "Unknown option '--all'"],
])("%j is wrong, and says why", (args, says) => {
	expect(() => optionsIn(args)).toThrow(says);
});

test("without --only all drills are run", () => {
	expect(optionsIn([]).only).toEqual([...drillNames]);
	expect(optionsIn(["--only", "lost-secret,lost-task-hub"]).only).toEqual(["lost-secret", "lost-task-hub"]);
});
