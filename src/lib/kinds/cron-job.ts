// CronJobs: nothing is rolled, and no run is begun by us. The pods of the next run read the new version when they start.
// CRJ1. A run that is under way has what it began with: its pods are asked until each proves the version or is gone, those
//       that end too. Otherwise: an old credential is taken from a run that still needs it.
// CRJ2. A run that has ended proves the version only where it began after that was there, and ended well. No server shows
//       afterwards who has logged in: that it has is the run's own claim, and is reported as such. Where there is none, nothing is
//       proved: the next run reads it, and that is all that is said. Both kept by: cron-job.test.ts, next-run.test.ts.

import type { V1CronJob, V1Job, V1Pod } from "@kubernetes/client-node";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import type { WorkloadRef } from "../domain/workload.ts";
import type { OwnedPods, ScheduledKind } from "./kind.ts";
import { controllerOf, factOf, isOver, podsOf } from "./pods.ts";

interface Owned extends OwnedPods {
	readonly jobs: readonly V1Job[];
}

export const cronJob: ScheduledKind<V1CronJob, Owned> = {
	find: (client, { namespace, name }) =>
		client.find({ verb: "get", resource: "cronjobs", namespace, name }, ({ batch }) =>
			batch.readNamespacedCronJob({ namespace, name }),
		),

	owned: async (client, ref, workload) => {
		const jobs = await jobsOf(client, ref, workload);
		// The owner shows whose they are; labels may be the template's own, and the controller's have changed their names.
		return { jobs, pods: await podsOf(client, ref) };
	},

	template: ({ spec }) => spec?.jobTemplate.spec?.template,

	settings({ spec }) {
		const run = spec?.jobTemplate.spec;
		const { parallelism = 1, activeDeadlineSeconds = run?.template.spec?.activeDeadlineSeconds } = run ?? {};
		return {
			...{ replicas: parallelism, readiness: [], liveness: [], maxSurge: 0, maxUnavailable: 0 },
			...{ minReadySeconds: 0, leastStartSeconds: 0, endSeconds: 0 },
			...(activeDeadlineSeconds !== undefined && { runSeconds: activeDeadlineSeconds }),
		};
	},

	// Suspended or not, its next run reads the new version.
	standstill: () => undefined,

	stuck: () => undefined,

	serving: (_, { jobs, pods }) => pods.filter((pod) => isOf(pod, jobs) && !isOver(pod)).map(factOf),

	runs: ({ spec }, { jobs }) => ({
		isSuspended: spec?.suspend ?? false,
		completed: jobs.flatMap(({ metadata, status }) => {
			const hasEnded = status?.conditions?.some(({ type, status: is }) => type === "Complete" && is === "True");
			const startedAt = status?.startTime?.toISOString();
			return hasEnded && startedAt !== undefined ? [{ name: metadata?.name ?? "", startedAt }] : [];
		}),
	}),
};

async function jobsOf(client: ClusterClient, { namespace }: WorkloadRef, { metadata }: V1CronJob): Promise<V1Job[]> {
	const { items } = await client.call({ verb: "list", resource: "jobs", namespace }, ({ batch }) =>
		batch.listNamespacedJob({ namespace }),
	);
	return items.filter((job) => controllerOf(job)?.uid === metadata?.uid);
}

/** By the uid: the next run may have a name that was there before. */
const isOf = (pod: V1Pod, jobs: readonly V1Job[]): boolean =>
	jobs.some(({ metadata }) => metadata?.uid !== undefined && controllerOf(pod)?.uid === metadata.uid);
