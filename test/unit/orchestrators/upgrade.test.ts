// A new version of the app is deployed while rotations run: they go on with its code from their histories. So it asks for what the code
// before it has asked for, in the same order; what it asks for after that is its own affair. As the durable host has it, names are
// compared and inputs are not. What does not go on fails there and is taken over by the next trigger, as every instance that is lost.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { orchestrators } from "../../../src/lib/orchestrators/index.ts";
import { durableOn, type Process } from "../../../src/lib/orchestrators/process.ts";
import { comparedOf, type Recording, type Recordings, recordHistories } from "../../support/histories.ts";

const folder = join(import.meta.dirname, "histories");
const version = process.env.RECORD_HISTORIES;
if (version) writeFileSync(join(folder, `${version}.json`), `${JSON.stringify(await recordHistories())}\n`);

const versions = readdirSync(folder).map((file) => {
	const recorded = JSON.parse(readFileSync(join(folder, file), "utf8")) as Recordings;
	return { of: file.replace(/\.json$/, ""), recorded };
});

/** @returns what it asks for, as far as the history goes */
function replayed({ orchestrator, input, began, past }: Recording): string[] {
	let time = new Date(began);
	const durable = durableOn({ now: () => time, report() {}, continueAs() {} });
	const run = (orchestrators[orchestrator as keyof typeof orchestrators] as (...given: unknown[]) => Process<unknown>)(
		durable,
		structuredClone(input),
	);
	const asked: string[] = [];
	let at = run.next();
	for (const { answer, error, at: when } of past) {
		if (at.done) break;
		asked.push(comparedOf(at.value));
		time = new Date(when);
		at = error === undefined ? run.next(structuredClone(answer)) : run.throw(new Error(error));
	}
	expect(at.done).toBe(true);
	return asked;
}

describe.each(versions)("what began with version $of", ({ recorded }) => {
	test.each(Object.entries(recorded))("goes on: %s", (_, histories) => {
		for (const one of histories) expect(replayed(one)).toEqual(one.past.map(({ asked }) => asked));
	});
});

test("what the next release is to record has every orchestrator in it", async () => {
	const begun = Object.values(await recordHistories()).flatMap((all) => all.map(({ orchestrator }) => orchestrator));
	// A rollback runs the rotation's.
	const { rollback: _, ...registered } = orchestrators;
	expect([...new Set(begun)].sort()).toEqual(Object.keys(registered).sort());
});

test("no history holds a value", () => {
	for (const { recorded } of versions) expect(JSON.stringify(recorded)).not.toMatch(/first-password|"password"/);
});
