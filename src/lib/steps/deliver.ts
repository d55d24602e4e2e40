// One look at a consumer at a time; the orchestrator waits in between. What a look finds is data, so that a wait of hours
// costs no activity that runs for hours.
// DL1. Values are read from the vault in the activity and compared there; what is returned are states and version ids.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import type { PodProof } from "../domain/workload.ts";
import { type RollMark, workloadText } from "../domain/workload.ts";
import type { CopyState, Published } from "../ports/delivery-path.ts";
import type { RolloutState } from "../ports/workload.ts";
import { type Activity, audited, type Ids } from "./boundary.ts";
import { managed } from "./managed.ts";

/** The versions that a consumer should have; the managed secret's first. `secret` is the name in the vault. */
export interface PublishedVersion {
	readonly secret: string;
	readonly version: string;
}

export interface ForConsumer extends Ids {
	readonly consumer: ConsumerConfig;
	readonly published: readonly PublishedVersion[];
}

const about = ({ consumer, published }: ForConsumer) => ({
	cluster: consumer.cluster,
	workload: workloadText(consumer),
	newVersion: published[0]?.version,
});

async function valuesOf(ports: Ports, { secret: name, published }: ForConsumer): Promise<Published[]> {
	const { secret } = await managed(ports, name);
	const store = await ports.store(secret.vault);
	return Promise.all(
		published.map(async ({ secret: of, version }) => ({
			vault: secret.vault,
			secret: of,
			version,
			value: await store.version(of, version),
		})),
	);
}

/** Has the copy that new pods get the new values? */
export const checkCopy: Activity<ForConsumer, CopyState & { readonly at: string }> = async (ports, input) => {
	const { consumer } = input;
	const path = await ports.deliveryPath(consumer.delivery.path, consumer.cluster);
	const state = await path.copy(consumer, await valuesOf(ports, input));
	return { ...state, at: ports.clock.now().toISOString() };
};

/** Writes the roll's mark into the pod template. */
export const roll: Activity<ForConsumer & { readonly mark: RollMark }, { code: "rolled" }> = (ports, input, run) =>
	audited(ports, run, input, ["roll"], about(input), async (journal) => {
		const workloads = await ports.workloads(input.consumer.cluster);
		await workloads.roll(journal.intent("roll"), input.consumer, input.mark);
		journal.done("roll", "rolled");
		return { code: "rolled" };
	});

type Seen<S> = S extends { readonly fault: Fault } ? Omit<S, "fault"> & { readonly problem: Problem } : S;

/** Where the rollout stands. */
export const checkRollout: Activity<ForConsumer & { readonly mark: RollMark }, Seen<RolloutState>> = async (
	ports,
	{ consumer, mark },
) => {
	const state = await (await ports.workloads(consumer.cluster)).rollout(consumer, mark);
	return state.state === "failed" ? { state: "failed", problem: problemOf(state.fault) } : state;
};

/** What the pods prove: done, look again, or roll once more because some started before the copy was new. */
export interface Verified {
	readonly next: "done" | "wait" | "roll";
	readonly pods: readonly PodProof[];
}

/**
 * Each pod's proof, and a login with what the vault publishes.
 * @throws Fault `password-rejected` when the published password does not get in: vault and database disagree
 */
export const verify: Activity<
	ForConsumer & { readonly mark: RollMark; readonly copyCurrentSince: string },
	Verified
> = (ports, input, run) =>
	audited(ports, run, input, ["verify"], about(input), async (journal) => {
		const { consumer, mark, copyCurrentSince } = input;
		const rollout = await (await ports.workloads(consumer.cluster)).rollout(consumer, mark);
		if (rollout.state === "failed") throw rollout.fault;
		if (rollout.state === "progressing") {
			journal.done("verify", "not-yet", { message: rollout.waitingFor });
			return { next: "wait", pods: [] };
		}
		const published = await valuesOf(ports, input);
		const path = await ports.deliveryPath(consumer.delivery.path, consumer.cluster);
		const pods = await path.prove(consumer, rollout.pods, published, copyCurrentSince);
		if (pods.length > 0 && pods.every(({ proved, ready }) => proved && ready)) {
			await loginAsPublished(ports, input.secret, published);
			journal.done("verify", "proved");
			return { next: "done", pods };
		}
		const early = rollout.pods.some(({ startedAt }) => Date.parse(startedAt) < Date.parse(copyCurrentSince));
		const stale = pods.find(({ proved }) => !proved);
		journal.done("verify", early ? "started-early" : "not-yet", { message: stale && `${stale.pod}: ${stale.detail}` });
		return { next: early ? "roll" : "wait", pods };
	});

async function loginAsPublished(ports: Ports, name: string, [live]: readonly Published[]): Promise<void> {
	const { secret } = await managed(ports, name);
	const database = await ports.database(secret.server);
	if (live && (await database.accepts({ role: secret.role, password: live.value }))) return;
	throw new Fault("password-rejected", { server: secret.server, role: secret.role });
}
