// Which version each pod has now, for a person who looks at one secret.
// PN1. A cluster that is slow or down costs seconds, and is shown as what it is. Otherwise: nobody sees the rest of the secret,
//      which is looked at because something is down. Kept by: pods-now.test.ts.

import { setTimeout as pause } from "node:timers/promises";
import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import { type PodProof, workloadText } from "../domain/workload.ts";
import { provedNow } from "../steps/behind.ts";
import { asFault } from "../steps/boundary.ts";
import type { Live } from "../triggers/look.ts";

export interface WorkloadNow {
	readonly workload: string;
	readonly pods: readonly PodProof[];
	readonly problem?: Problem;
}

const usualMs = 5_000;

export const podsNow = (ports: Ports, { target, live }: Live, mostMs = usualMs): Promise<readonly WorkloadNow[]> =>
	Promise.all(
		target.secret.consumers.map(async (consumer) => {
			const workload = workloadText(consumer);
			const found = await Promise.race([
				provedNow(ports, target, consumer, live).catch((error) => asFault(error, "http")),
				late(consumer, mostMs),
			]);
			return found instanceof Fault ? { workload, pods: [], problem: problemOf(found) } : { workload, pods: found };
		}),
	);

async function late({ cluster }: ConsumerConfig, mostMs: number): Promise<Fault> {
	await pause(mostMs, undefined, { ref: false });
	return new Fault("cluster-unreachable", { cluster, detail: `it had not answered after ${mostMs / 1000} s` });
}
