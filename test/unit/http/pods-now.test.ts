import { expect, test } from "@jest/globals";
import type { Ports } from "../../../src/lib/app.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { Password } from "../../../src/lib/domain/password.ts";
import { podsNow } from "../../../src/lib/http/pods-now.ts";
import type { Live } from "../../../src/lib/triggers/look.ts";

const live = "a".repeat(32);
const older = "b".repeat(32);
const consumer = (name: string, cluster: string) => ({
	...{ cluster, namespace: "titanic-api", kind: "Deployment", name },
	delivery: { path: "csi-driver", secretProviderClass: "kv" },
});
const consumers = [consumer("up", "here"), consumer("down", "dead"), consumer("slow", "silent")];
const given = {
	target: { name: "db-password", secret: { vault: "main", consumers } },
	live: {
		...{ state: "present", value: new Password("iceberg") },
		secret: { version: live, created: new Date(0), enabled: true, tags: {} },
	},
} as unknown as Live;
const pod = { ready: true, proved: false };

const ports = {
	store: async () => ({
		version: async (_: string, version: string) => new Password(version === older ? "iceberg" : "x"),
	}),
	workloads: async (cluster: string) => {
		if (cluster === "dead") throw new Fault("cluster-failed", { cluster, detail: "500" });
		return { pods: () => (cluster === "silent" ? new Promise(() => {}) : Promise.resolve([])) };
	},
	deliveryPath: async () => ({
		prove: async () => [
			{ ...pod, pod: "new", proved: true, version: live },
			{ ...pod, pod: "as-good", version: older },
			{ ...pod, pod: "old", version: "c".repeat(32), detail: "it has mounted an older one" },
		],
	}),
} as unknown as Ports;

test("each pod is shown as its cluster has it now; a cluster that is down or slow says so, and hides no other", async () => {
	const from = performance.now();
	const found = await podsNow(ports, given, 50);
	expect(performance.now() - from).toBeLessThan(2_000);
	expect(found.map(({ workload, pods, problem }) => [workload, pods.length, problem?.code])).toEqual([
		["Deployment titanic-api/up", 3, undefined],
		["Deployment titanic-api/down", 0, "cluster-failed"],
		["Deployment titanic-api/slow", 0, "cluster-unreachable"],
	]);
	expect(found[0]!.pods.map(({ pod: name, proved }) => [name, proved])).toEqual([
		["new", true],
		["as-good", true],
		["old", false],
	]);
	expect(JSON.stringify(found)).not.toContain("iceberg");
});
