// The controllers of workloads that kube-controller-manager runs, for an API server without it.

import type { KubeConfig } from "@kubernetes/client-node";
import { daemonSetController } from "./daemon-sets.ts";
import { deploymentControllers } from "./deployments.ts";
import { statefulSetController } from "./stateful-sets.ts";

/** Runs all of them until it is disposed of. */
export function workloadControllers(kubeConfig: KubeConfig): AsyncDisposable {
	const controllers = new AsyncDisposableStack();
	for (const start of [deploymentControllers, statefulSetController, daemonSetController])
		controllers.use(start(kubeConfig));
	return controllers;
}
