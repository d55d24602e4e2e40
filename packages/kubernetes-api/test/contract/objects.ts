import { expect, test } from "@jest/globals";
import { csi, deployment, merge, pod, raw, refusal, type Subject, strategic } from "./subject.ts";

export const objects = (subject: () => Subject) => {
	test("a new object gets a uid, a time and a version, and reads back as it was written", async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		const body = { metadata: { name: "a", labels: { l: "v" } }, data: { key: "value" } };
		const written = await core.createNamespacedConfigMap({ namespace, body });
		expect(written).toMatchObject({ ...body, metadata: { ...body.metadata, namespace } });
		expect(written.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
		expect(Number(written.metadata?.resourceVersion)).toBeGreaterThan(0);
		expect(written.metadata?.creationTimestamp).toBeInstanceOf(Date);
		expect(await core.readNamespacedConfigMap({ namespace, name: "a" })).toEqual(written);
	});

	test("what cannot be created says why: name taken, missing or bad, namespace or kind unknown", async () => {
		const { core, custom, cluster, namespace: create } = subject();
		const namespace = await create();
		const attempt = (body: object, into = namespace) =>
			refusal(core.createNamespacedConfigMap({ namespace: into, body }));
		await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "a" } } });
		expect(await attempt({ metadata: { name: "a" } })).toMatchObject({
			code: 409,
			reason: "AlreadyExists",
			message: 'configmaps "a" already exists',
		});
		expect(await attempt({ metadata: {} })).toMatchObject({
			code: 422,
			reason: "Invalid",
			details: { causes: [{ field: "metadata.name", reason: "FieldValueRequired" }] },
		});
		expect(await attempt({ metadata: { name: "A_b" } })).toMatchObject({
			code: 422,
			details: { causes: [{ field: "metadata.name", reason: "FieldValueInvalid" }] },
		});
		expect(await attempt({ metadata: { name: "b" } }, "nowhere")).toMatchObject({
			code: 404,
			message: 'namespaces "nowhere" not found',
		});
		expect(await attempt({ metadata: { name: "b", namespace: "default" } })).toMatchObject({ code: 400 });
		const unknown = custom.getNamespacedCustomObject({ ...csi, namespace, plural: "wheels", name: "a" });
		expect((await refusal(unknown)).code).toBe(404);
		const posted = { method: "POST", body: JSON.stringify({ kind: "Pod", apiVersion: "v1", metadata: { name: "x" } }) };
		expect((await raw(cluster, `/api/v1/namespaces/${namespace}/configmaps`, posted)).code).toBe(400);
	});

	test("a replacement made from an old copy is a conflict and changes nothing", async () => {
		const { core, custom, namespace: create } = subject();
		const namespace = await create();
		const old = await core.createNamespacedConfigMap({
			namespace,
			body: { metadata: { name: "a" }, data: { n: "1" } },
		});
		const now = await core.replaceNamespacedConfigMap({ namespace, name: "a", body: { ...old, data: { n: "2" } } });
		const late = core.replaceNamespacedConfigMap({ namespace, name: "a", body: { ...old, data: { n: "3" } } });
		expect(await refusal(late)).toMatchObject({
			code: 409,
			reason: "Conflict",
			message: expect.stringContaining('Operation cannot be fulfilled on configmaps "a": the object has been modified'),
		});
		expect(await core.readNamespacedConfigMap({ namespace, name: "a" })).toEqual(now);
		const kind = { ...csi, namespace, plural: "secretproviderclasses" };
		const made = {
			apiVersion: `${csi.group}/v1`,
			kind: "SecretProviderClass",
			metadata: { name: "a" },
			spec: { provider: "azure" },
		};
		await custom.createNamespacedCustomObject({ ...kind, body: made });
		const blind = custom.replaceNamespacedCustomObject({ ...kind, name: "a", body: made });
		expect(await refusal(blind)).toMatchObject({
			code: 422,
			details: { causes: [{ field: "metadata.resourceVersion" }] },
		});
	});

	test("an object that is sent back as it was read is no change, times included", async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		const name = "a";
		await core.createNamespacedPod({ namespace, body: pod(name) });
		const body = { status: { startTime: new Date(), conditions: [{ type: "Ready", status: "True" }] } };
		const written = await core.patchNamespacedPodStatus({ namespace, name, body }, strategic);
		expect(await core.replaceNamespacedPod({ namespace, name, body: written })).toEqual(written);
		expect(await core.replaceNamespacedPodStatus({ namespace, name, body: written })).toEqual(written);
	});

	test("a list comes in pages that together hold every object once", async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		for (const name of ["a", "b", "c"])
			await core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } });
		const first = await core.listNamespacedConfigMap({ namespace, limit: 2 });
		expect(first.metadata?.remainingItemCount).toBe(1);
		const second = await core.listNamespacedConfigMap({ namespace, limit: 2, _continue: first.metadata?._continue });
		expect(second.metadata?._continue ?? "").toBe("");
		expect([...first.items, ...second.items].map((one) => one.metadata?.name)).toEqual(["a", "b", "c"]);
	});

	test("label selectors know every operator, and refuse what they do not understand", async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		const all: Record<string, Record<string, string>> = { a: { tier: "web", n: "1" }, b: { tier: "db" }, c: {} };
		for (const [name, labels] of Object.entries(all))
			await core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels } } });
		const names = async (labelSelector: string) =>
			(await core.listNamespacedConfigMap({ namespace, labelSelector })).items
				.map((one) => one.metadata?.name)
				.join("");
		expect(await names("tier=web")).toBe("a");
		expect(await names("tier==web,n=1")).toBe("a");
		expect(await names("tier!=web")).toBe("bc");
		expect(await names("tier in (web, db)")).toBe("ab");
		expect(await names("tier notin (web)")).toBe("bc");
		expect(await names("tier")).toBe("ab");
		expect(await names("!tier")).toBe("c");
		expect(await names("n>0")).toBe("a");
		for (const labelSelector of ["tier in web", "a~b"])
			expect((await refusal(core.listNamespacedConfigMap({ namespace, labelSelector }))).code).toBe(400);
	});

	test("field selectors find pods by name, node and phase, and refuse other fields", async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		for (const name of ["a", "b"]) await core.createNamespacedPod({ namespace, body: pod(name) });
		await bind(subject(), namespace, "a");
		const names = async (fieldSelector: string) =>
			(await core.listNamespacedPod({ namespace, fieldSelector })).items.map((one) => one.metadata?.name).join("");
		expect(await names("metadata.name=b")).toBe("b");
		expect(await names("spec.nodeName=node-1")).toBe("a");
		expect(await names("spec.nodeName=,status.phase=Pending")).toBe("b");
		expect(await names("status.phase!=Pending")).toBe("");
		expect((await refusal(core.listNamespacedPod({ namespace, fieldSelector: "spec.colour=red" }))).code).toBe(400);
	});

	test("a Deployment gets the defaults that rollouts are judged by", async () => {
		const { apps, namespace: create } = subject();
		const namespace = await create();
		const { spec, metadata } = await apps.createNamespacedDeployment({ namespace, body: deployment("web") });
		expect(metadata?.generation).toBe(1);
		expect(spec).toMatchObject({
			replicas: 1,
			progressDeadlineSeconds: 600,
			revisionHistoryLimit: 10,
			strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
			template: { spec: { restartPolicy: "Always", terminationGracePeriodSeconds: 30, dnsPolicy: "ClusterFirst" } },
		});
	});

	test("a Deployment whose selector does not fit is invalid, and its selector cannot change", async () => {
		const { apps, namespace: create } = subject();
		const namespace = await create();
		const unfit = deployment("web", { selector: { matchLabels: { app: "other" } } });
		expect(await refusal(apps.createNamespacedDeployment({ namespace, body: unfit }))).toMatchObject({
			code: 422,
			reason: "Invalid",
			details: { name: "web", kind: "Deployment", causes: [{ field: "spec.template.metadata.labels" }] },
		});
		const empty = apps.createNamespacedDeployment({ namespace, body: { metadata: { name: "e" }, spec: {} as never } });
		expect((await refusal(empty)).details?.causes?.map(({ field }) => field)).toEqual([
			"spec.selector",
			"spec.template.metadata.labels",
			"spec.template.spec.containers",
		]);
		await apps.createNamespacedDeployment({ namespace, body: deployment("web") });
		const body = { spec: { selector: { matchLabels: { app: "web", more: "x" } } } };
		const changed = apps.patchNamespacedDeployment({ namespace, name: "web", body }, merge);
		expect((await refusal(changed)).details?.causes?.map(({ field }) => field)).toContain("spec.selector");
	});

	test("a bound pod is only marked when it is deleted; its node's agent removes it with grace period 0", async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		const fresh = await core.createNamespacedPod({ namespace, body: pod("a") });
		expect(fresh).toMatchObject({ status: { phase: "Pending" }, spec: { terminationGracePeriodSeconds: 30 } });
		await bind(subject(), namespace, "a");
		expect((await refusal(bind(subject(), namespace, "a"))).code).toBe(409);
		await core.deleteNamespacedPod({ namespace, name: "a" });
		const marked = await core.readNamespacedPod({ namespace, name: "a" });
		expect(marked.metadata?.deletionTimestamp).toBeInstanceOf(Date);
		expect(marked.metadata?.deletionGracePeriodSeconds).toBe(30);
		await core.deleteNamespacedPod({ namespace, name: "a", gracePeriodSeconds: 0 });
		expect((await refusal(core.readNamespacedPod({ namespace, name: "a" }))).code).toBe(404);
		await core.createNamespacedPod({ namespace, body: pod("unbound") });
		await core.deleteNamespacedPod({ namespace, name: "unbound" });
		expect((await core.listNamespacedPod({ namespace })).items).toEqual([]);
	});

	test("a running pod's specification cannot change", async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		await core.createNamespacedPod({ namespace, body: pod("a") });
		const body = { spec: { terminationGracePeriodSeconds: 5 } };
		expect(await refusal(core.patchNamespacedPod({ namespace, name: "a", body }, merge))).toMatchObject({
			code: 422,
			details: { causes: [{ field: "spec", reason: "FieldValueForbidden" }] },
		});
	});

	test("an object with a finalizer goes when the finalizer goes", async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		const held = { metadata: { name: "a", finalizers: ["example.com/hold"] } };
		await core.createNamespacedConfigMap({ namespace, body: held });
		await core.deleteNamespacedConfigMap({ namespace, name: "a" });
		const waiting = await core.readNamespacedConfigMap({ namespace, name: "a" });
		expect(waiting.metadata?.deletionTimestamp).toBeInstanceOf(Date);
		const body = { metadata: { finalizers: null } };
		await core.patchNamespacedConfigMap({ namespace, name: "a", body }, merge);
		expect((await refusal(core.readNamespacedConfigMap({ namespace, name: "a" }))).code).toBe(404);
	});

	test("all objects that a selector finds are deleted at once, the others stay", async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		for (const name of ["a", "b"])
			await core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { name } } } });
		await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: "name=a" });
		expect((await core.listNamespacedConfigMap({ namespace })).items.map((one) => one.metadata?.name)).toEqual(["b"]);
		for (const path of ["/api/v1/namespaces", "/api/v1/configmaps"])
			expect((await raw(subject().cluster, path, { method: "DELETE" })).code).toBe(405);
	});

	test("an immutable Secret keeps its data; plain text becomes data", async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		const body = { metadata: { name: "s" }, stringData: { password: "old" }, immutable: true };
		const made = await core.createNamespacedSecret({ namespace, body });
		expect(made).toMatchObject({ type: "Opaque", data: { password: Buffer.from("old").toString("base64") } });
		expect(made.stringData).toBeUndefined();
		const attempts = {
			data: { stringData: { password: "new" } },
			immutable: { immutable: false },
			type: { type: "x" },
		};
		for (const [field, body] of Object.entries(attempts))
			expect(await refusal(core.patchNamespacedSecret({ namespace, name: "s", body }, merge))).toMatchObject({
				code: 422,
				details: { causes: [{ field }] },
			});
		const bad = { metadata: { name: "bad" }, data: { a: "%%" } };
		expect((await refusal(core.createNamespacedSecret({ namespace, body: bad }))).code).toBe(400);
		const lines = { metadata: { name: "lines" }, data: { a: "b25l\nIGxpbmU=\n" } };
		expect((await core.createNamespacedSecret({ namespace, body: lines })).data).toEqual({ a: "b25lIGxpbmU=" });
	});

	test("a SecretProviderClass loses unknown fields and must have the right types", async () => {
		const { custom, namespace: create } = subject();
		const namespace = await create();
		const kind = { ...csi, namespace, plural: "secretproviderclasses" };
		const head = { apiVersion: `${csi.group}/v1`, kind: "SecretProviderClass", metadata: { name: "a" } };
		const wrong = { ...head, spec: { provider: 1, parameters: { tenantId: true } } };
		expect((await refusal(custom.createNamespacedCustomObject({ ...kind, body: wrong }))).code).toBe(422);
		const body = { ...head, spec: { provider: "azure", parameters: { any: "text" }, unknown: 1 }, more: {} };
		const made = await custom.createNamespacedCustomObject({ ...kind, body });
		expect(made).toMatchObject({ metadata: { generation: 1 } });
		expect(made.spec).toEqual({ provider: "azure", parameters: { any: "text" } });
		expect(made.more).toBeUndefined();
	});

	test("a SecretProviderClassPodStatus keeps its owner and is written without a status subresource", async () => {
		const { core, custom, cluster, namespace: create } = subject();
		const namespace = await create();
		const { metadata } = await core.createNamespacedPod({ namespace, body: pod("a") });
		const kind = { ...csi, namespace, plural: "secretproviderclasspodstatuses" };
		const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "a", uid: metadata!.uid! }];
		const name = `a-${namespace}-class`;
		const status = { podName: "a", mounted: true, objects: [{ id: "secret/db-password", version: "v1" }] };
		const body = {
			apiVersion: `${csi.group}/v1`,
			kind: "SecretProviderClassPodStatus",
			metadata: { name, ownerReferences },
			status,
		};
		await custom.createNamespacedCustomObject({ ...kind, body });
		const renewed = { status: { objects: [{ id: "secret/db-password", version: "v2" }] } };
		const patched = await custom.patchNamespacedCustomObject({ ...kind, name, body: renewed }, merge);
		expect(patched).toMatchObject({ metadata: { ownerReferences }, status: { ...status, ...renewed.status } });
		const path = `/apis/${csi.group}/v1/namespaces/${namespace}/secretproviderclasspodstatuses/${name}/status`;
		expect((await raw(cluster, path)).code).toBe(404);
	});

	test("status is written through its subresource only, and nothing else is", async () => {
		const { apps, namespace: create } = subject();
		const namespace = await create();
		await apps.createNamespacedDeployment({ namespace, body: { ...deployment("web"), status: { replicas: 9 } } });
		const both = { status: { replicas: 2, observedGeneration: 1 }, spec: { replicas: 7 } };
		const target = { namespace, name: "web", body: both };
		const status = await apps.patchNamespacedDeploymentStatus(target, strategic);
		expect(status).toMatchObject({ metadata: { generation: 1 }, spec: { replicas: 1 }, status: { replicas: 2 } });
		const main = await apps.patchNamespacedDeployment({ ...target, body: { status: { replicas: 5 } } }, strategic);
		expect(main.status?.replicas).toBe(2);
		expect(main.metadata?.generation).toBe(1);
	});

	test("a workload is scaled through its scale", async () => {
		const { apps, namespace: create } = subject();
		const namespace = await create();
		const name = "web";
		await apps.createNamespacedDeployment({ namespace, body: deployment(name) });
		const body = { spec: { replicas: 3 } };
		await apps.patchNamespacedDeploymentScale({ namespace, name, body }, merge);
		expect((await apps.readNamespacedDeployment({ namespace, name })).spec?.replicas).toBe(3);
		const scale = await apps.readNamespacedDeploymentScale({ namespace, name });
		expect(scale.status?.selector).toBe("app=web");
	});

	test("pods and Deployments are listed as the table that kubectl prints", async () => {
		const { apps, core, cluster, namespace: create } = subject();
		const namespace = await create();
		await apps.createNamespacedDeployment({ namespace, body: deployment("web") });
		await core.createNamespacedPod({ namespace, body: pod("a") });
		const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };
		const table = async (path: string) => JSON.parse((await raw(cluster, path, { headers })).body);
		const pods = await table(`/api/v1/namespaces/${namespace}/pods`);
		expect(pods).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1" });
		const columns = pods.columnDefinitions.map((one: { name: string }) => one.name);
		expect(columns.slice(0, 5)).toEqual(["Name", "Ready", "Status", "Restarts", "Age"]);
		expect(pods.rows[0].cells.slice(0, 4)).toEqual(["a", "0/1", "Pending", 0]);
		const deployments = await table(`/apis/apps/v1/namespaces/${namespace}/deployments`);
		expect(deployments.rows[0].cells.slice(0, 4)).toEqual(["web", "0/1", 0, 0]);
		expect(deployments.rows[0].object.metadata.name).toBe("web");
	});

	test("discovery names what clients look for: kinds, short names, verbs", async () => {
		const { apps, cluster } = subject();
		const { resources } = await apps.getAPIResources();
		expect(resources.find(({ name }) => name === "deployments")).toMatchObject({
			kind: "Deployment",
			namespaced: true,
			shortNames: ["deploy"],
			verbs: expect.arrayContaining(["get", "list", "watch", "patch"]),
		});
		expect(resources.map(({ name }) => name)).toContain("deployments/status");
		const driver = JSON.parse((await raw(cluster, `/apis/${csi.group}/v1`)).body);
		expect(driver.resources.map((one: { kind: string }) => one.kind).sort()).toEqual([
			"SecretProviderClass",
			"SecretProviderClassPodStatus",
		]);
		for (const path of ["/healthz", "/livez", "/readyz"])
			expect(await raw(cluster, path)).toMatchObject({ code: 200, body: "ok" });
		expect((await raw(cluster, "/apis/example.com/v1")).code).toBe(404);
	});
};

const bind = ({ core }: Subject, namespace: string, name: string) =>
	core.createNamespacedPodBinding({ namespace, name, body: { metadata: { name }, target: { name: "node-1" } } });
