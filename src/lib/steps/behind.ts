// A consumer's pods that do not use the version that is live.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import type { DriftFacts } from "../domain/drift.ts";
import type { Latest } from "../domain/secret-version.ts";
import { workloadText } from "../domain/workload.ts";
import type { Published } from "../ports/delivery-path.ts";
import type { Managed } from "./managed.ts";
import { isTakingBack } from "./version.ts";

export async function behind(
	ports: Ports,
	{ name, secret }: Managed,
	consumer: ConsumerConfig,
	{ secret: live, value }: Extract<Latest, { state: "present" }>,
): Promise<DriftFacts["pods"]> {
	const store = await ports.store(secret.vault);
	const published: Published[] = [{ vault: secret.vault, secret: name, version: live.version, value }];
	/** An older version with the same value, as there is one after a publishing that was taken back, is as good. */
	const isAsGood = async (version: string) =>
		version !== live.version && (await store.version(name, version).catch(() => undefined))?.equals(value);
	// What started before this version was made has an older one in its environment, whatever it mounts now.
	const since = (isTakingBack(live) ? new Date(0) : live.created).toISOString();
	const pods = await (await ports.workloads(consumer.cluster)).pods(consumer);
	const path = await ports.deliveryPath(consumer.delivery.path, consumer.cluster);
	const stale: DriftFacts["pods"][number][] = [];
	for (const one of await path.prove(consumer, pods, published, [{ since }])) {
		const { pod, proved, version, detail = "", isStarting } = one;
		// A pod that has mounted nothing yet is on its way up.
		if (proved || isStarting || (version !== undefined && (await isAsGood(version)))) continue;
		stale.push({ workload: workloadText(consumer), pod, detail });
	}
	return stale;
}
