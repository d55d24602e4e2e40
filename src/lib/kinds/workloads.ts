// The workloads of one cluster, each asked, rolled and watched as its kind says.
// WL1. A workload that stands still takes the patch and never rolls: that is read before each patch.
// WL2. A roll changes the very object that was looked at. Otherwise: of two secrets that roll it at the same moment neither sees
//      the other, and each pod is restarted twice.
// Kept by: workloads.test.ts.

import { mayDo } from "../adapters/kubernetes/access.ts";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import { createEvent } from "../adapters/kubernetes/events.ts";
import { Fault } from "../domain/fault.ts";
import { isRolled, type WorkloadRef, workloadText } from "../domain/workload.ts";
import type { Workloads } from "../ports/workload.ts";
import { isScheduled, kindOf, theWorkload } from "./index.ts";
import type { WorkloadKind } from "./kind.ts";
import { carries, rollInstead, rollOf } from "./mark.ts";

const mostTries = 5;

const dryRun = {
	secret: "dry-run",
	rotationId: "dry-run",
	round: 1,
	version: "dry-run",
	contents: "dry-run",
	at: new Date(0).toISOString(),
};

function rolledKindOf(ref: WorkloadRef): WorkloadKind {
	const kind = kindOf(ref);
	if (!isScheduled(kind)) return kind;
	throw new Fault("workload-ambiguous", { workload: workloadText(ref), detail: "its kind is never rolled" });
}

export const workloads = (client: ClusterClient): Workloads => ({
	async refusal(ref, patches = true) {
		const kind = kindOf(ref);
		const workload = await kind.find(client, ref);
		if (!workload) return new Fault("workload-missing", { workload: workloadText(ref) });
		const fault = kind.standstill(workload, ref);
		// What cannot be rolled may serve all the same; what has no pods does not.
		if (fault && (isRolled(ref) || fault.code === "workload-empty")) return fault;
		await kind.owned(client, ref, workload);
		if (patches && isRolled(ref)) await rolledKindOf(ref).roll(client, ref, dryRun);
		return undefined;
	},

	may: (right) => mayDo(client, right),

	rolls: isRolled,

	async settings(ref) {
		return kindOf(ref).settings(await theWorkload(client, ref));
	},

	async stuck(ref) {
		return kindOf(ref).stuck(await theWorkload(client, ref), ref);
	},

	async roll(_intent, ref, mark, instead) {
		const kind = rolledKindOf(ref);
		for (let tries = 1; ; tries++) {
			const workload = await theWorkload(client, ref);
			const marked = kind.marked(workload);
			if (carries(marked, mark)) return undefined;
			const others = instead && rollInstead(marked, instead);
			if (others) return others;
			const fault = kind.standstill(workload, ref);
			if (fault && fault.code !== "workload-empty") throw fault;
			try {
				await kind.roll(client, ref, mark, workload);
				return undefined;
			} catch (error) {
				// Its status is written again and again while it rolls.
				if (!(error instanceof Fault) || error.code !== "cluster-conflict" || tries === mostTries) throw error;
			}
		}
	},

	async rollOf(ref, sought) {
		return rollOf(rolledKindOf(ref).marked(await theWorkload(client, ref)), sought);
	},

	async pods(ref) {
		const kind = kindOf(ref);
		const workload = await theWorkload(client, ref);
		return kind.serving(workload, await kind.owned(client, ref, workload));
	},

	async writeEvent(ref, event) {
		await createEvent(client, ref, await theWorkload(client, ref), event);
	},

	async runs(ref) {
		const kind = kindOf(ref);
		if (!isScheduled(kind)) return undefined;
		const workload = await theWorkload(client, ref);
		return kind.runs(workload, await kind.owned(client, ref, workload));
	},

	async rollout(ref, mark) {
		const kind = rolledKindOf(ref);
		const workload = await theWorkload(client, ref);
		return kind.state(workload, await kind.owned(client, ref, workload), mark, ref);
	},
});
