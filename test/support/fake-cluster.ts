// A cluster in memory, for tests of the rotation that need no control plane: Deployments, the CSI driver's copies and
// what each pod has mounted. It runs in the contract suites beside the real adapter as far as its meaning goes
// (test/contract/delivery.test.ts). Time passes only when it is looked at: `copy` and `rollout` each count a look.

import type { Probe } from "../../src/lib/domain/exposure.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import type { Password } from "../../src/lib/domain/password.ts";
import type { PodProof } from "../../src/lib/domain/workload.ts";
import { type PodFact, type RollMark, type WorkloadRef, workloadText } from "../../src/lib/domain/workload.ts";
import type { WorkloadEvent } from "../../src/lib/domain/workload-event.ts";
import type { CopyWindow, DeliveryPath, Needed, Published } from "../../src/lib/ports/delivery-path.ts";
import type { Instead, OthersRoll, RolloutState, Workloads } from "../../src/lib/ports/workload.ts";
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
	/** A pod of the template before that ends and is never gone, as on a dead node. */
	lingers: boolean;
	/** Why the rollout fails, e.g. `ProgressDeadlineExceeded`. */
	stuck?: string;
	/** What makes the delivery path impossible. */
	refusal?: Fault;
	/** What else its mount needs of the vault. */
	needs: readonly Needed[];
	readiness: readonly Probe[];
	/** Absent: nobody has told it. */
	pollSeconds?: number;
	/** Looks at a rollout until it is done. */
	rolloutLooks: number;
	/** Looks at a stale copy until it is current; Infinity: never. */
	copyLooks: number;
	/** Template changes so far. */
	readonly generation: number;
	readonly pods: readonly FakePod[];
	/** By name. */
	readonly events: ReadonlyMap<string, WorkloadEvent>;
	/** What the driver has copied and every pod mounted by now. */
	holds(published: readonly Published[]): void;
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

type Settable =
	| "paused"
	| "replicas"
	| "mark"
	| "lingers"
	| "stuck"
	| "refusal"
	| "needs"
	| "readiness"
	| "pollSeconds"
	| "rolloutLooks"
	| "copyLooks";
