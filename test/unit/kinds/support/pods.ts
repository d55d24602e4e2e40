// A workload's parts as the API tells them, for the tests of the kinds.

import type { V1Pod } from "@kubernetes/client-node";
import { annotationsOf } from "../../../../src/lib/kinds/mark.ts";

export const mark = {
	secret: "titanic-kv/db-password",
	rotationId: "db-password.1",
	round: 2,
	version: "v2",
	contents: "v2",
	at: "2026-07-01T12:00:00.000Z",
};
export const start = new Date("2026-07-01T12:00:10Z");

export const template = (annotations: Record<string, string> = annotationsOf(mark)) => ({
	metadata: { labels: { app: "titanic-api" }, annotations },
	spec: { containers: [{ name: "titanic-api", image: "titanic-api:1" }] },
});

/** One that runs and is ready, of a controller that makes its pods itself. */
export const podOf = (
	kind: "StatefulSet" | "DaemonSet",
	name: string,
	revision: string,
	change: { metadata?: object; ready?: boolean; phase?: string } = {},
): V1Pod => ({
	metadata: {
		name,
		uid: `uid-${name}-${revision}`,
		labels: { app: "titanic-api", "controller-revision-hash": revision },
		annotations: revision === "new" ? annotationsOf(mark) : {},
		ownerReferences: [{ apiVersion: "apps/v1", kind, name: "titanic-api", uid: "workload", controller: true }],
		...change.metadata,
	},
	status: {
		phase: change.phase ?? "Running",
		conditions: [
			{ type: "PodScheduled", status: "True" },
			{ type: "Ready", status: change.ready === false ? "False" : "True", reason: "ContainersNotReady" },
		],
		containerStatuses: [
			{
				...{ name: "titanic-api", ready: change.ready !== false, image: "", imageID: "", restartCount: 0 },
				state: { running: { startedAt: start } },
			},
		],
	},
});

export const waitsFor = (waitingFor: string) => ({ state: "progressing", waitingFor });
export const failsWith = (code: string) => ({ state: "failed", fault: { code } });
