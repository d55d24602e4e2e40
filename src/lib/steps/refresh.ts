// Before the copy is waited for: it is written, or asked for, where it does not become new by itself.
// RFR1. Only what is live in the vault is brought. Otherwise: a delivery that was held up puts an old password over the one of the
//      rotation after it. Kept by: refresh.test.ts.

import { Fault } from "../domain/fault.ts";
import type { Published, Refreshed } from "../ports/delivery-path.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { type Activity, audited } from "./boundary.ts";
import { about, type ForConsumer, valuesOf } from "./deliver.ts";
import { managed } from "./managed.ts";

export const refresh: Activity<
	ForConsumer & { readonly round: number; readonly isMerged?: boolean },
	{ code: Refreshed | "copy-follows" }
> = async (ports, input, run) => {
	const { consumer, round, isMerged = false } = input;
	const path = await ports.deliveryPath(consumer.delivery.path, consumer.cluster);
	const bring = path.refresh?.bind(path);
	if (!bring) return { code: "copy-follows" };
	return audited(ports, run, input, ["refresh"], about(input), async (journal) => {
		const { secret } = await managed(ports, input.secret);
		const store = await ports.store(secret.vault);
		const published = await valuesOf(ports, input);
		const stillLive = () => expectLive(store, published);
		const did = await bring(journal.intent("refresh"), consumer, published, { round, isMerged, stillLive });
		const { code, message } = typeof did === "string" ? { code: did, message: undefined } : did;
		journal.done("refresh", code, { message });
		return { code };
	});
};

async function expectLive(store: SecretStore, published: readonly Published[]): Promise<void> {
	for (const { vault, secret, version } of published) {
		const latest = await store.latest(secret);
		const isLive = latest.state === "present" && latest.secret.version === version;
		if (!isLive) throw new Fault("live-changed", { vault, secret });
	}
}
