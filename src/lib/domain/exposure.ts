// For how long a workload's pods may have no password that logs in, after a role's password has been changed in place.
// EX1. Every number is an upper bound: what is not known is assumed to be as bad as it usually is, and `assumed` says so.
//      Otherwise: a plan promises an outage away. Kept by: exposure.test.ts, e2e/workload.test.ts.
//
// The model, in seconds from ALTER ROLE on:
// - Files and copies follow the vault as late as their delivery path says, after the gap between ALTER ROLE and the new version.
// - An application that reads its file again when a login is rejected has the new password then. Any other one has it when its
//   pod has been replaced: after the wait for the copy, where there is one, and a start for each batch of the rollout. With
//   `roll: none` it reads again by itself, and nothing is replaced.
// - Sessions that are open go on. Where the pool opens all of them at the start and keeps them, requests need no new login.
// - A readiness probe logs in, unless it only opens a port. Kubelet takes a pod out of service at the `failureThreshold`-th
//   failure in a row, `failureThreshold - 1` periods after the first one, and back in at the next success.
// - A liveness probe does not log in. Otherwise its failures restart containers, which this does not reckon with.
// - A rollout that may take all pods at once has none in service while the new ones start, with surge or without.
// - Requests fail while any of these lasts: times that overlap count once, the others add up.

import { confirmAfterSeconds, leastPause, pauseAfter } from "./pace.ts";

/** What a workload's manifest says of its pods. */
export interface PodSettings {
	readonly replicas: number;
	/** Of each container, where a probe may log in. */
	readonly readiness: readonly Probe[];
	readonly liveness: readonly Probe[];
	/** Pods beyond `replicas`, and short of them, while it is rolled. */
	readonly maxSurge: number;
	readonly maxUnavailable: number;
	readonly minReadySeconds: number;
	/** No pod is ready sooner after its start. */
	readonly leastStartSeconds: number;
	/** How long pods that end hold up the new ones; 0 where these are made beside them. */
	readonly endSeconds: number;
	/** Of one that runs by a schedule: a run takes no longer. Absent where nothing ends it. */
	readonly runSeconds?: number;
}

export interface Probe {
	readonly periodSeconds: number;
	readonly timeoutSeconds: number;
	readonly failureThreshold: number;
	readonly successThreshold: number;
}

