// What every workload of a cluster has in common, whichever way the secret gets there: it is rolled and watched.
// W1. A rollout is over only when no pod of an earlier template is left, terminating ones included. Otherwise: an old
//     credential is taken from a pod that still uses it.

import type { Fault } from "../domain/fault.ts";
import type { Intent } from "./audit-log.ts";

/** A workload by name, as the configuration gives it. */
export interface WorkloadRef {
	readonly cluster: string;
	readonly namespace: string;
	readonly kind: "Deployment";
	readonly name: string;
}

/** As faults, records and the audit log write it: `Deployment titanic-api/titanic-api`. */
export const workloadText = ({ kind, namespace, name }: WorkloadRef): string => `${kind} ${namespace}/${name}`;

/** What the roll writes into the pod template. Deterministic, so that a repeated roll changes nothing. */
export interface RollMark {
	readonly rotationId: string;
	/** Grows when pods that started too early must be rolled once more; 1 at first. */
	readonly round: number;
	/** The live version of the managed secret. */
	readonly version: string;
	/** ISO 8601; also written to `kubectl.kubernetes.io/restartedAt`, so that Flux strips neither. */
	readonly at: string;
}

export type RolloutState =
	| { readonly state: "done"; readonly pods: readonly PodFact[] }
	/** `waitingFor` is a short text for a person: `1 of 2 replicas updated`. */
	| { readonly state: "progressing"; readonly waitingFor: string }
	/** `workload-paused`, `workload-empty` or `rollout-failed`: waiting longer is in vain. */
	| { readonly state: "failed"; readonly fault: Fault };

export interface PodFact {
	readonly name: string;
	readonly ready: boolean;
	/** When the oldest of its running containers started, by its node's clock, in whole seconds: ISO 8601. */
	readonly startedAt: string;
}

/**
 * Throws Fault `cluster-unreachable`, `cluster-conflict`, `token-unavailable` (transient); `cluster-untrusted`,
 * `cluster-unauthorized`, `cluster-forbidden` (names verb and resource), `cluster-rejected`, `workload-missing` (final).
 */
export interface Workloads {
	/**
	 * Changes nothing, but asks for everything that the roll will need, a dry run of its patch included: a right that is
	 * lacking is thrown as `cluster-forbidden` here rather than after the password has changed.
	 * @returns why this workload cannot be rolled now (`workload-missing`, `workload-paused`, `workload-empty`), else `undefined`
	 */
	refusal(workload: WorkloadRef): Promise<Fault | undefined>;
	/**
	 * Patches the pod template's annotations (strategic merge, field manager `titanic-secret-rotator`). Changes nothing
	 * when the template has this rotation's mark of this round or a later one, whatever `at` says.
	 * Throws Fault `workload-paused` besides.
	 */
	roll(intent: Intent, workload: WorkloadRef, mark: RollMark): Promise<void>;
	/** The pods that serve now, of whatever template; throws what `rollout` throws. */
	pods(workload: WorkloadRef): Promise<readonly PodFact[]>;
	/** Where the rollout of the template with this mark stands; a template with a later mark of ours stands in for it. */
	rollout(workload: WorkloadRef, mark: RollMark): Promise<RolloutState>;
}
