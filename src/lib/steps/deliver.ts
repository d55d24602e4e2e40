// One look at a consumer at a time; the orchestrator waits in between. What a look finds is data, so that a wait of hours
// costs no activity that runs for hours.
// DL1. Values are read from the vault in the activity and compared there; what is returned are states and version ids.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import type { ConsumerStatus } from "../domain/rotation.ts";
import { contentsOf, type PodFact, type PodProof, type Roll, type RollMark, workloadText } from "../domain/workload.ts";
import type { CopyState, CopyWindow, Published, ReviewState, SeenSession } from "../ports/delivery-path.ts";
import type { RolloutState, Runs, Workloads } from "../ports/workload.ts";
import { whyGone } from "./absent.ts";
import { type Activity, audited, type Ids, type Journal } from "./boundary.ts";
import { accepting } from "./in-force.ts";
import { managed, namesOf } from "./managed.ts";
import { othersOf } from "./together.ts";

/** The versions that a consumer should have; the managed secret's first. `secret` is the name in the vault. */
export interface PublishedVersion {
	readonly secret: string;
	readonly version: string;
}

export interface ForConsumer extends Ids {
	readonly consumer: ConsumerConfig;
	readonly published: readonly PublishedVersion[];
}

export const about = ({ consumer, published }: ForConsumer) => ({
	cluster: consumer.cluster,
	workload: workloadText(consumer),
	newVersion: published[0]?.version,
});

export async function valuesOf(ports: Ports, { secret: name, published }: ForConsumer): Promise<Published[]> {
	const { secret } = await managed(ports, name);
	const store = await ports.store(secret.vault);
	return Promise.all(
		published.map(async ({ secret: of, version }) => ({
			vault: secret.vault,
			secret: of,
			version,
			value: await store.version(of, version).catch(async (error) => {
				const isGone = error instanceof Fault && error.code === "secret-missing";
				throw isGone && (await store.latest(of)).state === "absent" ? await whyGone(ports, secret.vault, of) : error;
			}),
		})),
	);
}

type Reviewed = Exclude<ReviewState, { is: "ended" }> | { readonly is: "ended"; readonly problem: Problem };
type SeenCopy =
	| Extract<CopyState, { state: "current" }>
	| (Omit<Extract<CopyState, { state: "stale" }>, "review"> & { readonly review?: Reviewed });

/** Has the copy that new pods get the new values? */
export const checkCopy: Activity<ForConsumer, SeenCopy & { readonly at: string }> = async (ports, input) => {
	const { consumer } = input;
	const path = await ports.deliveryPath(consumer.delivery.path, consumer.cluster);
	const state = await path.copy(consumer, await valuesOf(ports, input));
	const at = ports.clock.now().toISOString();
	if (state.state === "current" || state.review?.is !== "ended") return { ...state, at } as SeenCopy & { at: string };
	return { ...state, review: { is: "ended", problem: problemOf(state.review.fault) }, at };
};

async function markOf(ports: Ports, { secret, consumer, published }: ForConsumer, roll: Roll): Promise<RollMark> {
	const { vaultName, name } = await managed(ports, secret);
	const path = await ports.deliveryPath(consumer.delivery.path, consumer.cluster);
	const refersTo = await path.refersTo?.(consumer);
	const mark = { secret: `${vaultName}/${name}`, ...roll, contents: contentsOf(published) };
	return refersTo === undefined ? mark : { ...mark, refersTo };
}

/** The marks of others that roll this workload, and when the copy was known to have our values: a roll that was made then brings them. */
async function insteadOf(
	ports: Ports,
	{ secret, consumer }: ForConsumer,
	copyNew: readonly CopyWindow[],
): Promise<{ readonly ids: ReadonlyMap<string, string>; readonly windows: readonly CopyWindow[] }> {
	const { config } = await ports.configuration();
	const marks = othersOf(config, secret, consumer).map(async (id) => {
		const { vaultName, name } = await managed(ports, id);
		return [`${vaultName}/${name}`, id] as const;
	});
	return { ids: new Map(await Promise.all(marks)), windows: copyNew };
}

export interface Rolled {
	/**
	 * `rolled-before`: these versions were brought by an earlier roll, whose pods are asked first. `rolled-together`: by that of
	 * another secret, made when the copy had them. `rolls-by-itself`: nothing was written, and the pods of the template as it is are
	 * waited for. `not-rolled`: its pods get the version without a roll.
	 */
	readonly code: "rolled" | "rolled-before" | "rolled-together" | "rolls-by-itself" | "not-rolled";
	/** Whose roll it was, where it was another secret's. */
	readonly by?: string;
	/** The roll to wait for. */
	readonly mark?: Roll;
	/** When an earlier delivery saw the copy new. */
	readonly copyNew: readonly CopyWindow[];
}

/** Writes the roll's mark into the pod template, unless a roll with these versions is there already. */
export const roll: Activity<
	ForConsumer & {
		readonly mark: Roll;
		/** Of the first roll of a delivery: another secret's that was made since then does as well. */
		readonly copyCurrentSince?: string;
		/** Secrets that are ready for it, too. */
		readonly ready?: readonly string[];
	},
	Rolled
