// A share that the app and every pod mount: the app writes a file for each secret, and pods read it when they start.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PodProof } from "../../../../src/lib/domain/workload.ts";
import { startedWithin, toldWindows } from "../../../../src/lib/paths/copies.ts";
import type { Consumer, CopyState, DeliveryPath, Published } from "../../../../src/lib/ports/delivery-path.ts";
import type { MadeUp } from "./schema.ts";

type OnShare = Consumer<MadeUp>;

const fileOf = ({ delivery }: OnShare, secret: string): string => join(delivery.madeUpShare, secret);

async function copyOf(consumer: OnShare, published: readonly Published[]): Promise<CopyState> {
	for (const { secret, value } of published) {
		const held = await readFile(fileOf(consumer, secret), "utf8").catch(() => undefined);
		if (held !== value.reveal()) return { state: "stale", waitingFor: `file ${secret} of the share` };
	}
	return { state: "current" };
}

export const madeUpDelivery = (): DeliveryPath<MadeUp> => ({
	refusal: async () => undefined,
	needs: async () => [],
	lag: async () => ({ copySeconds: 1 }),
	async refresh(_intent, consumer, published, { stillLive }) {
		if ((await copyOf(consumer, published)).state === "current") return "copy-kept";
		await stillLive();
		for (const { secret, value } of published) await writeFile(fileOf(consumer, secret), value.reveal());
		return "copy-written";
	},
	copy: copyOf,
	async prove(consumer, pods, published, windows) {
		const copy = await copyOf(consumer, published);
		return pods.map((pod): PodProof => {
			const proof = { pod: pod.name, ready: pod.ready, version: published[0]?.version };
			if (copy.state === "stale") return { ...proof, proved: false, detail: copy.waitingFor };
			if (startedWithin(pod, windows)) return { ...proof, proved: true };
			return { ...proof, proved: false, detail: `it started at ${pod.startedAt}, not ${toldWindows(windows)}` };
		});
	},
});