type Kept = Pick<FakeDeployment, Settable> & {
	generation: number;
	pods: FakePod[];
	events: Map<string, WorkloadEvent>;
	marks: Map<string, RollMark>;
	copies: Map<string, Copied>;
	before: Map<string, Copied>;
	/** The secrets that its class mounts, where `holds` told; of others it takes no notice. */
	mounts?: ReadonlySet<string>;
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
			uid: `uid-${pods}`,
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
			if (kept.paused && ref.roll !== "none") return new Fault("workload-paused", { workload });
			if (kept.replicas === 0) return new Fault("workload-empty", { workload });
			return undefined;
		},
		runs: async () => undefined,
		async writeEvent(ref, event) {
			found(ref).events.set(event.name, event);
		},
		may: async () => true,
		rolls: ({ roll }) => roll !== "none",
		async settings(ref) {
			const { replicas, readiness } = found(ref);
			const rolled = { maxSurge: 1, maxUnavailable: 0, minReadySeconds: 0, leastStartSeconds: 0, endSeconds: 0 };
			return { replicas, readiness, liveness: [], ...rolled };
		},
		async stuck(ref) {
			const { stuck } = found(ref);
			return stuck === undefined
				? undefined
				: new Fault("rollout-failed", { workload: workloadText(ref), detail: stuck });
		},
		async roll(_intent, ref, mark, instead) {
			const effect = `roll ${workloadText(ref)}`;
			hooks.before?.(effect);
			const kept = found(ref);
			const other = carries(kept, mark) ? undefined : instead && otherRoll(kept, instead);
			if (other) {
				hooks.after?.(effect);
				return other;
			}
			if (!carries(kept, mark)) {
				if (kept.paused) throw new Fault("workload-paused", { workload: workloadText(ref) });
				kept.marks.set(mark.secret, mark);
				Object.assign(kept, { mark, generation: kept.generation + 1, looked: { ...kept.looked, rollout: 0 } });
			}
			hooks.after?.(effect);
			return undefined;
		},
		async rollOf(ref, { secret, contents }) {
			const kept = found(ref);
			const mark = kept.mark && kept.marks.get(secret);
			if (mark?.contents !== contents) return undefined;
			const { secret: _, contents: __, ...roll } = mark;
			return roll;
		},
		pods: async (ref) => found(ref).pods,
		async rollout(ref, mark) {
			const kept = found(ref);
			const state = stateOf(kept, mark, workloadText(ref));
			if (state.state === "progressing" || state.state === "failed") return state;
			if (kept.pods.every(({ generation }) => generation === kept.generation)) return state;
			kept.pods = newPods(kept, ref.name);
			return { ...state, pods: kept.pods };
		},
	};

	const path: DeliveryPath = {
		async refusal(consumer) {
			const kept = look(consumer);
			return kept ? kept.refusal : new Fault("workload-missing", { workload: workloadText(consumer) });
		},
		needs: async (consumer) => found(consumer).needs,
		async lag(consumer) {
			const { pollSeconds = 120 } = found(consumer);
			return { fileSeconds: pollSeconds, copySeconds: pollSeconds };
		},
		async copy(consumer, published) {
			const kept = found(consumer);
			for (const { secret, version, value } of published) kept.latest.set(secret, { version, value });
			// Their files follow, one look after the copy.
			if (consumer.roll === "none" && isCurrent(kept, published))
				kept.pods = kept.pods.map((pod) => ({ ...pod, mounted: new Map(kept.copies) }));
			if (isCurrent(kept, published)) return { state: "current" };
			if (kept.looked.copy++ >= kept.copyLooks) {
				kept.before = new Map(kept.copies);
				kept.copies = new Map(kept.latest);
				kept.looked.copy = 0;
				return { state: "current" };
			}
			return { state: "stale", waitingFor: `Secret ${consumer.namespace}/${consumer.name}` };
		},
		async prove(consumer, asked, published, windows) {
			const kept = found(consumer);
			return asked.map((pod): PodProof => {
				const mounted = kept.pods.find(({ uid }) => uid === pod.uid)?.mounted;
				const isKept = consumer.roll === "none";
				const since = isKept ? [{ since: pod.startedAt }] : windows;
				const detail = unproved(kept, mounted, pod, published, since);
				const version = mounted?.get(published[0]?.secret ?? "")?.version;
				const isStarting = version === undefined ? { isStarting: true as const } : {};
				const proof = { pod: pod.name, ready: pod.ready, proved: detail === undefined, version, detail, ...isStarting };
				return isKept && proof.proved ? { ...proof, provedBy: "file" } : proof;
			});
		},
	};

	const cluster: FakeCluster = {
		workloads,
		path,
		deploy(ref, given = {}) {
			const kept: Kept = {
				paused: false,
				lingers: false,
				needs: [],
				readiness: [],
				replicas: 2,
				rolloutLooks: 1,
				copyLooks: 0,
				...given,
				generation: 1,
				pods: [],
				events: new Map(),
				marks: new Map(),
				copies: new Map(),
				before: new Map(),
				latest: new Map(),
				looked: { copy: 0, rollout: 0 },
			};
			kept.pods = newPods(kept, ref.name);
			deployments.set(keyOf(ref), kept);
			return Object.assign(kept, {
				holds(published: readonly Published[]) {
					kept.mounts = new Set(published.map(({ secret }) => secret));
					for (const { secret, version, value } of published) kept.latest.set(secret, { version, value });
					kept.copies = new Map(kept.latest);
					kept.pods = kept.pods.map((pod) => ({ ...pod, mounted: new Map(kept.latest) }));
				},
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
	if (!carries(kept, mark))
		return failed(new Fault("rollout-failed", { workload, detail: "its template carries another mark" }));
	if (kept.replicas === 0) return failed(new Fault("workload-empty", { workload }));
	if (kept.stuck !== undefined) return failed(new Fault("rollout-failed", { workload, detail: kept.stuck }));
	if (kept.looked.rollout++ < kept.rolloutLooks)
		return { state: "progressing", waitingFor: `0 of ${kept.replicas} pods` };
	if (kept.lingers) return { state: "ending", pods: kept.pods, waitingFor: "an old pod of an earlier template to end" };
	return { state: "done", pods: kept.pods };
}

function carries({ mark: last, marks }: Kept, mark: RollMark): boolean {
	const found = last && marks.get(mark.secret);
	return found?.rotationId === mark.rotationId && found.round >= mark.round;
}

function otherRoll({ marks }: Kept, { secrets, windows }: Instead): OthersRoll | undefined {
	const made = [...marks.values()].filter(({ secret }) => secrets.includes(secret));
	const found = made.find(({ at }) =>
		windows.some(({ since, until }) => at >= since && (until === undefined || at <= until)),
	);
	if (!found) return undefined;
	const { contents: _, ...roll } = found;
	return roll;
}

const isCurrent = (kept: Kept, published: readonly Published[]): boolean =>
	published.every(({ secret, value }) => !isMounted(kept, secret) || kept.copies.get(secret)?.value.equals(value));

const isMounted = ({ mounts }: Kept, secret: string): boolean => mounts?.has(secret) ?? true;

function unproved(
	kept: Kept,
	mounted: FakePod["mounted"] | undefined,
	pod: PodFact,
	published: readonly Published[],
	windows: readonly CopyWindow[],
): string | undefined {
	if (!mounted) return "there is no such pod";
	const stale = published.find(
		({ secret, version }) => isMounted(kept, secret) && mounted.get(secret)?.version !== version,
	);
	if (stale) return `${stale.secret} is mounted at version ${mounted.get(stale.secret)?.version ?? "(none)"}`;
	if (!isCurrent(kept, published)) return "the copy has another value than the published one";
	const start = Date.parse(pod.startedAt);
	const isWithin = ({ since, until }: CopyWindow) =>
		start >= Date.parse(since) && start <= Date.parse(until ?? pod.startedAt);
	return windows.some(isWithin) ? undefined : `a container started at ${pod.startedAt}`;
}
