// A cluster in memory, for tests of the rotation that need no control plane: Deployments, the CSI driver's copies and
// what each pod has mounted. It runs in the contract suites beside the real adapter as far as its meaning goes
// (test/contract/delivery.test.ts). Time passes only when it is looked at: `copy` and `rollout` each count a look.

import { Fault } from "../../src/lib/domain/fault.ts";
import type { Password } from "../../src/lib/domain/password.ts";
import type { PodProof } from "../../src/lib/domain/workload.ts";
import { type PodFact, type RollMark, type WorkloadRef, workloadText } from "../../src/lib/domain/workload.ts";
import type { DeliveryPath, Published } from "../../src/lib/ports/delivery-path.ts";
import type { RolloutState, Workloads } from "../../src/lib/ports/workload.ts";
import type { Hooks } from "./hooks.ts";

interface Copied {
	readonly version: string;
	readonly value: Password;
}

export interface FakePod extends PodFact {
	/** Of the template it was made from. */
	readonly generation: number;
	/** By secret: what its files and its environment have. */
	readonly mounted: ReadonlyMap<string, Copied>;
}

/** A Deployment as its owner sees it; what can be changed, a test may change at any time. */
export interface FakeDeployment {
	paused: boolean;
	replicas: number;
	/** What the template carries; a test that takes it away undoes the roll. */
	mark?: RollMark;
	/** Why the rollout fails, e.g. `ProgressDeadlineExceeded`. */
	stuck?: string;
	/** What makes the delivery path impossible. */
	refusal?: Fault;
	/** Looks at a rollout until it is done. */
	rolloutLooks: number;
	/** Looks at a stale copy until it is current; Infinity: never. */
	copyLooks: number;
	/** Template changes so far. */
	readonly generation: number;
	readonly pods: readonly FakePod[];
	/** The driver writes the last value back, as 1.6 with rotation off can. */
	writeBack(): void;
}

export interface FakeCluster {
	readonly workloads: Workloads;
	readonly path: DeliveryPath;
	/** A Deployment with ready pods that have mounted nothing yet. Again: a new one in its place. */
	deploy(
		name: Pick<WorkloadRef, "namespace" | "name">,
		options?: Partial<Pick<FakeDeployment, Settable>>,
	): FakeDeployment;
	remove(name: Pick<WorkloadRef, "namespace" | "name">): void;
	/** Every call fails with this until it is taken away. */
	outage?: Fault;
}

type Settable = "paused" | "replicas" | "mark" | "stuck" | "refusal" | "rolloutLooks" | "copyLooks";
type Kept = Pick<FakeDeployment, Settable> & {
	generation: number;
	pods: FakePod[];
	copies: Map<string, Copied>;
	before: Map<string, Copied>;
	/** What the vault has, as far as it was told. */
	latest: Map<string, Copied>;
	looked: { copy: number; rollout: number };
};

/**
 * @param options.hooks see hooks.ts; the only effect is `roll Deployment <namespace>/<name>`
 * @param options.name the cluster's key in the configuration, for faults
 */
