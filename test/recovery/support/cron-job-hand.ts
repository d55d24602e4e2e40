// The hand of a cluster in which titanic-api runs by a schedule: a run has one pod, which takes what there is for it when it starts.
// One round ends the run that is under way, the next one begins another.

import { ground, type Makes, type NewPod, name, ownerOf, running, type Way } from "./deployment-hand.ts";
import type { Hand, HandOptions, ServingPod } from "./hand.ts";

type Run = ServingPod & NewPod;

export async function cronJobHand(options: HandOptions, wayOf: (makes: Makes) => Way): Promise<Hand> {
	const { now } = options;
	const { api, of, make, way, template: pod, end } = await ground(options, "CronJob", wayOf);
	const template = { ...pod, spec: { ...pod.spec, restartPolicy: "Never" } };
	const jobTemplate = { spec: { backoffLimit: 0, template } };
	const spec = { schedule: "*/5 * * * *", concurrencyPolicy: "Forbid", jobTemplate };
	const cronJob = await make(of("batch/v1", "cronjobs"), "batch/v1", "CronJob", name, { spec });
	const pods: Run[] = [];
	let current: Run | undefined;
	let runs = 0;

	async function begin(): Promise<void> {
		const given = await way.given();
		if (!given) return;
		const own = `${name}-${++runs}`;
		const ofCronJob = { metadata: { ownerReferences: [ownerOf("batch/v1", "CronJob", cronJob.metadata)] } };
		const job = await make(of("batch/v1", "jobs"), "batch/v1", "Job", own, { ...ofCronJob, spec: jobTemplate.spec });
		await api.merge(of("batch/v1", "jobs", own, "status"), { status: { startTime: now().toISOString(), active: 1 } });
		const ownerReferences = [ownerOf("batch/v1", "Job", job.metadata)];
		const { metadata } = await make(of("v1", "pods"), "v1", "Pod", `${own}-pod`, {
			metadata: { labels: template.metadata.labels, ownerReferences },
			spec: { ...template.spec, nodeName: "node-1" },
		});
		current = { name: metadata.name, uid: metadata.uid, ...given };
		pods.push(current);
		await way.mounted?.(current);
		await api.merge(of("v1", "pods", current.name, "status"), { status: running(now().toISOString()) });
	}

	async function endWell(run: Run): Promise<void> {
		const at = now().toISOString();
		await api.merge(of("v1", "pods", run.name, "status"), { status: { ...running(at), phase: "Succeeded" } });
		const conditions = ["SuccessCriteriaMet", "Complete"].map((type) => ({
			type,
			status: "True",
			lastTransitionTime: at,
		}));
		await api.merge(of("batch/v1", "jobs", `${name}-${runs}`, "status"), {
			status: { active: 0, succeeded: 1, completionTime: at, conditions },
		});
		await way.unmounted?.(run);
		current = undefined;
	}

	const hand: Hand = {
		async round() {
			await way.renew?.(current ? [current] : []);
			if (current) await endWell(current);
			else await begin();
		},
		pods: () => (current ? [current] : []),
		rolls: () => 0,
		[Symbol.asyncDispose]: () => end(pods),
	};
	await hand.round();
	return hand;
}
