// Which version a consumer's pods have now, and which of them do not use the one that is live. Nobody logs in for it.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import type { DriftFacts } from "../domain/drift.ts";
import type { Latest } from "../domain/secret-version.ts";
import { type PodProof, workloadText } from "../domain/workload.ts";
import type { Published } from "../ports/delivery-path.ts";
import type { Managed } from "./managed.ts";
import { isTakingBack } from "./version.ts";

type Present = Extract<Latest, { state: "present" }>;

/** What each pod that serves proves to have; an older version with the live value is as good. */
export async function provedNow(
	ports: Ports,
	{ name, secret }: Managed,
	consumer: ConsumerConfig,
	{ secret: live, value }: Present,
): Promise<readonly PodProof[]> {
	const store = await ports.store(secret.vault);
	const published: Published[] = [{ vault: secret.vault, secret: name, version: live.version, value }];
	/** As there is one after a publishing that was taken back. */
	const isAsGood = async (version: string) =>
		version !== live.version && (await store.version(name, version).catch(() => undefined))?.equals(value);
	// What started before this version was made has an older one in its environment, whatever it mounts now.
	const since = (isTakingBack(live) ? new Date(0) : live.created).toISOString();
	const pods = await (await ports.workloads(consumer.cluster)).pods(consumer);
	const path = await ports.deliveryPath(consumer.delivery.path, consumer.cluster);
	const found = await path.prove(consumer, pods, published, [{ since }]);
	return Promise.all(
		found.map(async (one) => {
			const isProved = one.proved || (one.version !== undefined && (await isAsGood(one.version)));
			return isProved ? { ...one, proved: true } : one;
		}),
	);
}

export async function behind(
	ports: Ports,
	target: Managed,
	consumer: ConsumerConfig,
	live: Present,
): Promise<DriftFacts["pods"]> {
	const workload = workloadText(consumer);
	// A pod that has mounted nothing yet is on its way up.
	return (await provedNow(ports, target, consumer, live))
		.filter(({ proved, isStarting }) => !proved && !isStarting)
		.map(({ pod, detail = "" }) => ({ workload, pod, detail }));
}
