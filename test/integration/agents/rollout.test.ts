// The arithmetic of rolling updates, for any numbers: what the demo's two pods never show.

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ReplicaSet } from "../../../local/agents/replica-sets.ts";
import {
	bounds,
	type Deployment,
	newReplicas,
	oldReplicas,
	replicasOf,
	statusOf,
} from "../../../local/agents/rollout.ts";

const size = fc.oneof(
	fc.integer({ min: 0, max: 6 }),
	fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
);

test("a rolling update ends, and never has too few available pods or too many pods", () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 12 }),
			size,
			size,
			fc.integer({ min: 1, max: 3 }),
			(replicas, surge, unavailable, speed) => {
				const deployment = deploymentOf(replicas, surge, unavailable);
				const limits = bounds(deployment);
				const old = setOf("old", replicas, replicas);
				const fresh = setOf("new", 0, 0);
				for (let round = 0; round < 200 && (available(fresh) < replicas || replicasOf(old) > 0); round++) {
					resize(fresh, newReplicas(deployment, [fresh, old], replicasOf(fresh)));
					for (const [set, keep] of oldReplicas(deployment, fresh, [old])) resize(set, keep);
					expect(replicasOf(fresh) + replicasOf(old)).toBeLessThanOrEqual(replicas + limits.surge);
					expect(available(fresh) + available(old)).toBeGreaterThanOrEqual(replicas - limits.unavailable);
					become(fresh, Math.min(available(fresh) + speed, replicasOf(fresh)));
				}
				expect([available(fresh), replicasOf(old)]).toEqual([replicas, 0]);
			},
		),
	);
});

test("old pods that were never available are removed at once, available ones stay", () => {
	const deployment = deploymentOf(2, 1, 0);
	const broken = setOf("broken", 1, 0);
	const good = setOf("good", 2, 2);
	const keeps = oldReplicas(deployment, setOf("new", 0, 0), [broken, good]);
	expect([keeps.get(broken), keeps.get(good)]).toEqual([0, 2]);
});

test("a rollout without progress fails one deadline after its last progress, not before", () => {
	const progressing = {
		type: "Progressing",
		status: "True",
		reason: "ReplicaSetUpdated",
		lastUpdateTime: "2026-01-01T00:00:00Z",
	};
	const counts = { replicas: 3, updatedReplicas: 1, readyReplicas: 2, availableReplicas: 2 };
	const deployment = { ...deploymentOf(2, 1, 0), status: { ...counts, conditions: [progressing] } };
	const sets = [setOf("new", 1, 0), setOf("old", 2, 2)];
	const reasonAt = (time: string) =>
		statusOf(deployment, sets[0], sets, Date.parse(time)).conditions?.find(({ type }) => type === "Progressing")
			?.reason;
	expect(reasonAt("2026-01-01T00:01:00Z")).toBe("ReplicaSetUpdated");
	expect(reasonAt("2026-01-01T00:01:01Z")).toBe("ProgressDeadlineExceeded");
});

const meta = (name: string) => ({ name, uid: name, resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" });

function deploymentOf(replicas: number, maxSurge: number | string, maxUnavailable: number | string): Deployment {
	const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } };
	const spec = { replicas, strategy, progressDeadlineSeconds: 60, selector: {}, template: {} };
	return { metadata: meta("titanic-api"), spec } as Deployment;
}

function setOf(name: string, replicas: number, availableReplicas: number): ReplicaSet {
	return { metadata: meta(name), spec: { replicas, selector: {} }, status: { replicas, availableReplicas } };
}

const available = ({ status }: ReplicaSet) => status?.availableReplicas ?? 0;

function become(set: ReplicaSet, availableReplicas: number): void {
	set.status = { replicas: replicasOf(set), availableReplicas };
}

/** A smaller set loses pods that are not available first. */
function resize(set: ReplicaSet, replicas: number): void {
	set.spec = { replicas, selector: {} };
	become(set, Math.min(available(set), replicas));
}
