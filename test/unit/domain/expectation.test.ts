import { expect, test } from "@jest/globals";
import { expectedMsOf } from "../../../src/lib/domain/expectation.ts";

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
