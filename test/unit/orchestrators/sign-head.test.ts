// The head of the audit log is signed when a rotation is over, and nothing about it changes how the rotation ends.

import { expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { signHead } from "../../../src/lib/steps/sign-head.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const key = "https://titanic-kv-prod.vault.azure.net/keys/audit-head";
const busy = () => new Fault("signing-unavailable", { key });
const notesOf = (world: ReturnType<typeof rotationWorld>) =>
	world.audit.records.filter(({ data }) => data.step === "signHead").map(({ data }) => data);

test.each(["straight", "replayed"] as const)(
	"a rotation, %s, ends with a head over all of its records, beside the log and in the second store",
	async (mode) => {
		const world = rotationWorld();
		await world.run(world.request(), mode);
		const last = world.audit.records.at(-1)?.data;
		expect(last).toMatchObject({ step: "finish", phase: "outcome" });
		const { seq, hash } = last ?? {};
		expect(world.heads.beside).toMatchObject([{ head: { log: "memory", seq, hash } }]);
		expect(world.heads.copy).toEqual(world.heads.beside);
	},
);

test("a rotation that changed nothing ends with a signed head too", async () => {
	const world = rotationWorld();
	await world.run(world.request({ seenVersion: "0".repeat(32) }));
	expect(world.heads.copy).toHaveLength(1);
});

test.each([
	["the key may not be used", "sign", () => new Fault("signing-forbidden", { key })],
	["the key is throttled all the time", "sign", busy],
	["the second store is away", "copy", () => new Fault("heads-unavailable", { store: "copy" })],
] as const)(
	"where %s, the rotation ends all the same, and the log says that its head was left so",
	async (_, part, fault) => {
		const world = rotationWorld();
		world.heads.refuse(part, fault());
		const before = world.now().getTime();
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(await world.records.rotation(result.rotationId)).toMatchObject({ outcome: "completed" });
		const { code, sentence } = fault();
		expect(notesOf(world)).toMatchObject([{ code, message: sentence, phase: "note", rotationId: result.rotationId }]);
		expect(world.now().getTime() - before).toBeLessThan(10 * 60_000);
		expect(world.heads.beside.length).toBeGreaterThan(part === "sign" ? -1 : 0);
	},
);

test("a key that is throttled for a while signs when it is asked again", async () => {
	const world = rotationWorld();
	const mend = world.heads.refuse("sign", busy());
	world.onEffect((effect) => {
		if (effect === "records rotation") world.atTime(5, mend);
	});
	await world.run(world.request());
	expect(world.heads.copy).toHaveLength(1);
	expect(notesOf(world)).toEqual([]);
});

test("the copy is written although the store beside the log refuses", async () => {
	const world = rotationWorld();
	world.heads.refuse("beside", new Fault("heads-forbidden", { store: "audit", right: "append to" }));
	await world.run(world.request());
	expect(world.heads.copy).toHaveLength(1);
});

test("nothing is signed while the log is empty", async () => {
	const world = rotationWorld();
	const answer = await signHead(world.ports, world.request(), { attempt: "1", tell: () => {} });
	expect({ answer, kept: world.heads.beside }).toEqual({ answer: { code: "head-unsigned" }, kept: [] });
});