export function fakeCluster(options: { name?: string; now?: () => Date; hooks?: Hooks } = {}): FakeCluster {
	const { now = () => new Date(), hooks = {} } = options;
	const deployments = new Map<string, Kept>();
	const keyOf = ({ namespace, name }: Pick<WorkloadRef, "namespace" | "name">) => `${namespace}/${name}`;
	const look = (ref: WorkloadRef): Kept | undefined => {
		if (cluster.outage) throw cluster.outage;
		return deployments.get(keyOf(ref));
	};
	const found = (ref: WorkloadRef): Kept => {
		const kept = look(ref);
		if (!kept) throw new Fault("workload-missing", { workload: workloadText(ref) });
		return kept;
	};

	let pods = 0;
	const newPods = (kept: Kept, name: string): FakePod[] =>
		Array.from({ length: kept.replicas }, () => ({
			name: `${name}-${++pods}`,
			ready: true,
			startedAt: now().toISOString(),
			generation: kept.generation,
			mounted: new Map(kept.latest),
		}));

	const workloads: Workloads = {
		async refusal(ref) {
			const kept = look(ref);
			const workload = workloadText(ref);
			if (!kept) return new Fault("workload-missing", { workload });
			if (kept.paused) return new Fault("workload-paused", { workload });
			if (kept.replicas === 0) return new Fault("workload-empty", { workload });
			return undefined;
		},
		async roll(_intent, ref, mark) {
			const effect = `roll ${workloadText(ref)}`;
			hooks.before?.(effect);
			const kept = found(ref);
			if (kept.mark?.rotationId !== mark.rotationId || kept.mark.round < mark.round) {
				if (kept.paused) throw new Fault("workload-paused", { workload: workloadText(ref) });
				Object.assign(kept, { mark, generation: kept.generation + 1, looked: { ...kept.looked, rollout: 0 } });
			}
			hooks.after?.(effect);
		},
		pods: async (ref) => found(ref).pods,
		async rollout(ref, mark) {
			const kept = found(ref);
			const state = stateOf(kept, mark, workloadText(ref));
			if (state.state !== "done" || kept.pods.every(({ generation }) => generation === kept.generation)) return state;
			kept.pods = newPods(kept, ref.name);
			return { state: "done", pods: kept.pods };
		},
	};

	const path: DeliveryPath = {
		async refusal(consumer) {
			const kept = look(consumer);
			return kept ? kept.refusal : new Fault("workload-missing", { workload: workloadText(consumer) });
		},
		async copy(consumer, published) {
			const kept = found(consumer);
			for (const { secret, version, value } of published) kept.latest.set(secret, { version, value });
			if (isCurrent(kept, published)) return { state: "current" };
			if (kept.looked.copy++ >= kept.copyLooks) {
				kept.before = new Map(kept.copies);
				kept.copies = new Map(kept.latest);
				kept.looked.copy = 0;
				return { state: "current" };
			}
			return { state: "stale", waitingFor: `Secret ${consumer.namespace}/${consumer.name}` };
		},
		async prove(consumer, asked, published, copyCurrentSince) {
			const kept = found(consumer);
			return asked.map((pod): PodProof => {
				const mounted = kept.pods.find(({ name }) => name === pod.name)?.mounted;
				const detail = unproved(kept, mounted, pod, published, copyCurrentSince);
				const version = mounted?.get(published[0]?.secret ?? "")?.version;
				return { pod: pod.name, ready: pod.ready, proved: detail === undefined, version, detail };
			});
		},
	};

	const cluster: FakeCluster = {
		workloads,
		path,
		deploy(ref, given = {}) {
			const kept: Kept = {
				paused: false,
				replicas: 2,
				rolloutLooks: 1,
				copyLooks: 0,
				...given,
				generation: 1,
				pods: [],
				copies: new Map(),
				before: new Map(),
				latest: new Map(),
				looked: { copy: 0, rollout: 0 },
			};
			kept.pods = newPods(kept, ref.name);
			deployments.set(keyOf(ref), kept);
			return Object.assign(kept, {
				writeBack: () => {
					kept.copies = new Map(kept.before);
				},
			});
		},
		remove: (ref) => void deployments.delete(keyOf(ref)),
	};
	return cluster;
}

function stateOf(kept: Kept, mark: RollMark, workload: string): RolloutState {
	const failed = (fault: Fault): RolloutState => ({ state: "failed", fault });
	if (kept.paused) return failed(new Fault("workload-paused", { workload }));
	const ours =
		kept.mark?.rotationId === mark.rotationId ? kept.mark.round >= mark.round : (kept.mark?.at ?? "") >= mark.at;
	if (!ours) return failed(new Fault("rollout-failed", { workload, detail: "its template carries another mark" }));
	if (kept.replicas === 0) return failed(new Fault("workload-empty", { workload }));
	if (kept.stuck !== undefined) return failed(new Fault("rollout-failed", { workload, detail: kept.stuck }));
	if (kept.looked.rollout++ < kept.rolloutLooks)
		return { state: "progressing", waitingFor: `0 of ${kept.replicas} pods` };
	return { state: "done", pods: kept.pods };
}

const isCurrent = (kept: Kept, published: readonly Published[]): boolean =>
	published.every(({ secret, value }) => kept.copies.get(secret)?.value.equals(value));

function unproved(
	kept: Kept,
	mounted: FakePod["mounted"] | undefined,
	pod: PodFact,
	published: readonly Published[],
	copyCurrentSince: string,
): string | undefined {
	if (!mounted) return "there is no such pod";
	const stale = published.find(({ secret, version }) => mounted.get(secret)?.version !== version);
	if (stale) return `${stale.secret} is mounted at version ${mounted.get(stale.secret)?.version ?? "(none)"}`;
	if (!isCurrent(kept, published)) return "the copy has another value than the published one";
	if (Date.parse(pod.startedAt) < Date.parse(copyCurrentSince)) return `a container started at ${pod.startedAt}`;
	return undefined;
}
