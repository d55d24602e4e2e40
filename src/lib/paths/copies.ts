// Keys of Kubernetes Secrets that are to have a secret's value, whichever way they get it.
// KC1. A copy is compared by its very value, in memory. Otherwise: a time or a resource version proves it, and an old value that
//      somebody wrote back does too.
// KC2. What a container took from a Secret is as old as the container: it proves the value only where it started in a window in
//      which the copy had it.
// All kept by: csi-driver.test.ts, kubernetes-secret.test.ts.

import type { V1Secret } from "@kubernetes/client-node";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import type { PodFact, PodProof } from "../domain/workload.ts";
import type { CopyState, CopyWindow, Published } from "../ports/delivery-path.ts";

/** A key of a Kubernetes Secret. */
export interface Copy {
	readonly secret: string;
	readonly key: string;
}

/** A key, and what it is to have. */
export interface Expected extends Copy {
	/** The secret in the vault, and its version. */
	readonly object: string;
	readonly version: string;
	has(value: Buffer): boolean;
}

/** A key that is to have a published value as it is. */
export const exactly = ({ secret, key }: Copy, { secret: object, version, value }: Published): Expected => {
	const wanted = Buffer.from(value.reveal());
	return { secret, key, object, version, has: (held) => wanted.equals(held) };
};

/** Key Vault's names know no case. */
export const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

export const secretsOf = (copies: readonly Copy[]): string[] => [...new Set(copies.map(({ secret }) => secret))];

export const secretFinder =
	(client: ClusterClient) =>
	(namespace: string, name: string): Promise<V1Secret | undefined> =>
		client.find({ verb: "get", resource: "secrets", namespace, name }, ({ core }) =>
			core.readNamespacedSecret({ namespace, name }),
		);

export const valueIn = (secret: V1Secret | undefined, key: string): Buffer | undefined => {
	const encoded = secret?.data?.[key];
	return encoded === undefined ? undefined : Buffer.from(encoded, "base64");
};

export const isCurrent = (secret: V1Secret | undefined, expected: Expected): boolean => {
	const value = valueIn(secret, expected.key);
	return value !== undefined && expected.has(value);
};

/** What a Secret lacks, for a person: names and versions alone. */
export function whatItLacks({ secret, key, object, version }: Expected, namespace: string, held: V1Secret | undefined) {
	const called = `Secret ${namespace}/${secret}`;
	if (held === undefined) return `${called}, which does not exist`;
	if (held.data?.[key] === undefined) return `${called}, which has no key ${key}`;
	return `${called}, key ${key}, which has another value than version ${version} of ${object}`;
}

/**
 * The first key that does not have its value; when every one has it, since when nobody wrote to them.
 * @param why what is reported of a key that lacks its value
 */
export async function copyState<E extends Expected>(
	find: ReturnType<typeof secretFinder>,
	namespace: string,
	expected: readonly E[],
	why: (lacking: E, held: V1Secret | undefined) => Promise<string> | string,
): Promise<CopyState> {
	const writes: (number | undefined)[] = [];
	for (const name of secretsOf(expected)) {
		const held = await find(namespace, name);
		const lacking = expected.find((one) => one.secret === name && !isCurrent(held, one));
		if (lacking)
			return { state: "stale", waitingFor: await why(lacking, held), ...(!held && { isMissing: true as const }) };
		writes.push(held && lastWrite(held));
	}
	if (writes.length === 0 || writes.includes(undefined)) return { state: "current" };
	const unchanged = Math.max(...writes.map((at) => at ?? 0)) + cacheMs;
	return { state: "current", unchangedSince: new Date(unchanged).toISOString() };
}

/** What pods prove that take the value from Secrets alone. */
export function provedByStart(
	pods: readonly PodFact[],
	copy: CopyState,
	copies: readonly Copy[],
	[managed]: readonly Published[],
	windows: readonly CopyWindow[],
): PodProof[] {
	return pods.map((pod) => {
		const detail = copy.state === "stale" ? copy.waitingFor : startedOutside(pod, secretsOf(copies), windows);
		const proved = detail === undefined;
		return { pod: pod.name, ready: pod.ready, proved, version: proved ? managed?.version : undefined, detail };
	});
}

export function startedOutside(
	pod: PodFact,
	secrets: readonly string[],
	windows: readonly CopyWindow[],
): string | undefined {
	if (secrets.length === 0 || startedWithin(pod, windows)) return undefined;
	return `a container started at ${pod.startedAt}; Secret ${secrets.join(", ")} is known to be new ${toldWindows(windows)}`;
}

/** A container's start is given in whole seconds: a tie counts as outside. */
export function startedWithin({ startedAt }: PodFact, windows: readonly CopyWindow[]): boolean {
	const start = Date.parse(startedAt);
	return windows.some(
		({ since, until }) => start >= Date.parse(since) && (until === undefined || start + 1000 <= Date.parse(until)),
	);
}

export const toldWindows = (windows: readonly CopyWindow[]): string =>
	windows.map(({ since, until }) => `since ${since}${until === undefined ? "" : ` until ${until}`}`).join(", ");

/** Kubelet renews the files of a mounted Secret, and asks a driver again that wants it (requiresRepublish), so late at most. */
export const kubeletSeconds = 90;

/** Kubelet may give a container what it read of a Secret some seconds ago. */
const cacheMs = 5_000;

/** Has anybody written to it since it was made? Times are in whole seconds, and its making may take until the next. */
export function wasChanged(secret: V1Secret): boolean {
	const made = secret.metadata?.creationTimestamp?.getTime();
	const written = lastWrite(secret);
	return made === undefined || written === undefined || written > made + 2000;
}

/** When anybody last changed anything of it, in whole seconds of the API server; `undefined` where it does not say. */
function lastWrite({ metadata }: V1Secret): number | undefined {
	const times = (metadata?.managedFields ?? []).map(({ time }) => time?.getTime());
	const made = metadata?.creationTimestamp?.getTime();
	if (made === undefined || times.length === 0 || times.includes(undefined)) return undefined;
	return Math.max(made, ...times.map((time) => time ?? 0)) + 1000;
}
