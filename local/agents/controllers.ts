// The controllers of workloads that kube-controller-manager runs, for an API server without it.

import type { KubeConfig } from "@kubernetes/client-node";
import { cronJobController } from "./cron-jobs.ts";
import { daemonSetController } from "./daemon-sets.ts";
import { deploymentControllers } from "./deployments.ts";
import { jobController } from "./jobs.ts";
import { statefulSetController } from "./stateful-sets.ts";

/** Runs all of them until it is disposed of. */
export function workloadControllers(kubeConfig: KubeConfig): AsyncDisposable {
	const controllers = new AsyncDisposableStack();
	const all = [deploymentControllers, statefulSetController, daemonSetController, jobController, cronJobController];
	for (const start of all) controllers.use(start(kubeConfig));
	return controllers;
}
