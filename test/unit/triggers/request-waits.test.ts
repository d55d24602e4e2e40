// A request that finds something running: whether it waits for the end of that.

import { expect, test } from "@jest/globals";
import type { Fault } from "../../../src/lib/domain/fault.ts";
import type { RotationRequest } from "../../../src/lib/domain/requests/index.ts";
import { type RotationStatus, waitingStatus } from "../../../src/lib/domain/rotation.ts";
import type { Rotations, Started } from "../../../src/lib/ports/orchestration.ts";
import { requestRotation } from "../../../src/lib/triggers/request.ts";
import { world } from "./world.ts";

const wish = { secret: "db-password", kind: "rotate", force: false, dryRun: false } as const;
const busy = (covers: boolean): Started => ({ state: "already-running", rotationId: "db-password.other", covers });

/** @param answers of one start after the other; the last one again and again */
async function asked(...answers: readonly Started[]) {
	const { call, audited } = world();
	const starts: RotationRequest[] = [];
	const rotations: Rotations = {
		...call.rotations,
		start: async (request) => answers[Math.min(starts.push(request), answers.length) - 1]!,
	};
	const asking = requestRotation({ ...call, rotations, actor: { kind: "timer" } }, "c0ffee", wish);
	const end = await asking.catch((error: Fault) => error);
	return { end, starts, audited: audited() };
}

test("waits for the end of what may end without having done it, and is started then", async () => {
	const { end, starts, audited } = await asked(busy(false), busy(false), { state: "started" });
	expect(end).not.toHaveProperty("served");
	expect(new Set(starts.map(({ rotationId }) => rotationId)).size).toBe(1);
	expect(audited).toEqual(["trigger note rotate-requested db-password"]);
});

test("is told at once of what does what it asks for, and that is on the log", async () => {
	const { end, starts, audited } = await asked(busy(true));
	expect(end).toMatchObject({ served: { rotationId: "db-password.other" } });
	expect(starts).toHaveLength(1);
	expect(audited.at(-1)).toBe("trigger outcome already-running db-password");
});

test("is refused, by the name of what runs, where the end of that takes long; and that is on the log", async () => {
	const { end, starts, audited } = await asked({ ...busy(false), kind: "deliver" } as Started);
	expect(end).toMatchObject({ code: "rotation-running", status: 409, transient: true });
	expect((end as Fault).sentence).toMatch(/db-password.*: deliver db-password\.other\.$/);
	expect(starts.length).toBeGreaterThan(1);
	expect(audited.at(-1)).toBe("trigger outcome rotation-running db-password");
}, 30_000);

const taken = "db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3";

/** A rotation that runs, and was taken back. */
async function besideCancelled(status: Partial<RotationStatus>, ...ends: readonly Started[]) {
	const { call, records, audited } = world();
	await records.cancel(taken);
	const answers = [{ ...busy(true), rotationId: taken }, ...ends];
	const rotations: Rotations = {
		...call.rotations,
		start: async () => (answers.length > 1 ? answers.shift()! : answers[0]!),
		running: async () => ({ ...waitingStatus({ ...wish, ...other }), ...status }),
	};
	const end = await requestRotation({ ...call, rotations, actor: { kind: "timer" } }, "c0ffee", wish);
	return { end, audited: audited() };
}
const other = {
	rotationId: taken,
	actor: { kind: "timer" },
	requestedAt: "2026-06-01T05:59:00Z",
} as const;

test("is not served by what was taken back: it waits for that end, and is started then", async () => {
	const { end, audited } = await besideCancelled({}, { state: "started" });
	expect(end).not.toHaveProperty("served");
	expect(audited).toEqual(["trigger note rotate-requested db-password"]);
});

test("is served by what was taken back too late: it has published", async () => {
	const { end } = await besideCancelled({ version: "a".repeat(32) });
	expect(end).toMatchObject({ served: { rotationId: taken } });
});
