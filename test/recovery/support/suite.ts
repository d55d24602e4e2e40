// The tests of one part of the matrix. The effects are counted by a recording run, so a new one is covered by being there; of
// a system that is not known here it fails the run.
// S1. The parts run side by side, each with servers and a recording of its own, and together they are the whole: whose a case
//     is follows from what it means. Otherwise: reads that pass the seam in another order take a case out of every part.
// S2. `RECOVERY_SHARE=1/8` meets an eighth of the cases of every run, for a CI that has an hour: which one, the commit says.
//     `npm run test:recovery` meets them all. Otherwise: a row for each strategy and path makes CI too long to wait for.

import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { faultNames, faultsOfStatements } from "./faults.ts";
import { casesOf, judgeAll, type Recording, recordAll } from "./matrix.ts";
import { runs, strategies, titleOf } from "./scenarios.ts";
import { type Servers, startServers } from "./servers.ts";
import type { Case } from "./world.ts";

const patienceMs = 30 * 60_000;

const partOf = (means: string, of: number) => 1 + (createHash("sha256").update(means).digest().readUInt32BE() % of);

/** @see S2 */
const [share = 1, shares = 1] = (process.env.RECOVERY_SHARE ?? "1/1").split("/").map(Number);
const isShared = (means: string | undefined) => partOf(`share of ${means}`, shares) === share;

export function recoveryOf(part: number, of: number): void {
	let servers: Servers;
	let recordings: Recording[];
	let cases: Case[][];
	beforeAll(async () => {
		servers = await startServers();
		recordings = await recordAll(servers);
		cases = casesOf(recordings);
	}, patienceMs);
	afterAll(async () => servers?.[Symbol.asyncDispose]());

	const say = (text: string) => process.stderr.write(`${text}\n`);
	const titled = runs.map(({ scenario }, which) => ({ title: titleOf(scenario), which }));
	describe.each(titled)("a rotation with $title", ({ title, which }) => {
		const begun = performance.now();
		let judged = 0;
		const own = () => cases[which]!.filter(({ means }) => partOf(`${title}: ${means}`, of) === part && isShared(means));
		afterAll(() => {
			const seconds = Math.round((performance.now() - begun) / 1000);
			const { effects } = recordings[which]!.recorded;
			const whole = `${effects.length} effects, ${cases[which]!.length} cases`;
			say(`${title}: ${whole}, ${judged} of them in part ${part} of ${of}, ${seconds} s`);
		});

		test("without a fault completes, and the sweep after it has nothing to do", () => {
			expect(recordings[which]!.recorded).toMatchObject({ outcome: "completed", found: [] });
		});

		test.each(faultNames)(
			"recovers by itself at whichever effect %s",
			async (fault) => {
				// One that is met for its delivery alone sends no statement that could be too slow, nor does one without a database.
				const { scenario, halves } = runs[which]!;
				const sendsStatements = strategies[scenario.strategy].isInDatabase;
				const isMet = halves.includes("switch") && (sendsStatements || !faultsOfStatements.includes(fault));
				if (isMet) expect(cases[which]!.filter((one) => one.fault === fault)).not.toEqual([]);
				const met = own().filter((one) => one.fault === fault);
				const from = performance.now();
				// At once, not when the file is over as jest would: the whole takes minutes.
				const failures = await judgeAll(servers, met, (failure) => say(JSON.stringify({ title, ...failure })));
				judged += met.length;
				const seconds = Math.round((performance.now() - from) / 1000);
				say(`${title}: ${fault}: ${met.length} cases, ${failures.length} failed, ${seconds} s`);
				expect(failures).toEqual([]);
			},
			patienceMs,
		);

		test("has met all of this part's cases", () => {
			expect(judged).toBe(own().length);
		});
	});
}
