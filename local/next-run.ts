// The next run of the sample's CronJob: a person begins it, who does not want to wait for the night, and then the sweep looks.

import { apiOf, at, type KubeObject } from "../packages/kubernetes-api/index.ts";
import type { Status } from "./rotation-watch.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";
import { names } from "./world.ts";

type CronJob = KubeObject & { readonly spec: { readonly jobTemplate: { readonly spec: object } } };
type Job = KubeObject & { readonly status?: { readonly conditions?: readonly { type: string; status: string }[] } };

/** @returns the rotation's record once the sweep has found the run in it */
export async function nextRun(stack: Stack, rotationId: string, signal?: AbortSignal): Promise<Status> {
	await runByHand(stack, signal);
	const { url } = stack.host ?? {};
	const sweep = { method: "POST", headers: { "x-functions-key": stack.keys.master }, body: "{}" };
	const asked = await fetch(`${url}/admin/functions/sweep`, sweep);
	if (asked.status !== 202) throw new Error(`POST /admin/functions/sweep: ${asked.status}`);
	return until(
		"the sweep's look at the run",
		60,
		async () => {
			const answer = await stack.api(`rotations/${rotationId}`, { roles: ["Rotation.Read"] });
			const status = (await answer.json()) as Status;
			return status.consumers?.every(({ delivered }) => delivered) ? status : undefined;
		},
		signal,
	);
}

/** As `kubectl create job --from=cronjob/titanic-report` does. */
async function runByHand({ cluster }: Stack, signal?: AbortSignal): Promise<void> {
	using api = apiOf(cluster.kubeConfig(), "kubectl-create");
	const { namespace, report } = names;
	const { metadata, spec } = await api.get<CronJob>(at("batch/v1", "cronjobs", namespace, report));
	const job = `${report}-by-hand`;
	const owner = { apiVersion: "batch/v1", kind: "CronJob", name: report, uid: metadata.uid, controller: true };
	await api.create(at("batch/v1", "jobs", namespace), {
		...{ apiVersion: "batch/v1", kind: "Job", spec: spec.jobTemplate.spec },
		metadata: {
			...{ name: job, namespace, ownerReferences: [owner] },
			annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
		},
	});
	const end = await until(
		`the end of Job ${job}`,
		60,
		async () => {
			const { status } = await api.get<Job>(at("batch/v1", "jobs", namespace, job));
			return status?.conditions?.find(({ type, status: is }) => ["Complete", "Failed"].includes(type) && is === "True");
		},
		signal,
	);
	if (end.type !== "Complete") throw new Error(`Job ${job} has ended as ${end.type}.`);
}
