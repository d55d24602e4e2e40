import { expect, test } from "@jest/globals";
import { expectedMsOf, isLong } from "../../../src/lib/domain/expectation.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";

const consumer = (copy: number, rollout: number) => ({ copyTimeoutSeconds: copy, rolloutTimeoutSeconds: rollout });

test("of several consumers the slowest counts: they are delivered to side by side", () => {
	const consumers = [consumer(300, 900), consumer(30, 60), consumer(600, 300)];
	expect(expectedMsOf({ dryRun: false, consumers, deliveries: 1 })).toBe((120 + 1200) * 1000);
	expect(expectedMsOf({ dryRun: false, consumers, deliveries: 2 })).toBe((120 + 2400) * 1000);
});

test("without consumers, and for a dry run, only what comes before them is expected", () => {
	expect(expectedMsOf({ dryRun: false, consumers: [], deliveries: 1 })).toBe(120_000);
	expect(expectedMsOf({ dryRun: true, consumers: [consumer(300, 900)], deliveries: 2 })).toBe(120_000);
});

test("a roll that waits for other secrets is expected to", () => {
	const consumers = [{ ...consumer(300, 900), rollTogetherSeconds: 600 }];
	expect(expectedMsOf({ dryRun: false, consumers, deliveries: 1 })).toBe((120 + 1800) * 1000);
});

test("a canary comes before the others, and takes its time besides", () => {
	const consumers = [consumer(300, 900), { ...consumer(30, 60), canary: true }, consumer(600, 300)];
	expect(expectedMsOf({ dryRun: false, consumers, deliveries: 1 })).toBe((120 + 90 + 1200) * 1000);
});

test("what runs takes long from the moment on at which it should be over, and what is over does not", () => {
	const now = new Date("2026-06-01T06:00:00.000Z");
	const run = (changes: Partial<RotationStatus>) => ({ steps: [], ...changes }) as unknown as RotationStatus;
	expect(isLong(run({ expectedBy: "2026-06-01T05:59:59.999Z" }), now)).toBe(true);
	expect(isLong(run({ expectedBy: "2026-06-01T06:00:00.000Z" }), now)).toBe(false);
	expect(isLong(run({}), now)).toBe(false);
	expect(isLong(run({ expectedBy: "2026-06-01T05:00:00.000Z", outcome: "completed" }), now)).toBe(false);
});
