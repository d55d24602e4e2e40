// What every workload of a cluster has in common, whichever way the secret gets there: it is rolled and watched.
// W1. A rollout is done only when no pod of an earlier template is left, terminating ones included. Otherwise: an old
//     credential is taken from a pod that still uses it.

import type { PodSettings } from "../domain/exposure.ts";
import type { Fault } from "../domain/fault.ts";
import type { FoundRoll, PodFact, Roll, RollMark, WorkloadRef } from "../domain/workload.ts";
import type { WorkloadEvent } from "../domain/workload-event.ts";
import type { Intent } from "./audit-log.ts";
import type { CopyWindow } from "./delivery-path.ts";

export type RolloutState =
	| { readonly state: "done"; readonly pods: readonly PodFact[] }
	/** Every pod that serves is of the template; earlier ones are terminating, perhaps for ever. */
	| { readonly state: "ending"; readonly pods: readonly PodFact[]; readonly waitingFor: string }
	/**
	 * `waitingFor` is a short text for a person: `1 of 2 replicas updated`. `blocked`: `pods-refused` or
	 * `rollout-blocked`, where somebody has to do something before it can go on.
	 */
	| { readonly state: "progressing"; readonly waitingFor: string; readonly blocked?: Fault }
	/** `workload-paused`, `workload-held`, `workload-empty` or `rollout-failed`: waiting longer is in vain. */
	| { readonly state: "failed"; readonly fault: Fault };

/** Rolls of other secrets, each named as in its mark, that were made within one of these windows. */
export interface Instead {
	readonly secrets: readonly string[];
	readonly windows: readonly CopyWindow[];
}

/** In the words of an RBAC rule; without a name, of all of them. */
export interface ClusterRight {
	readonly verb: string;
	/** Empty: the core group. */
	readonly group: string;
	readonly resource: string;
	readonly namespace: string;
	readonly name?: string | undefined;
}

export type OthersRoll = Roll & { readonly secret: string };

/** Of a workload whose pods come and go by a schedule. */
export interface Runs {
	/** No run begins by the schedule. */
	readonly isSuspended: boolean;
	/** Runs that have ended well, as far as the cluster has kept them. */
	readonly completed: readonly { readonly name: string; readonly startedAt: string }[];
}

/**
 * Throws Fault `cluster-unreachable`, `cluster-failed`, `cluster-throttled`, `cluster-conflict`, `webhook-silent`,
 * `token-unavailable` (transient); `cluster-untrusted`, `cluster-unauthorized`, `cluster-forbidden` (names verb and resource),
 * `cluster-denied` (names who denies), `cluster-unserved`, `cluster-rejected`, `workload-missing` (final).
 */
export interface Workloads {
	/** Whether the cluster would let the app, as the cluster itself says: asked, not tried. */
	may(right: ClusterRight): Promise<boolean>;
	/**
	 * Changes nothing, but asks for everything that the roll will need, a dry run of its patch included: a right that is
	 * lacking is thrown as `cluster-forbidden` here rather than after the password has changed. Where nothing is rolled, its
	 * pods are all that is asked for.
	 * @param patches whether the app rolls it, as it does by default; else nothing of it is ever written, and the right is not needed
	 * @returns why this workload cannot be rolled now (`workload-missing`, `workload-paused`, `workload-held`,
	 *   `workload-empty`), else `undefined`
	 */
	refusal(workload: WorkloadRef, patches?: boolean): Promise<Fault | undefined>;
	/** Are its pods replaced for a new version? Otherwise `roll`, `rollOf` and `rollout` are not asked. */
	rolls(workload: WorkloadRef): boolean;
	/** How its pods are probed and replaced. */
	settings(workload: WorkloadRef): Promise<PodSettings>;
	/** The rollout that is under way has failed already, no matter who began it, or none can succeed: `rollout-failed`, `pods-refused`, `rollout-blocked`. */
	stuck(workload: WorkloadRef): Promise<Fault | undefined>;
	/**
	 * Patches the pod template's annotations (strategic merge, field manager `titanic-secret-rotator`). Changes nothing
	 * when the template has this rotation's mark of this round or a later one, whatever `at` says.
	 * Throws Fault `workload-paused`, `workload-held` besides.
	 * @param instead another secret's roll that does as well: looked for and, where there is none, marked over in one go, so that of
	 *   two at the same moment one sees the other
	 * @returns that roll; then nothing was changed
	 */
	roll(intent: Intent, workload: WorkloadRef, mark: RollMark, instead?: Instead): Promise<OthersRoll | undefined>;
	/** The roll that brought these very versions already, whichever rotation's it was; a person may have ended it since. */
	rollOf(
		workload: WorkloadRef,
		sought: Pick<RollMark, "secret" | "version" | "contents">,
	): Promise<FoundRoll | undefined>;
	/**
	 * Writes an Event about it, unless there is one of that name. It changes nothing of the workload, and so needs no intent on the
	 * audit log: it says again, to other people, what is there.
	 */
	writeEvent(workload: WorkloadRef, event: WorkloadEvent): Promise<void>;
	/** Of one that runs by a schedule, which may have no pods now; else `undefined`. */
	runs(workload: WorkloadRef): Promise<Runs | undefined>;
	/** The pods that serve now, of whatever template; throws what `rollout` throws. Of one that runs by a schedule also those that end. */
	pods(workload: WorkloadRef): Promise<readonly PodFact[]>;
	/** Where the rollout of the template with this mark stands; another secret's mark beside it is no matter. */
	rollout(workload: WorkloadRef, mark: RollMark): Promise<RolloutState>;
}
