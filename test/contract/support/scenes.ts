// A namespace with titanic-api in it, by each kind of workload of the registry. A kind without a scene here does not compile;
// with one, it is covered by workloads.test.ts.

import type { RolledKindName } from "../../../src/lib/kinds/index.ts";
import type { Stage } from "./clusters.ts";
import { type Scene, setScene } from "./scene.ts";

export interface KindScene {
	/** What the API calls its collection. */
	readonly plural: string;
	set(stage: Stage): Promise<Scene>;
	/** What keeps it from being rolled: a patch of its spec, the one that takes it back, and the fault. */
	readonly holds: Readonly<Record<string, readonly [hold: object, release: object, code: string]>>;
}

const onDelete = { updateStrategy: { type: "OnDelete", rollingUpdate: null } };
const rolling = (rollingUpdate: object) => ({ updateStrategy: { type: "RollingUpdate", rollingUpdate } });

export const scenes: { readonly [K in RolledKindName]: KindScene } = {
	Deployment: {
		plural: "deployments",
		set: (stage) => setScene(stage, "Deployment"),
		holds: { paused: [{ paused: true }, { paused: false }, "workload-paused"] },
	},
	StatefulSet: {
		plural: "statefulsets",
		set: (stage) => setScene(stage, "StatefulSet"),
		holds: {
			"to be updated on delete": [onDelete, rolling({ partition: 0 }), "workload-held"],
			partitioned: [rolling({ partition: 1 }), rolling({ partition: 0 }), "workload-held"],
		},
	},
	Rollout: {
		plural: "rollouts",
		set: (stage) => setScene(stage, "Rollout"),
		holds: {
			"made from another workload": [
				{ workloadRef: { apiVersion: "apps/v1", kind: "Deployment", name: "titanic-api" } },
				{ workloadRef: null },
				"workload-ambiguous",
			],
		},
	},
	DaemonSet: {
		plural: "daemonsets",
		set: (stage) => setScene(stage, "DaemonSet"),
		holds: { "to be updated on delete": [onDelete, rolling({ maxUnavailable: 1 }), "workload-held"] },
	},
};
