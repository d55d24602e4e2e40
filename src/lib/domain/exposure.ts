// For how long a workload's pods may have no password that logs in, after a role's password has been changed in place.
// EX1. Every number is an upper bound: what is not known is assumed to be as bad as it usually is, and `assumed` says so.
//      Otherwise: a plan promises an outage away. Kept by: exposure.test.ts, e2e/workload.test.ts.
//
// The model, in seconds from ALTER ROLE on:
// - Files and copies follow the vault within one poll of the driver, after the gap between ALTER ROLE and the new version.
// - An application that reads its file again when a login is rejected has the new password then. Any other one has it when its
//   pod has been replaced: after the wait for the copy, where there is one, and a start for each batch of the rollout.
// - Sessions that are open go on. Where the pool opens all of them at the start and keeps them, requests need no new login.
// - A readiness probe logs in, unless it only opens a port. Kubelet takes a pod out of service at the `failureThreshold`-th
//   failure in a row, `failureThreshold - 1` periods after the first one, and back in at the next success.
// - A liveness probe does not log in. Otherwise its failures restart containers, which this does not reckon with.
// - A rollout without surge that may take all pods at once has none in service while the new ones start.

/** What a workload's manifest says of its pods. */
export interface PodSettings {
	readonly replicas: number;
	/** Of each container, where a probe may log in. */
	readonly readiness: readonly ReadinessProbe[];
	/** Pods beyond `replicas`, and short of them, while it is rolled. */
	readonly maxSurge: number;
	readonly maxUnavailable: number;
	readonly minReadySeconds: number;
}

export interface ReadinessProbe {
	readonly periodSeconds: number;
	readonly timeoutSeconds: number;
	readonly failureThreshold: number;
	readonly successThreshold: number;
}

/** How the delivery path brings a new version to pods that run. */
export interface Lag {
	/** Between two looks for a new version; absent where nobody has told it. */
	readonly pollSeconds?: number;
	/** New pods are made only when a copy has been renewed too. */
	readonly copied: boolean;
}

/** What only people can tell of an application. */
export interface Application {
	readonly readsAgain?: boolean;
	readonly keepsSessions?: boolean;
	readonly startSeconds?: number;
}

export interface Exposure {
	/** How long requests may fail: what `maxExposureSeconds` limits. */
	readonly expectedSeconds: number;
	/** How long new logins of some pod may fail. */
	readonly newLoginsSeconds: number;
	/** How long no pod may be in service. */
	readonly outOfServiceSeconds: number;
	/** What was taken for granted, a sentence each. */
	readonly assumed: readonly string[];
}

const usual = { pollSeconds: 120, startSeconds: 30 };
/** A login and a write of the vault. */
const gapSeconds = 1;
/** The copy is seen new twice, five seconds apart, and a look comes every fifteen seconds at the latest. */
const settleSeconds = 20;

export function exposureOf(pods: PodSettings, lag: Lag, application: Application): Exposure {
	const { readsAgain = false, keepsSessions = false, startSeconds = usual.startSeconds } = application;
	const { replicas, maxSurge, maxUnavailable, minReadySeconds } = pods;
	const renewed = gapSeconds + (lag.pollSeconds ?? usual.pollSeconds);
	const rolledFrom = lag.copied ? renewed + settleSeconds : gapSeconds;
	const batches = Math.ceil(replicas / Math.max(1, maxSurge + maxUnavailable));
	const firstReplaced = rolledFrom + startSeconds;
	const allReplaced = rolledFrom + batches * (startSeconds + minReadySeconds);

	const newLoginsSeconds = readsAgain ? Math.min(renewed, allReplaced) : allReplaced;
	const takesAll = maxSurge === 0 && maxUnavailable >= replicas;
	const unready = outBy(pods.readiness, readsAgain ? Math.min(renewed, firstReplaced) : firstReplaced, readsAgain);
	const outOfServiceSeconds = unready + (takesAll ? startSeconds : 0);
	const expectedSeconds = Math.max(outOfServiceSeconds, keepsSessions ? 0 : newLoginsSeconds);
	return {
		expectedSeconds,
		newLoginsSeconds,
		outOfServiceSeconds,
		assumed: [
			...(lag.pollSeconds === undefined
				? [`The driver looks for new versions every ${usual.pollSeconds} s (delivery.pollSeconds).`]
				: []),
			...(application.readsAgain === undefined
				? ["The application does not read a rejected password again (application.readsAgain)."]
				: []),
			...(application.keepsSessions === undefined ? ["Requests need new logins (application.keepsSessions)."] : []),
			...(application.startSeconds === undefined && (!readsAgain || takesAll)
				? [`A pod is ready ${usual.startSeconds} s after it was made (application.startSeconds).`]
				: []),
			...(unready > 0 ? ["The readiness probe logs in."] : []),
		],
	};
}

/** @param from when logins work again; a new pod is ready then, and one that runs at its next probes */
function outBy(probes: readonly ReadinessProbe[], from: number, readsAgain: boolean): number {
	const failing = Math.min(...probes.map((probe) => (probe.failureThreshold - 1) * probe.periodSeconds));
	if (from <= failing) return 0;
	const back = probes.map((probe) => probe.successThreshold * probe.periodSeconds + probe.timeoutSeconds);
	return from + (readsAgain ? Math.max(...back) : 0) - failing;
}
