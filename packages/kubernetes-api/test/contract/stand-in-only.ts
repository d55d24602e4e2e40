/** What a real server leaves to its controllers, forgets only after minutes, learned later than 1.20, or never does. */
import { expect, test } from "@jest/globals";
import { startCluster } from "../../cluster.ts";
import { deployment, pod, raw, refusal, type Subject } from "./subject.ts";

export const standInOnly = (subject: () => Subject) => {
	const owner = async () => {
		const { apps, core, namespace: create } = subject();
		const namespace = await create();
		const { metadata } = await apps.createNamespacedDeployment({ namespace, body: deployment("web") });
		const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: metadata!.uid! }];
		const owned = { ...pod("a"), metadata: { name: "a", ownerReferences } };
		await core.createNamespacedPod({ namespace, body: owned });
		const names = async () => (await core.listNamespacedPod({ namespace })).items.map((one) => one.metadata?.name);
		return { apps, core, namespace, names };
	};

	test("what only a deleted object owned goes after it", async () => {
		const { apps, namespace, names } = await owner();
		await apps.deleteNamespacedDeployment({ namespace, name: "web" });
		expect(await names()).toEqual([]);
	});

	test("a foreground deletion removes the dependents first, then the owner", async () => {
		const { apps, namespace, names } = await owner();
		await apps.deleteNamespacedDeployment({ namespace, name: "web", propagationPolicy: "Foreground" });
		expect(await names()).toEqual([]);
		expect((await refusal(apps.readNamespacedDeployment({ namespace, name: "web" }))).code).toBe(404);
	});

	test("an orphaned object stays and forgets its owner", async () => {
		const { apps, core, namespace } = await owner();
		await apps.deleteNamespacedDeployment({ namespace, name: "web", propagationPolicy: "Orphan" });
		const { metadata } = await core.readNamespacedPod({ namespace, name: "a" });
		expect(metadata?.ownerReferences).toBeUndefined();
	});

	test("an object whose owner never was goes", async () => {
		const { core, namespace, names } = await owner();
		const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "ghost", uid: "no-such-uid" }];
		await core.createNamespacedPod({ namespace, body: { ...pod("b"), metadata: { name: "b", ownerReferences } } });
		expect(await names()).toEqual(["a"]);
	});

	test("a namespace takes everything in it along", async () => {
		const { core, namespace } = await owner();
		await core.deleteNamespace({ name: namespace });
		expect((await refusal(core.readNamespace({ name: namespace }))).code).toBe(404);
		expect((await core.listPodForAllNamespaces()).items.filter((one) => one.metadata?.namespace === namespace)).toEqual(
			[],
		);
	});

	test("a watch that wants the state first gets it, then the bookmark that ends it", async () => {
		const { namespace } = await owner();
		const query =
			"watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1";
		const { body } = await raw(subject().cluster, `/api/v1/namespaces/${namespace}/pods?${query}`);
		const [added, bookmark] = body
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(added).toMatchObject({ type: "ADDED", object: { metadata: { name: "a" } } });
		expect(bookmark).toMatchObject({
			type: "BOOKMARK",
			object: { metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
		});
		const without = await raw(subject().cluster, `/api/v1/pods?watch=true&sendInitialEvents=true`);
		expect(without.code).toBe(422);
	});

	test("a watch from a version that is too old gets an error that says so", async () => {
		const { cluster } = subject();
		const { code, body } = await raw(cluster, "/api/v1/pods?watch=true&resourceVersion=1");
		expect(code).toBe(200);
		expect(JSON.parse(body)).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired", kind: "Status" } });
	});

	test("a fault answers as a Status without effect, once", async () => {
		const { core, namespace } = await owner();
		subject().cluster.faults!.inject({ method: "POST", path: /configmaps$/, status: 429, retryAfterSeconds: 7 });
		const create = () => core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "c" } } });
		expect(await refusal(create())).toMatchObject({
			code: 429,
			reason: "TooManyRequests",
			details: { retryAfterSeconds: 7 },
		});
		expect((await create()).metadata?.name).toBe("c");
	});

	test("a connection cut before the request changed nothing, one cut after it changed all", async () => {
		const { core, namespace } = await owner();
		const create = (name: string) => core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } });
		for (const cut of ["before", "after"] as const) {
			subject().cluster.faults!.inject({ method: "POST", path: /configmaps$/, cut });
			await expect(create(cut)).rejects.toThrow();
		}
		const { items } = await core.listNamespacedConfigMap({ namespace });
		expect(items.map((one) => one.metadata?.name)).toEqual(["after"]);
	});

	test("a token review that does not answer vouches for nobody", async () => {
		await using cluster = await startCluster({ assets: "", tokenReviewUrl: "http://127.0.0.1:9/" });
		expect((await raw(cluster, "/version", { token: "anybody" })).code).toBe(401);
	});

	test("after disposal nobody answers, and an open watch has ended", async () => {
		const cluster = await startCluster({ assets: "" });
		const watched = raw(cluster, "/api/v1/pods?watch=true").catch((error: NodeJS.ErrnoException) => error.code);
		await raw(cluster, "/version");
		await cluster[Symbol.asyncDispose]();
		expect(await watched).toBe("ECONNRESET");
		await expect(raw(cluster, "/version")).rejects.toThrow("ECONNREFUSED");
	});
};
