import { expect, test } from "@jest/globals";
import { virtualClock } from "../../../simulate/clock.ts";

test("what happens at one time happens in the order in which it was asked for, however much there is", async () => {
	const clock = virtualClock(0);
	const seen: number[] = [];
	for (let index = 0; index < 200; index++) clock.at(1_000, () => void seen.push(index));
	await clock.run(1_001);
	expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index));
});

test("a promise that was settled goes on before the next thing happens, and at the same time", async () => {
	const clock = virtualClock(0);
	const seen: string[] = [];
	const gate = Promise.withResolvers<void>();
	void gate.promise.then(async () => {
		await undefined;
		seen.push(`promise at ${clock.now()}`);
	});
	clock.at(1, () => {
		gate.resolve();
		clock.settle();
	});
	clock.at(2, () => void seen.push(`next at ${clock.now()}`));
	await clock.run(3);
	expect(seen).toEqual(["promise at 1", "next at 2"]);
});