/** How the delivery path brings a new version to pods that run. */
export interface Lag {
	/** At most, until files of pods that run have a version that was published; absent where these stay as they are. */
	readonly fileSeconds?: number;
	/** At most, until the copy has it that new pods get; absent where they get the version itself. */
	readonly copySeconds?: number;
	/** What was taken for granted, a sentence each. */
	readonly assumed?: readonly string[];
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

const usualStartSeconds = 30;
const usualRunSeconds = 3_600;
/** A login and a write of the vault. */
const gapSeconds = 1;
/** What the steps of a delivery take before it rolls. */
const stepsSeconds = 10;

/** @param together how long the roll waits for other secrets of the workload, at most */
export function exposureOf(pods: PodSettings, lag: Lag, application: Application, together = 0): Exposure {
	const { keepsSessions = false } = application;
	const { fileSeconds, copySeconds } = lag;
	const readable = fileSeconds === undefined ? Number.POSITIVE_INFINITY : gapSeconds + fileSeconds;
	const readsAgain = fileSeconds !== undefined && application.readsAgain === true;
	const { replicas, maxSurge, maxUnavailable, minReadySeconds, endSeconds } = pods;
	const startSeconds = Math.max(application.startSeconds ?? usualStartSeconds, pods.leastStartSeconds);
	const looked = copySeconds === undefined ? 0 : copySeconds + pauseAfter(copySeconds, leastPause.copy);
	const rolledFrom = gapSeconds + looked + confirmAfterSeconds + stepsSeconds + together;
	const batches = Math.ceil(replicas / Math.max(1, maxSurge + maxUnavailable));
	const firstReplaced = rolledFrom + endSeconds + startSeconds;
	const allReplaced = rolledFrom + batches * (endSeconds + startSeconds + minReadySeconds);

	const newLoginsSeconds = readsAgain ? Math.min(readable, allReplaced) : allReplaced;
	const unready = outBy(pods.readiness, readsAgain ? Math.min(readable, firstReplaced) : firstReplaced, readsAgain);
	const takesAll = maxUnavailable >= replicas;
	const taken: Span[] = takesAll ? [{ from: rolledFrom, to: firstReplaced }] : [];
	const logins: Span[] = keepsSessions ? [] : [{ from: 0, to: newLoginsSeconds }];
	return {
		expectedSeconds: covered([...logins, ...unready, ...taken]),
		newLoginsSeconds,
		outOfServiceSeconds: covered([...unready, ...taken]),
		assumed: [
			...(lag.assumed ?? []),
			...(fileSeconds === undefined
				? ["The password in a pod that runs never changes: it is in the environment, or mounted by subPath."]
				: application.readsAgain === undefined
					? ["The application does not read a rejected password again (application.readsAgain)."]
					: []),
			...(application.keepsSessions === undefined ? ["Requests need new logins (application.keepsSessions)."] : []),
			...(together > 0
				? [`The roll waits ${together} s for other secrets of the workload (rollTogetherSeconds).`]
				: []),
			...(application.startSeconds === undefined && (!readsAgain || takesAll) ? [startsAfter(startSeconds)] : []),
			...(unready.length > 0 ? ["The readiness probe logs in."] : []),
			...(giveUpAfter(pods.liveness) < newLoginsSeconds ? ["The liveness probe opens no login."] : []),
		],
	};
}

/** Of pods that are not replaced, each of which reads the version again once it can: what they need of `fileSeconds` is refused where it is absent. */
export function exposureUnrolled(pods: PodSettings, lag: Lag, application: Application): Exposure {
	const readable = gapSeconds + (lag.fileSeconds ?? 0);
	const unready = outBy(pods.readiness, readable, true);
	const logins: Span[] = application.keepsSessions ? [] : [{ from: 0, to: readable }];
	return {
		expectedSeconds: covered([...logins, ...unready]),
		newLoginsSeconds: readable,
		outOfServiceSeconds: covered(unready),
		assumed: [
			...(lag.assumed ?? []),
			...(application.readsAgain
				? []
				: ["The application reads its file, or the vault, again by itself (roll: none)."]),
			...(application.keepsSessions === undefined ? ["Requests need new logins (application.keepsSessions)."] : []),
			...(unready.length > 0 ? ["The readiness probe logs in."] : []),
			...(giveUpAfter(pods.liveness) < readable ? ["The liveness probe opens no login."] : []),
		],
	};
}

/** Of one that runs by a schedule: a run that began with the old password opens no new session with it until it ends. */
export function exposureOfRuns(pods: PodSettings, lag: Lag, application: Application): Exposure {
	const { runSeconds = usualRunSeconds } = pods;
	const oldUntil = gapSeconds + (lag.copySeconds ?? 0) + runSeconds;
	const isReadAgain = application.readsAgain === true && lag.fileSeconds !== undefined;
	const seconds = isReadAgain ? Math.min(oldUntil, gapSeconds + (lag.fileSeconds ?? 0)) : oldUntil;
	return {
		...{ expectedSeconds: seconds, newLoginsSeconds: seconds, outOfServiceSeconds: 0 },
		assumed: [
			...(lag.assumed ?? []),
			...(isReadAgain ? [] : ["A run that began with the old password opens no new session until it ends."]),
			...(pods.runSeconds === undefined ? [`A run ends within ${usualRunSeconds} s (activeDeadlineSeconds).`] : []),
		],
	};
}

/** Of restarts alone: where the old value and the new one are accepted by everybody, nothing else fails a request. */
export function exposureOfRolls(pods: PodSettings, rolls: number, application: Application): Exposure {
	const startSeconds = Math.max(application.startSeconds ?? usualStartSeconds, pods.leastStartSeconds);
	const seconds = pods.maxUnavailable >= pods.replicas ? rolls * (pods.endSeconds + startSeconds) : 0;
	const assumed = seconds > 0 && application.startSeconds === undefined ? [startsAfter(startSeconds)] : [];
	return { expectedSeconds: seconds, newLoginsSeconds: 0, outOfServiceSeconds: seconds, assumed };
}

const startsAfter = (seconds: number) => `A pod is ready ${seconds} s after it was made (application.startSeconds).`;

/** In seconds from ALTER ROLE on. */
interface Span {
	readonly from: number;
	readonly to: number;
}

/** How long any of them lasts: what they have in common counts once. */
function covered(spans: readonly Span[]): number {
	let seconds = 0;
	let until = 0;
	for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
		seconds += Math.max(0, to - Math.max(from, until));
		until = Math.max(until, to);
	}
	return seconds;
}

/** From the first failure to the last: what the most impatient one of them takes. */
const giveUpAfter = (probes: readonly Probe[]): number =>
	Math.min(...probes.map(({ failureThreshold, periodSeconds }) => (failureThreshold - 1) * periodSeconds));

/** @param from when logins work again; a new pod is ready then, and one that runs at its next probes */
function outBy(probes: readonly Probe[], from: number, readsAgain: boolean): Span[] {
	const failing = giveUpAfter(probes);
	if (from <= failing) return [];
	const back = probes.map((probe) => probe.successThreshold * probe.periodSeconds + probe.timeoutSeconds);
	return [{ from: failing, to: from + (readsAgain ? Math.max(...back) : 0) }];
}
