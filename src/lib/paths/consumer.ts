// What every path asks of a consumer's workload: its pod template, and who else would roll it.

import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import { Fault } from "../domain/fault.ts";
import { type WorkloadRef, workloadText } from "../domain/workload.ts";
import { findTemplate } from "../kinds/index.ts";
import { reloaderOf, type Watched } from "../kinds/reloader.ts";
import { sourcesOf } from "../kinds/sources.ts";

/** `undefined` when there is no such workload. */
export async function findConsumer(client: ClusterClient, ref: WorkloadRef) {
	const found = await findTemplate(client, ref);
	return found && { ...found, sources: sourcesOf(found.template) };
}
type Found = NonNullable<Awaited<ReturnType<typeof findConsumer>>>;

/** @throws Fault `workload-missing` */
export async function theConsumer(client: ClusterClient, ref: WorkloadRef): Promise<Found> {
	const found = await findConsumer(client, ref);
	if (!found) throw new Fault("workload-missing", { workload: workloadText(ref) });
	return found;
}

/** Stakater's Reloader, where it rolls the workload for something that changes with the secret. */
export function otherRoller(
	{ annotations, template }: Found,
	ref: WorkloadRef,
	watched: readonly Watched[],
): Fault | undefined {
	const reloader = reloaderOf({ workload: annotations, template: template?.metadata?.annotations ?? {} }, watched);
	if (reloader === undefined) return undefined;
	// Nobody asked for that run, and it may begin with the old value.
	const does = ref.kind === "CronJob" ? "start a run of it at once" : "roll it too";
	const detail = `its annotation ${reloader} makes Reloader ${does}`;
	return new Fault("workload-ambiguous", { workload: workloadText(ref), detail });
}
