import { expect, test } from "@jest/globals";
import { PatchStrategy, setHeaderOptions, type V1Deployment } from "@kubernetes/client-node";
import { csi, deployment, merge, raw, refusal, type Subject, strategic } from "./subject.ts";

export const patches = (subject: () => Subject) => {
	const started = async () => {
		const { apps, core, custom, namespace: create } = subject();
		const namespace = await create();
		const name = "web";
		await apps.createNamespacedDeployment({ namespace, body: deployment(name) });
		const patch = (body: object, options = strategic, fieldManager?: string) =>
			apps.patchNamespacedDeployment({ namespace, name, body, fieldManager }, options);
		return { apps, core, custom, namespace, name, patch };
	};
	const container = (made: V1Deployment) => made.spec!.template.spec!.containers[0]!;
	const inPod = (spec: object) => ({ spec: { template: { spec } } });

	test("a strategic merge adds to lists by their keys, changes one item, and deletes another", async () => {
		const { patch } = await started();
		const grown = await patch(
			inPod({
				containers: [
					{
						name: "web",
						env: [{ name: "MODE", value: "x" }],
						volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
						ports: [{ containerPort: 80 }],
					},
				],
				volumes: [{ name: "tmp", emptyDir: {} }],
				imagePullSecrets: [{ name: "registry" }],
			}),
		);
		expect(container(grown).env?.map(({ name }) => name)).toEqual(["MODE", "PORT"]);
		expect(container(grown).image).toBe("titanic-api:1");
		expect(container(grown).volumeMounts?.map(({ mountPath }) => mountPath)).toEqual(["/tmp", "/mnt/secrets"]);
		expect(grown.spec?.template.spec?.volumes?.map(({ name }) => name)).toEqual(["tmp", "secrets"]);
		const shrunk = await patch(
			inPod({
				containers: [{ name: "web", env: [{ name: "PORT", $patch: "delete" }], ports: [{ $patch: "replace" }] }],
			}),
		);
		expect(container(shrunk).env).toEqual([{ name: "MODE", value: "x" }]);
		expect(container(shrunk).ports ?? []).toEqual([]);
	});

	test("conditions merge by type, finalizers as a set", async () => {
		const { apps, namespace, name, patch } = await started();
		const status = (conditions: object[]) =>
			apps.patchNamespacedDeploymentStatus({ namespace, name, body: { status: { conditions } } }, strategic);
		await status([{ type: "Progressing", status: "True" }]);
		const after = await status([
			{ type: "Progressing", status: "False" },
			{ type: "Available", status: "True" },
		]);
		expect(after.status?.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
			"Progressing False",
			"Available True",
		]);
		await patch({ metadata: { finalizers: ["example.com/a"] } });
		const held = await patch({ metadata: { finalizers: ["example.com/b"] } });
		expect(held.metadata?.finalizers).toEqual(["example.com/b", "example.com/a"]);
	});

	test("a merge patch replaces lists whole", async () => {
		const { patch } = await started();
		const other = inPod({ containers: [{ name: "other", image: "other:1" }], volumes: null });
		const patched = await patch(other, merge);
		expect(patched.spec?.template.spec?.containers.map(({ name }) => name)).toEqual(["other"]);
		expect(patched.spec?.template.spec?.volumes).toBeUndefined();
	});

	test("a JSON patch does what its operations say, or nothing if one does not fit", async () => {
		const { core, namespace } = await started();
		const json = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);
		await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "c" }, data: { a: "1" } } });
		const patch = (body: object) => core.patchNamespacedConfigMap({ namespace, name: "c", body }, json);
		const patched = await patch([
			{ op: "test", path: "/data/a", value: "1" },
			{ op: "add", path: "/data/b~1c", value: "2" },
			{ op: "move", from: "/data/a", path: "/data/d" },
			{ op: "add", path: "/metadata/labels", value: { x: "y" } },
		]).catch((error: { code: number }) => error.code);
		// "b/c" is no valid key: the whole patch is refused
		expect(patched).toBe(422);
		const { data } = await patch([
			{ op: "test", path: "/data/a", value: "1" },
			{ op: "copy", from: "/data/a", path: "/data/b" },
			{ op: "replace", path: "/data/a", value: "3" },
			{ op: "move", from: "/data/a", path: "/data/d" },
		]);
		expect(data).toEqual({ b: "1", d: "3" });
		for (const body of [
			[{ op: "remove", path: "/data/none" }],
			[{ op: "replace", path: "/none/x", value: 1 }],
			[
				{ op: "remove", path: "/data/b" },
				{ op: "test", path: "/data/d", value: "no" },
			],
		])
			expect(await refusal(patch(body))).toMatchObject({ code: 422, reason: "Invalid" });
		expect((await core.readNamespacedConfigMap({ namespace, name: "c" })).data).toEqual({ b: "1", d: "3" });
	});

	test("an object sent as the client's default, a JSON patch, is 400; an unknown patch type is 415", async () => {
		const { apps, namespace, name } = await started();
		const body = { spec: { paused: true } };
		expect(await refusal(apps.patchNamespacedDeployment({ namespace, name, body }))).toMatchObject({
			code: 400,
			reason: "BadRequest",
			message: expect.stringContaining("cannot unmarshal object"),
		});
		const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
		const headers = { "content-type": "application/json" };
		const sent = { method: "PATCH", headers, body: JSON.stringify(body) };
		expect((await raw(subject().cluster, path, sent)).code).toBe(415);
		const { spec } = await apps.readNamespacedDeployment({ namespace, name });
		expect(spec?.paused).toBeUndefined();
	});

	test("a custom resource refuses a strategic merge with 415 and takes a merge patch", async () => {
		const { custom, namespace } = await started();
		const kind = { ...csi, namespace, plural: "secretproviderclasses" };
		const head = { apiVersion: `${csi.group}/v1`, kind: "SecretProviderClass" };
		const spec = { provider: "azure" };
		await custom.createNamespacedCustomObject({ ...kind, body: { ...head, metadata: { name: "a" }, spec } });
		const patch = (body: object, options = merge) =>
			custom.patchNamespacedCustomObject({ ...kind, name: "a", body }, options);
		expect(await refusal(patch({ spec: { provider: "b" } }, strategic))).toMatchObject({
			code: 415,
			reason: "UnsupportedMediaType",
		});
		expect((await patch({ metadata: { labels: { a: "b" } } })).metadata.generation).toBe(1);
		expect(await patch({ spec: { provider: "b" } })).toMatchObject({
			metadata: { generation: 2 },
			spec: { provider: "b" },
		});
	});

	test("the generation counts changes of the specification, not of labels or status", async () => {
		const { apps, namespace, name, patch } = await started();
		const generation = (made: V1Deployment) => made.metadata?.generation;
		expect(generation(await patch({ metadata: { labels: { a: "b" } } }))).toBe(1);
		const body = { status: { replicas: 1 } };
		expect(generation(await apps.patchNamespacedDeploymentStatus({ namespace, name, body }, strategic))).toBe(1);
		expect(generation(await patch({ spec: { replicas: 2 } }))).toBe(2);
		expect(generation(await patch({ spec: { template: { metadata: { annotations: { a: "b" } } } } }))).toBe(3);
		expect(generation(await patch({ spec: { replicas: 2 } }))).toBe(3);
	});

	test("a patch that changes nothing leaves no trace, whoever sends it", async () => {
		const { patch } = await started();
		const restart = { spec: { template: { metadata: { annotations: { "example.com/restarted": "1" } } } } };
		const first = await patch(restart, strategic, "one");
		const again = await patch(restart, strategic, "two");
		expect(again).toEqual(first);
	});

	test("a patch with an old resource version is a conflict", async () => {
		const { patch } = await started();
		const old = (await patch({ metadata: { labels: { a: "1" } } })).metadata!.resourceVersion;
		await patch({ metadata: { labels: { a: "2" } } });
		const late = patch({ metadata: { resourceVersion: old, labels: { a: "3" } } });
		expect(await refusal(late)).toMatchObject({ code: 409, reason: "Conflict" });
	});

	test("a dry run answers with the result and keeps nothing", async () => {
		const { apps, namespace, name } = await started();
		const body = { spec: { replicas: 5 } };
		const shown = await apps.patchNamespacedDeployment({ namespace, name, body, dryRun: "All" }, strategic);
		expect(shown.spec?.replicas).toBe(5);
		await apps.deleteNamespacedDeployment({ namespace, name, dryRun: "All" });
		expect((await apps.readNamespacedDeployment({ namespace, name })).spec?.replicas).toBe(1);
	});

	test("each manager owns the fields that it wrote last", async () => {
		const { patch } = await started();
		await patch({ metadata: { annotations: { mine: "1", shared: "1" } } }, strategic, "one");
		const { metadata } = await patch({ metadata: { annotations: { shared: "2" } } }, strategic, "two");
		const annotationsOf = (manager: string) => {
			const entry = metadata?.managedFields?.find((one) => one.manager === manager);
			expect(entry).toMatchObject({ operation: "Update", apiVersion: "apps/v1", fieldsType: "FieldsV1" });
			const fields = entry!.fieldsV1 as { "f:metadata": { "f:annotations": object } };
			return Object.keys(fields["f:metadata"]["f:annotations"]).filter((step) => step !== ".");
		};
		expect(annotationsOf("one")).toEqual(["f:mine"]);
		expect(annotationsOf("two")).toEqual(["f:shared"]);
	});

	test("a client may hand the fields of one manager to another, as Flux does", async () => {
		const { patch } = await started();
		const before = await patch({ metadata: { annotations: { mine: "1" } } }, strategic, "kubectl-edit");
		const at = before.metadata!.managedFields!.findIndex(({ manager }) => manager === "kubectl-edit");
		const rename = [{ op: "replace", path: `/metadata/managedFields/${at}/manager`, value: "flux" }];
		const json = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);
		const managers = (await patch(rename, json)).metadata?.managedFields?.map(({ manager }) => manager);
		expect(managers).toContain("flux");
		expect(managers).not.toContain("kubectl-edit");
	});

	test("an apply creates, takes nothing from others unless forced, and gives up what it no longer names", async () => {
		const { core, namespace } = await started();
		const apply = (data: object, options: { fieldManager?: string; force?: boolean } = {}) =>
			core.patchNamespacedConfigMap(
				{
					namespace,
					name: "c",
					body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data },
					fieldManager: "flux",
					...options,
				},
				setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
			);
		expect((await apply({ a: "1", b: "1" })).data).toEqual({ a: "1", b: "1" });
		const body = { data: { a: "2" } };
		await core.patchNamespacedConfigMap({ namespace, name: "c", body, fieldManager: "hand" }, merge);
		expect(await refusal(apply({ a: "1" }))).toMatchObject({
			code: 409,
			message: 'Apply failed with 1 conflict: conflict with "hand" using v1: .data.a',
			details: { causes: [{ field: ".data.a", reason: "FieldManagerConflict" }] },
		});
		const forced = await apply({ a: "1" }, { force: true });
		expect(forced.data).toEqual({ a: "1" });
		expect(await apply({ a: "1" })).toEqual(forced);
		expect((await refusal(apply({ a: "1" }, { fieldManager: "" }))).code).toBe(422);
	});

	test("an apply that puts something into a map that it had applied empty keeps it there", async () => {
		const { core, namespace } = await started();
		const apply = (annotations: Record<string, string>) =>
			core.patchNamespacedConfigMap(
				{
					namespace,
					name: "c",
					body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", annotations } },
					fieldManager: "flux",
				},
				setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
			);
		await apply({});
		expect((await apply({ a: "1" })).metadata?.annotations).toEqual({ a: "1" });
		expect((await apply({ b: "1" })).metadata?.annotations).toEqual({ b: "1" });
	});
};