> = (ports, input, run) =>
	audited(ports, run, input, ["roll"], about(input), async (journal) => {
		const workloads = await ports.workloads(input.consumer.cluster);
		if (!workloads.rolls(input.consumer)) {
			journal.done("roll", "not-rolled");
			return { code: "not-rolled", copyNew: [] };
		}
		const mark = await markOf(ports, input, input.mark);
		if (mark.refersTo !== undefined) {
			journal.done("roll", "rolls-by-itself", { message: `Its pod template refers to Secret ${mark.refersTo}.` });
			return { code: "rolls-by-itself", mark: input.mark, copyNew: [] };
		}
		const before = mark.round === 1 ? await rolledBefore(workloads, input, mark) : undefined;
		if (before) {
			const copyNew = await seenNew(ports, input);
			journal.done("roll", "rolled-before", { message: `By rotation ${before.rotationId}.` });
			return { code: "rolled-before", mark: { ...input.mark, ...before }, copyNew };
		}
		const { copyCurrentSince: since, ready = [] } = input;
		const copyNew = since === undefined ? [] : await seenNew(ports, input);
		const { ids, windows } =
			since === undefined
				? { ids: new Map<string, string>(), windows: [] }
				: await insteadOf(ports, input, [...copyNew, { since }]);
		const instead = { secrets: [...ids.keys()], windows };
		const others = await workloads.roll(journal.intent("roll"), input.consumer, mark, instead);
		if (others) {
			const message = `By rotation ${others.rotationId}, for both.`;
			journal.done("roll", "rolled-together", { message });
			const by = ids.get(others.secret) ?? others.secret;
			return { code: "rolled-together", mark: { ...input.mark, ...others }, copyNew, by };
		}
		const message = ready.length > 0 ? `For ${ready.join(", ")} too.` : undefined;
		journal.done("roll", "rolled", { message });
		return { code: "rolled", mark: input.mark, copyNew: [] };
	});

/** One that has failed is rolled again when a person, who has fixed something, orders it; not at each sweep. */
async function rolledBefore(workloads: Workloads, { consumer, actor }: ForConsumer, mark: RollMark) {
	const found = await workloads.rollOf(consumer, mark);
	if (!found || found.rotationId === mark.rotationId) return undefined;
	if (actor.kind === "timer") return found;
	const { state } = await workloads.rollout(consumer, { ...mark, ...found });
	return state === "failed" ? undefined : found;
}

async function seenNew(ports: Ports, { secret, consumer, published }: ForConsumer): Promise<readonly CopyWindow[]> {
	const last = await (await ports.records()).lastDelivery(secret);
	if (last?.version !== published[0]?.version) return [];
	return last?.consumers?.find(({ workload }) => workload === workloadText(consumer))?.copyNew ?? [];
}

type Seen<S> = S extends { readonly fault: Fault }
	? Omit<S, "fault"> & { readonly problem: Problem }
	: Omit<S, "blocked">;

/**
 * Where the rollout stands.
 * @throws Fault `pods-refused` as soon as that is seen: a person who can help is told, and given time
 */
export const checkRollout: Activity<ForConsumer & { readonly mark: Roll }, Seen<RolloutState>> = async (
	ports,
	input,
) => {
	const { consumer, mark } = input;
	const state = await (await ports.workloads(consumer.cluster)).rollout(consumer, await markOf(ports, input, mark));
	if (state.state === "progressing" && state.blocked) throw state.blocked;
	return state.state === "failed" ? { state: "failed", problem: problemOf(state.fault) } : state;
};

/** What the pods prove: done, look again, or roll once more because some started before the copy was new. */
export interface Verified {
	readonly next: "done" | "wait" | "roll" | NonNullable<ConsumerStatus["awaits"]>;
	readonly pods: readonly PodProof[];
	/** Where the rollout has begun again, as after a node was lost. */
	readonly waitingFor?: string;
}

/**
 * Each pod's proof, and a login with what the vault publishes.
 * @throws Fault `password-rejected` when the published password does not get in: vault and database disagree
 */
export const verify: Activity<
	ForConsumer & {
		/** Absent where nothing was rolled. */
		readonly mark?: Roll;
		readonly copyCurrentSince: string;
		/** When it was new before that. */
		readonly copyNew?: readonly CopyWindow[];
	},
	Verified
