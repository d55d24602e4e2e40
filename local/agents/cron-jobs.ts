// The CronJob controller, for an API server without kube-controller-manager: a Job at each time of the schedule.
// CRC1. A Job is named by the minute that it is for. Otherwise: a controller that is restarted runs the same one twice.
// Rules: Kubernetes' pkg/controller/cronjob. Loose: of several times that were missed the last one alone, schedules in UTC,
// no startingDeadlineSeconds.

import type { KubeConfig, V1CronJob } from "@kubernetes/client-node";
import { Cron } from "croner";
import { type Api, apiOf, at, isConflict, type KubeObject, type Wire } from "../../packages/kubernetes-api/index.ts";
import { controllerOn, informer, keyOf, queue } from "./informer.ts";
import { endOf, type Job } from "./jobs.ts";
import { controllerOf, orNothing } from "./replica-sets.ts";

type CronJob = Wire<Pick<V1CronJob, "spec" | "status">> & KubeObject;

/** Runs until it is disposed of. */
export function cronJobController(kubeConfig: KubeConfig): AsyncDisposable {
	const api = apiOf(kubeConfig, "kube-controller-manager");
	const work = queue("cron jobs", (key) => reconcile(api, key));
	const informers = [
		informer<CronJob>(api, at("batch/v1", "cronjobs"), (one) => work.add(keyOf(one))),
		informer<Job>(api, at("batch/v1", "jobs"), (job) => {
			const owner = controllerOf(job);
			if (owner?.kind === "CronJob") work.add(keyOf({ metadata: { ...job.metadata, name: owner.name } }));
		}),
	];
	return controllerOn(informers, [work], api);
}

/** @returns when the next Job is due, in ms */
async function reconcile(api: Api, key: string): Promise<number | undefined> {
	const [namespace, name] = key.split("/") as [string, string];
	const path = at("batch/v1", "cronjobs", namespace, name);
	const cronJob = await orNothing(api.get<CronJob>(path));
	if (!cronJob || cronJob.metadata.deletionTimestamp) return undefined;
	const { items } = await api.get<{ items: Job[] }>(at("batch/v1", "jobs", namespace));
	const own = items.filter((job) => controllerOf(job)?.uid === cronJob.metadata.uid);
	const active = own.filter((job) => !endOf(job));
	const { due, next } = timesOf(cronJob);
	const isMade = due !== undefined && (await madeOne(api, cronJob, due, active));
	await report(api, path, cronJob, { own, active, ...(isMade && { due }) });
	await forget(api, cronJob, own);
	return cronJob.spec?.suspend || !next ? undefined : Math.min(next.getTime() - Date.now(), longestMs);
}

/** The last time that has come since the last Job, and the next one. */
function timesOf({ spec, status, metadata }: CronJob) {
	const schedule = new Cron(spec?.schedule ?? "", { timezone: "UTC", paused: true });
	let due: Date | undefined;
	let next = schedule.nextRun(new Date(status?.lastScheduleTime ?? metadata.creationTimestamp ?? ""));
	for (; next && next.getTime() <= Date.now(); next = schedule.nextRun(next)) due = next;
	return { due: spec?.suspend ? undefined : due, next };
}

async function madeOne(api: Api, { metadata, spec }: CronJob, due: Date, active: readonly Job[]): Promise<boolean> {
	const { name, namespace, uid } = metadata;
	if (spec?.concurrencyPolicy === "Forbid" && active.length > 0) return false;
	if (spec?.concurrencyPolicy === "Replace")
		for (const job of active) await orNothing(api.remove(at("batch/v1", "jobs", namespace, job.metadata.name)));
	const { metadata: { labels, annotations } = {}, spec: job } = spec?.jobTemplate ?? {};
	const owner = { apiVersion: "batch/v1", kind: "CronJob", name, uid, controller: true, blockOwnerDeletion: true };
	const body = {
		apiVersion: "batch/v1",
		kind: "Job",
		metadata: {
			name: `${name}-${Math.floor(due.getTime() / 60_000)}`,
			namespace,
			labels,
			annotations: { ...annotations, "batch.kubernetes.io/cronjob-scheduled-timestamp": due.toISOString() },
			ownerReferences: [owner],
		},
		spec: job,
	};
	await api.create(at("batch/v1", "jobs", namespace), body).catch((error) => {
		if (!isConflict(error)) throw error;
	});
	return true;
}

/** A timer takes no more than some weeks. */
const longestMs = 3_600_000;

interface Seen {
	readonly own: readonly Job[];
	readonly active: readonly Job[];
	readonly due?: Date;
}

async function report(api: Api, path: string, { status }: CronJob, { own, active, due }: Seen): Promise<void> {
	const ends = own.filter((job) => endOf(job) === "Complete").map((job) => `${job.status?.completionTime ?? ""}`);
	const lastSuccessfulTime = ends.sort().at(-1);
	const uids = active.map(({ metadata }) => metadata.uid).sort();
	const before = (status?.active ?? []).map(({ uid }) => uid).sort();
	const isSame =
		`${uids}` === `${before}` && (!lastSuccessfulTime || lastSuccessfulTime === `${status?.lastSuccessfulTime}`);
	if (isSame && !due) return;
	const references = active.map(({ metadata: { name, namespace, uid } }) => {
		return { apiVersion: "batch/v1", kind: "Job", name, namespace, uid };
	});
	await api.merge(`${path}/status`, {
		status: {
			active: references,
			...(due && { lastScheduleTime: due.toISOString() }),
			...(lastSuccessfulTime && { lastSuccessfulTime }),
		},
	});
}

/** Of those that have ended only the last ones are kept. */
async function forget(api: Api, { metadata, spec }: CronJob, own: readonly Job[]): Promise<void> {
	const limits = { Complete: spec?.successfulJobsHistoryLimit ?? 3, Failed: spec?.failedJobsHistoryLimit ?? 1 };
	for (const [end, most] of Object.entries(limits)) {
		const ended = own.filter((job) => endOf(job) === end).sort((one, other) => ageOf(other) - ageOf(one));
		for (const job of ended.slice(most))
			await orNothing(api.remove(at("batch/v1", "jobs", metadata.namespace, job.metadata.name)));
	}
}

const ageOf = ({ status }: Job): number => Date.parse(`${status?.startTime ?? ""}`) || 0;
