import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { replicaFailureIn, troubleOf, troublesOf } from "../../../src/lib/kinds/trouble.ts";

const words = "the password is hunter2";
const scheduled = { type: "PodScheduled", status: "True" };
const notReady = { type: "Ready", status: "False", reason: "ContainersNotReady", message: words };
const pod = (status: object, name = "titanic-api-1"): V1Pod =>
	({
		metadata: { name },
		spec: { nodeName: "node-1" },
		status: { conditions: [scheduled, notReady], ...status },
	}) as V1Pod;
const container = (change: object) => ({
	containerStatuses: [{ name: "titanic-api", ready: false, restartCount: 0, ...change }],
});

test.each<[string, V1Pod, string | undefined]>([
	["a ready pod has none", pod({ conditions: [scheduled, { type: "Ready", status: "True" }] }), undefined],
	[
		"a pod that no node takes is told by the scheduler's code",
		pod({ conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: words }] }),
		"titanic-api-1: not scheduled, Unschedulable",
	],
	[
		"a container that ends again and again is told with how it ended last",
		pod(
			container({
				restartCount: 4,
				state: { waiting: { reason: "CrashLoopBackOff", message: words } },
				lastState: { terminated: { exitCode: 137, reason: "OOMKilled", message: words } },
			}),
		),
		"titanic-api-1: container titanic-api waits, CrashLoopBackOff (last exit 137, OOMKilled)",
	],
	[
		"an image that cannot be pulled is told",
		pod(container({ state: { waiting: { reason: "ImagePullBackOff" } } })),
		"titanic-api-1: container titanic-api waits, ImagePullBackOff",
	],
	[
		"an init container that waits comes before those that wait for it",
		pod({
			...container({ state: { waiting: { reason: "PodInitializing" } } }),
			initContainerStatuses: [
				{
					name: "migrate",
					ready: false,
					restartCount: 0,
					state: { waiting: { reason: "CreateContainerConfigError" } },
				},
			],
		}),
		"titanic-api-1: container migrate waits, CreateContainerConfigError",
	],
	[
		"a container that runs and is not ready is told with its restarts",
		pod(container({ restartCount: 2, state: { running: {} } })),
		"titanic-api-1: container titanic-api runs and its readiness probe has not passed, 2 restarts",
	],
	[
		"a container that has ended is told by its exit",
		pod(container({ state: { terminated: { exitCode: 1, reason: "Error", message: words } } })),
		"titanic-api-1: container titanic-api ended with exit 1, Error",
	],
	[
		"a reason that is more than one word is not repeated",
		pod(container({ state: { waiting: { reason: words } } })),
		"titanic-api-1: container titanic-api waits, no reason given",
	],
	["a pod of a node that is lost is told", pod({}), "titanic-api-1: not ready, ContainersNotReady"],
	[
		"a pod that no scheduler has seen is told",
		{ metadata: { name: "titanic-api-1" }, status: { phase: "Pending" } },
		"titanic-api-1: no scheduler has taken it",
	],
])("%s", (_sentence, one, expected) => {
	expect(troubleOf(one)).toBe(expected);
});

test("of many pods two are told, and how many there are besides", () => {
	const waiting = container({ state: { waiting: { reason: "ErrImagePull" } } });
	const text = troublesOf(["a", "b", "c", "d"].map((name) => pod(waiting, name)));
	expect(text).toContain("a: container titanic-api waits, ErrImagePull; b: ");
	expect(text).toMatch(/; 2 more$/);
});

const isForbidden = 'pods "titanic-api-7d4b9-" is forbidden: ';
test.each([
	[
		`${isForbidden}exceeded quota: compute, requested: pods=1, used: pods=2`,
		"denied by ResourceQuota compute, which is exceeded",
	],
	[
		`${isForbidden}failed quota: compute: must specify limits.cpu`,
		"denied by ResourceQuota compute, which demands requests or limits",
	],
	[`${isForbidden}[maximum cpu usage per Container is 1, but limit is 2, maximum`, "denied by a LimitRange for cpu"],
	[`${isForbidden}violates PodSecurity "restricted:latest": ${words}`, "denied by Pod Security, level restricted"],
	[
		`${isForbidden}error looking up service account titanic-api/web: serviceaccount "web" not found`,
		"denied by the lack of ServiceAccount web",
	],
	[
		`admission webhook "images.titanic.example" denied the request: ${words}`,
		"denied by admission webhook images.titanic.example",
	],
	[
		`Internal error occurred: failed calling webhook "images.titanic.example": ${words}`,
		"admission webhook images.titanic.example does not answer",
	],
	[words, "for a cause that its events show"],
])("a controller that makes no pods: %s", (message, why) => {
	const failure = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message };
	expect(replicaFailureIn([failure])).toBe(`FailedCreate, ${why}`);
	expect(replicaFailureIn([{ ...failure, status: "False" }])).toBeUndefined();
	expect(replicaFailureIn([{ ...failure, reason: words }])).not.toContain(words);
});