> = (ports, input, run) =>
	audited(ports, run, input, ["verify"], about(input), async (journal) => {
		const { consumer, mark, copyCurrentSince, copyNew = [] } = input;
		const rollout = await standing(ports, input, mark);
		if (rollout.state === "failed" && mark?.secret !== undefined) {
			journal.done("verify", "not-yet", { message: rollout.fault.sentence });
			return { next: "roll", pods: [] };
		}
		if (rollout.state === "failed") throw rollout.fault;
		if (rollout.state === "progressing") {
			journal.done("verify", "not-yet", { message: rollout.waitingFor });
			return { next: "wait", pods: [], waitingFor: rollout.waitingFor };
		}
		const published = await valuesOf(ports, input);
		const path = await ports.deliveryPath(consumer.delivery.path, consumer.cluster);
		const windows = [...copyNew, { since: copyCurrentSince }];
		if (rollout.state === "idle") {
			const copy = await path.copy(consumer, published);
			return idle(ports, input, journal, { published, copy, windows }, rollout);
		}
		const sessions = await sessionsWith(ports, input.secret, published);
		const pods = await path.prove(consumer, rollout.pods, published, windows, sessions);
		if (pods.length > 0 && pods.every(({ proved, ready }) => proved && ready)) {
			await loginAsPublished(ports, input.secret, published);
			const said = [
				...(rollout.state === "ending" ? [`Still there: ${rollout.waitingFor}.`] : []),
				...Object.entries(unseen).flatMap(([by, text]) => (pods.some(({ provedBy }) => provedBy === by) ? [text] : [])),
			];
			journal.done("verify", "proved", { message: said.length > 0 ? said.join(" ") : undefined });
			return { next: "done", pods };
		}
		// A pod of an earlier roll that serves and does not prove it now never will.
		const isOld = mark?.rotationId !== input.rotationId;
		const isEarly = ({ startedAt, ready }: PodFact, index: number) =>
			!pods[index]?.proved && ((isOld && ready) || Date.parse(startedAt) < Date.parse(copyCurrentSince));
		const early = mark !== undefined && rollout.pods.some(isEarly);
		const stale = pods.find(({ proved }) => !proved);
		journal.done("verify", early ? "started-early" : "not-yet", { message: stale && `${stale.pod}: ${stale.detail}` });
		return { next: early ? "roll" : "wait", pods };
	});

/** By the rollout that was made, else by the pods that are there. */
async function standing(
	ports: Ports,
	input: ForConsumer,
	mark: Roll | undefined,
): Promise<RolloutState | ({ readonly state: "idle" } & Runs)> {
	const workloads = await ports.workloads(input.consumer.cluster);
	if (mark) return workloads.rollout(input.consumer, await markOf(ports, input, mark));
	const pods = await workloads.pods(input.consumer);
	const runs = pods.length === 0 ? await workloads.runs(input.consumer) : undefined;
	return runs ? { state: "idle", ...runs } : { state: "done", pods };
}

/**
 * Of a workload that runs by a schedule, between its runs: one that began since the copy is new shows it, or the next one will.
 */
async function idle(
	ports: Ports,
	input: ForConsumer,
	journal: Journal,
	at: { readonly published: readonly Published[]; readonly copy: CopyState; readonly windows: readonly CopyWindow[] },
	{ isSuspended, completed }: Runs,
): Promise<Verified> {
	const { published, copy, windows } = at;
	await loginAsPublished(ports, input.secret, published);
	if (copy.state === "stale") {
		journal.done("verify", "not-yet", { message: copy.waitingFor });
		return { next: "wait", pods: [], waitingFor: copy.waitingFor };
	}
	const open = windows.filter(({ until }) => until === undefined).map(({ since }) => Date.parse(since));
	const [run] = completed.filter(({ startedAt }) => Date.parse(startedAt) >= Math.min(...open));
	if (run) {
		const version = published[0] && { version: published[0].version };
		journal.done("verify", "proved", {
			message: `By ${run.name}, which began at ${run.startedAt} and ended well. ${unseen.run}`,
		});
		return { next: "done", pods: [{ pod: run.name, ready: false, proved: true, ...version, provedBy: "run" }] };
	}
	const message = isSuspended ? "Its schedule is suspended." : undefined;
	journal.done("verify", "next-run", { message });
	return { next: isSuspended ? "resumption" : "next-run", pods: [] };
}

/** What is said of proofs where nothing was seen to use the version. */
const unseen = {
	start: "By the pods' start times alone: they have the version if they read the vault without naming one.",
	file: "By the pods' files alone: they have the version, and no session was seen of an application that has read them.",
	run: "It began with the version there; no session of it was seen, so that it has logged in is its own word.",
	interval:
		"By an interval that has passed: files that kubelet renews, or an application that reads the vault again, have the version by then; nothing was seen to use it.",
};

/** How to ask for the sessions of the role that the published password lets in. */
async function sessionsWith(
	ports: Ports,
	name: string,
	[live]: readonly Published[],
): Promise<(() => Promise<readonly SeenSession[]>) | undefined> {
	const { account, read } = (await managed(ports, name)).content;
	const login = live && read(live.value);
	if (!account || !login || !("role" in login)) return undefined;
	return async () => {
		const found = await (await ports.database(account.server)).sessionsAs(login);
		const now = ports.clock.now().getTime();
		return found.map(({ application, ageMs }) => ({
			application,
			...(ageMs !== undefined && { since: new Date(now - ageMs).toISOString() }),
		}));
	};
}

async function loginAsPublished(ports: Ports, name: string, [live]: readonly Published[]): Promise<void> {
	const target = await managed(ports, name);
	const { account } = target.content;
	if (!account || (live && (await accepting(ports, target)(live.value)))) return;
	const { server = "", role = "" } = namesOf(target.content, live?.value);
	throw new Fault("password-rejected", { server, role });
}
