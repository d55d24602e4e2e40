// How each consumer is before a new password is made.
// CZ1. What makes a delivery impossible is refused, no matter who asks: the new password would reach nobody, and no later delivery
//      could change that.
// CZ2. What has gone wrong with the last delivery (a rollout that failed, a copy that is not the live value, pods that are
//      behind) is refused where nobody forced the rotation: a delivery of the live version heals it, and a new password takes
//      the old one from the pods that still have it. A forced one goes on, because the old password may have leaked, and
//      reports it as warnings. Otherwise: a leaked password cannot be got rid of while a workload is broken. Both kept by:
//      consumers.test.ts.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import type { Lag } from "../domain/exposure.ts";
import { Fault } from "../domain/fault.ts";
import type { Latest, SecretVersion } from "../domain/secret-version.ts";
import { workloadText } from "../domain/workload.ts";
import type { Needed, Published, Wanted } from "../ports/delivery-path.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { behind } from "./behind.ts";
import type { Checklist, Weigh } from "./checklist.ts";
import type { Managed } from "./managed.ts";

type Present = Extract<Latest, { state: "present" }>;

/** What makes the delivery to some consumer impossible, in the order of the configuration. */
export async function impossible(ports: Ports, target: Managed, checks: Checklist): Promise<Fault[]> {
	const wanted = await wantedOf(ports, target);
	const found: Fault[] = [];
	for (const consumer of target.secret.consumers)
		found.push(...(await impossibleAt(ports, target, consumer, wanted, checks)));
	return found;
}

/** The same of one of them. */
export async function impossibleAt(
	ports: Ports,
	target: Managed,
	consumer: ConsumerConfig,
	wanted: readonly Wanted[],
	checks: Checklist,
): Promise<Fault[]> {
	const { cluster, delivery } = consumer;
	const workload = workloadText(consumer);
	const workloads = await ports.workloads(cluster);
	const rolls = workloads.rolls(consumer);
	const restart = async () => {
		const refersTo = await (await ports.deliveryPath(delivery.path, cluster)).refersTo?.(consumer);
		return workloads.refusal(consumer, refersTo === undefined);
	};
	const bring = async () => {
		const path = await ports.deliveryPath(delivery.path, cluster);
		const fault = await path.refusal(consumer, wanted);
		if (fault) return fault;
		const late = rolls ? undefined : renewedLate(consumer, await path.lag(consumer, wanted));
		return late ?? unreadable(ports, target, await path.needs(consumer, wanted));
	};
	const asked = rolls ? `${workload} can be restarted.` : `${workload} has pods that can be asked.`;
	return [
		...(await checks.look(asked, restart)),
		...(await checks.look(`${delivery.path} can bring a new version to ${workload}.`, bring)),
	];
}

/** Pods that are not replaced have it no sooner than their files do. */
function renewedLate(consumer: ConsumerConfig, { fileSeconds = 0 }: Lag): Fault | undefined {
	const { rolloutTimeoutSeconds: limit } = consumer;
	if (fileSeconds <= limit) return undefined;
	return new Fault("renewed-too-late", { workload: workloadText(consumer), seconds: fileSeconds, limit });
}

/** What is wrong with the delivery of the version that is live. */
export async function undelivered(
	ports: Ports,
	target: Managed,
	live: Present,
	checks: Checklist,
	weigh: Weigh,
): Promise<Fault[]> {
	const found: Fault[] = [];
	const now = await publishedNow(ports, target, live);
	for (const consumer of target.secret.consumers) {
		const look = () => wrongWith(ports, target, consumer, live, now);
		found.push(...(await checks.look(`${workloadText(consumer)} has the live version.`, look, weigh)));
	}
	return found;
}

async function wrongWith(
	ports: Ports,
	target: Managed,
	consumer: ConsumerConfig,
	live: Present,
	{ published, newest }: Awaited<ReturnType<typeof publishedNow>>,
): Promise<Fault | undefined> {
	const workload = workloadText(consumer);
	const stuck = await (await ports.workloads(consumer.cluster)).stuck(consumer);
	if (stuck) return stuck;
	const path = await ports.deliveryPath(consumer.delivery.path, consumer.cluster);
	const copy = await path.copy(consumer, published);
	if (copy.state === "stale") {
		// The driver may be about to bring a version that is younger than it may take.
		const ageSeconds = (ports.clock.now().getTime() - newest) / 1000;
		if (copy.isMissing || ageSeconds > consumer.copyTimeoutSeconds)
			return new Fault("copy-stale", { workload, copy: copy.waitingFor });
	}
	const [first, ...others] = await behind(ports, target, consumer, live);
	if (!first) return undefined;
	const more = others.length > 0 ? ` (and ${others.length} more)` : "";
	return new Fault("pod-on-old-version", { workload, pods: `${first.pod}${more}`, detail: first.detail });
}

/** With their values, as far as they may be read: what else has them is found by those. */
export async function wantedOf(ports: Ports, { name, vaultName, secret }: Managed): Promise<Wanted[]> {
	const store = await ports.store(secret.vault);
	const wanted: Wanted[] = [];
	for (const of of [name, ...secret.derived.map((derived) => derived.secret)]) {
		const found = await store.latest(of).catch((error) => passing(error, undefined));
		wanted.push({ vaultName, secret: of, ...(found?.state === "present" && { live: found.value }) });
	}
	return wanted;
}

/** @returns `newest`: when the youngest of them was made */
async function publishedNow(ports: Ports, { name, secret }: Managed, live: Present) {
	const { vault } = secret;
	const store = await ports.store(vault);
	const of = (secretName: string, { version }: SecretVersion, value: Published["value"]): Published => ({
		vault,
		secret: secretName,
		version,
		value,
	});
	const published = [of(name, live.secret, live.value)];
	let newest = live.secret.created.getTime();
	for (const { secret: derived } of secret.derived) {
		const found = await store.latest(derived).catch((error) => passing(error, undefined));
		if (found?.state !== "present") continue;
		published.push(of(derived, found.secret, found.value));
		newest = Math.max(newest, found.secret.created.getTime());
	}
	return { published, newest };
}

/** What the app may not read it cannot judge. */
function passing<T>(error: unknown, otherwise: T): T {
	if (error instanceof Fault && !error.transient) return otherwise;
	throw error;
}

/** Another secret without which no new pod can mount ours. */
async function unreadable(ports: Ports, { secret }: Managed, needed: readonly Needed[]): Promise<Fault | undefined> {
	const store = await ports.store(secret.vault);
	for (const { secret: object, version, by } of needed) {
		const state = await stateOf(store, object, version).catch((error) => passing(error, "unknown" as const));
		if (state === "present" || state === "unknown") continue;
		return new Fault("object-unreadable", { by, vault: secret.vault, object, detail: unreadableAs[state] });
	}
	return undefined;
}

const unreadableAs = {
	disabled: "is disabled",
	deleted: "is deleted but recoverable",
	absent: "does not exist",
	"no such version": "does not have the version that it is pinned to",
};

async function stateOf(
	store: SecretStore,
	name: string,
	version: string | undefined,
): Promise<"present" | keyof typeof unreadableAs> {
	const { state } = await store.latest(name);
	// The right to read a secret does not bring the right to list those that are deleted.
	if (state === "absent")
		return (await store.deleted(name).catch((error) => passing(error, undefined))) ? "deleted" : state;
	if (version === undefined) return state;
	const found = (await store.versions(name)).find((one) => one.version === version);
	if (!found) return "no such version";
	return found.enabled ? "present" : "disabled";
}
