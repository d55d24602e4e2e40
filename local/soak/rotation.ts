// One rotation of a soak: asked for, disturbed, waited for, checked. Nobody helps: if it does not end by itself, the next
// sweep is all that comes.
// RT1. Every wait has a deadline, and a missed one is a broken invariant, never a run that hangs.

import { setTimeout as pause } from "node:timers/promises";
import type { SecretVersion } from "../../packages/key-vault/index.ts";
import type { Stack } from "../stack.ts";
import { until } from "../until.ts";
import { acts, nearExpiry, reached, type World } from "./faults.ts";
import { afterRotation, allProve, isOpen, type Tally } from "./invariants.ts";
import type { FaultKind, Moment } from "./kinds.ts";
import type { Lane } from "./lanes.ts";
import type { PlannedFault, PlannedRotation } from "./schedule.ts";

/** From asked for to everything proved; faults of all lanes included. */
const deadlineSeconds = { switch: 120, delivery: 240 };
const day = 86_400_000;

export interface Ended {
	readonly seconds: number;
	/** False: the deadline was missed. */
	readonly inTime: boolean;
	readonly injected: readonly FaultKind[];
}

export async function rotate(
	world: World,
	lane: Lane,
	planned: PlannedRotation,
	tally: Tally,
	sweep: () => Promise<void>,
): Promise<Ended> {
	const { stack, ledger, signal } = world;
	const { owner } = stack.vault;
	const base = owner.get(lane.name) as SecretVersion;
	const pendingBefore = owner.get(`${lane.name}-pending`)?.version;
	const begun = Date.now();
	const over = new AbortController();
	const endDelivery = lane.delivers ? ledger.delivery() : undefined;

	const is: { readonly [M in Moment]: () => boolean } = {
		asked: () => true,
		stored: () => owner.get(`${lane.name}-pending`)?.version !== pendingBefore,
		published: () => owner.get(lane.name)?.version !== base.version,
	};
	const disturb = async ({ kind, at, afterMs, lastsMs, choice }: PlannedFault): Promise<FaultKind[]> => {
		await reached(at, is[at], over.signal);
		if (!is[at]()) return [];
		await pause(afterMs, undefined, { signal });
		const came = await acts[kind](world, { lane, base, lastsMs, choice, over: over.signal });
		return came ? [kind] : [];
	};
	const faults = Promise.all(planned.faults.map(disturb));
	// Awaited below; one that fails before that is no unhandled rejection.
	faults.catch(() => {});

	const where = `rotation ${planned.number}, ${lane.name}`;
	let missed: string | undefined;
	const waitFor = async () => {
		const seconds = lane.delivers ? deadlineSeconds.delivery : deadlineSeconds.switch;
		await until(where, seconds, () => isOver(world, lane, base), signal, 200).catch((error: Error) => {
			signal.throwIfAborted();
			missed = error.message;
		});
	};
	try {
		await ask(world, lane, planned, base, sweep);
		await waitFor();
		over.abort();
		const injected = (await faults).flat();
		// What came late may have disturbed its end: it must come to rest again.
		if (missed === undefined) await waitFor();
		tally.count("every rotation ends in time, and nobody helps", missed);
		if (missed === undefined) await check(world, lane, base, where, tally);
		return { seconds: (Date.now() - begun) / 1000, inTime: missed === undefined, injected };
	} finally {
		over.abort();
		endDelivery?.();
	}
}

async function check(
	{ stack, pods }: World,
	lane: Lane,
	base: SecretVersion,
	where: string,
	tally: Tally,
): Promise<void> {
	for (const [invariant, { of, broken: brokenNow }] of Object.entries(afterRotation)) {
		if (of && !of(lane)) continue;
		const broken = await brokenNow({ stack, lane, base, pods: () => pods(lane) });
		tally.count(invariant, broken && `${where}: ${broken}`);
	}
}

/** From then on its version is due, so that a sweep finds it whatever became of the request. */
async function ask(
	{ stack }: World,
	lane: Lane,
	{ trigger }: PlannedRotation,
	base: SecretVersion,
	sweep: () => Promise<void>,
): Promise<void> {
	const due = () => makeDue(stack, lane, base.version);
	if (trigger === "operator") {
		const body = { force: true, reason: "soak" };
		// The host may be down: a caller who asks by hand sees that, and the sweep comes anyway.
		const answer = await stack.api(`secrets/${lane.name}/rotations`, { method: "POST", body }).catch(() => undefined);
		await answer?.body?.cancel();
		due();
		return;
	}
	due();
	if (trigger === "event") stack.topic.publish(nearExpiry(stack, base));
	else await sweep();
}

/** Within the month before it expires. */
const makeDue = ({ vault }: Stack, { name }: Lane, version: string): void =>
	void vault.owner.update(name, version, { expires: new Date(Date.now() + 29 * day) });

/** The new password is live, nothing runs, nothing is pending, and the pods have it. */
async function isOver({ stack, pods }: World, lane: Lane, base: SecretVersion): Promise<true | undefined> {
	const { owner } = stack.vault;
	const live = owner.get(lane.name);
	if (!live) return undefined;
	// The old password was published again. A month later it is due, as it was.
	if (live.value === base.value && live.version !== base.version) makeDue(stack, lane, live.version);
	if (live.value === base.value || isOpen(owner.get(`${lane.name}-pending`))) return undefined;
	if (lane.delivers && !allProve(await pods(lane), live.version)) return undefined;
	const answer = await stack.api(`secrets/${lane.name}`, { roles: ["Rotation.Read"] });
	if (!answer.ok) {
		await answer.body?.cancel();
		return undefined;
	}
	const { running, problem } = (await answer.json()) as { running?: object; problem?: object };
	return !running && !problem ? true : undefined;
}
