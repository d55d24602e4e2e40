// A world in which rotations need an approval: orders are given, decided about and carried out as the app does it.

import { startWaiting } from "../../src/lib/compliance/openings.ts";
import type { Actor } from "../../src/lib/domain/audit-entry.ts";
import type { RotationRequest, Wish } from "../../src/lib/domain/requests/index.ts";
import type { RotationStatus } from "../../src/lib/domain/rotation.ts";
import type { Rotations } from "../../src/lib/ports/orchestration.ts";
import { decide, startApproved } from "../../src/lib/triggers/decide.ts";
import { requestRotation, type Trigger } from "../../src/lib/triggers/request.ts";
import { rotationWorld } from "./rotation-world.ts";

const person = (digit: string): Actor => ({
	kind: "operator",
	id: `0b1ec700-0000-4000-8000-00000000000${digit}`,
	appId: "c11e0700-0000-4000-8000-000000000000",
});
export const [requester, approver, third] = [person("1"), person("2"), person("3")];

export function approvingWorld(options: Parameters<typeof rotationWorld>[0] = {}) {
	const world = rotationWorld(options);
	Object.assign(world.config, { approvals: { required: true } });
	/** What was started and has not run yet. */
	const started: RotationRequest[] = [];
	const lines: string[] = [];
	const rotations: Rotations = {
		start: async (request) => {
			// As over the wire.
			started.push(JSON.parse(JSON.stringify(request)));
			return { state: "started" };
		},
		running: async () => undefined,
		allRunning: async () => [],
		latest: async () => undefined,
		tryNow: async () => {},
		purge: async () => 0,
	};
	let calls = 0;
	const triggerOf = (actor: Actor): Trigger => ({
		ports: world.ports,
		rotations,
		actor,
		attempt: `call-${++calls}`,
		log: (line) => void lines.push(line),
		warn: (line) => void lines.push(line),
		tell: (notice) => void world.notices.push(notice),
	});
	const runAll = async (): Promise<RotationStatus | undefined> => {
		let last: RotationStatus | undefined;
		for (let request = started.shift(); request; request = started.shift()) last = (await world.run(request)).result;
		return last;
	};
	const usual: Wish = { kind: "rotate", secret: "db-password", force: true, dryRun: false, reason: "INC-4711" };
	const decided = async (isGranted: boolean, id: string, by: Actor, isPerson = true) =>
		decide(triggerOf(by), { id, isGranted, isPerson, reason: isGranted ? "agreed" : "not today" });
	return Object.assign(world, {
		started,
		lines,
		triggerOf,
		rotations,
		runAll,
		/** An order, as far as its own run goes. */
		async order(wish: Partial<Wish> = {}, by: Actor = requester) {
			await requestRotation(triggerOf(by), "c0ffee", { ...usual, ...wish } as Wish);
			return (await runAll())!;
		},
		approve: (id: string, by: Actor = approver, isPerson = true) => decided(true, id, by, isPerson),
		reject: (id: string, by: Actor = approver) => decided(false, id, by),
		/** Approved, and what that starts is over. */
		async carriedOut(id: string, by: Actor = approver) {
			await startApproved(triggerOf(by), "c0ffee", await decided(true, id, by));
			return (await runAll())!;
		},
		start: async (id: string) => startApproved(triggerOf(approver), "c0ffee", (await world.records.approval(id))!),
		/** The ten minutes' timer. */
		openings: () => startWaiting(triggerOf({ kind: "timer" })),
		/** The audit log about approvals, in short. */
		onLog: () =>
			world.audit.records.flatMap(({ data }) =>
				data.step === "approval" ? [`${data.code} ${data.actor.user.uid?.slice(-1) ?? data.actor.user.type}`] : [],
			),
	});
}
