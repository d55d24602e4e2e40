// The tests of one login mode: every strategy and delivery path, every effect, every fault. The effects are counted by a
// recording run, so a new one is covered by being there; of a system that is not known here it fails the run.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { faultNames } from "./faults.ts";
import { casesOf, judgeAll, type Recorded, record } from "./matrix.ts";
import { type Scenario, scenariosOf } from "./scenarios.ts";
import { type Servers, startServers } from "./servers.ts";

const patienceMs = 30 * 60_000;

export function recoveryWith(login: Scenario["login"]): void {
	let servers: Servers;
	beforeAll(async () => {
		servers = await startServers();
	});
	afterAll(async () => servers?.[Symbol.asyncDispose]());

	const titled = scenariosOf(login).map((scenario) => ({ title: Object.values(scenario).join(", "), scenario }));
	describe.each(titled)("a rotation with $title", ({ title, scenario }) => {
		let recorded: Recorded;
		let judged = 0;
		const begun = performance.now();
		beforeAll(async () => {
			recorded = await record(servers, scenario);
		});
		afterAll(() => {
			const seconds = Math.round((performance.now() - begun) / 1000);
			console.info(`${title}: ${recorded.effects.length} effects, ${judged} cases, ${seconds} s`);
		});

		test("without a fault completes, and the sweep after it has nothing to do", () => {
			expect(recorded).toMatchObject({ outcome: "completed", found: [] });
		});

		test.each(faultNames(scenario.login))(
			"recovers by itself at whichever effect %s",
			async (fault) => {
				const cases = casesOf(scenario, recorded.effects).filter((one) => one.fault === fault);
				judged += cases.length;
				expect(cases.length).toBeGreaterThan(0);
				const from = performance.now();
				const failures = await judgeAll(servers, cases);
				const seconds = Math.round((performance.now() - from) / 1000);
				// At once, not when the file is over as jest would: the whole takes minutes.
				process.stderr.write(`${title}: ${fault}: ${cases.length} cases, ${failures.length} failed, ${seconds} s\n`);
				expect(failures).toEqual([]);
			},
			patienceMs,
		);

		test("has met every fault at every effect", () => {
			expect(judged).toBe(casesOf(scenario, recorded.effects).length);
		});
	});
}
