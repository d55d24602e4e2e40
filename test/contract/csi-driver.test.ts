import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Password } from "../../src/lib/domain/password.ts";
import type { PodFact } from "../../src/lib/domain/workload.ts";
import { deliveryPath } from "../../src/lib/paths/index.ts";
import type { DeliveryPath, Published } from "../../src/lib/ports/delivery-path.ts";
import { eventually } from "../integration/agents/eventually.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import { objectsText, type Scene, setScene, vaultName } from "./support/scene.ts";

const newVersion = "0123456789abcdef0123456789abcdef";
const oldVersion = "fedcba9876543210fedcba9876543210";
const values = {
	"db-password": "new-password",
	"db-connection-string": "postgresql://titanic:new-password@db/titanic",
};
const published: Published[] = Object.entries(values).map(([secret, value]) => ({
	vault: "main",
	secret,
	version: newVersion,
	value: new Password(value),
}));
const wanted = published.map(({ secret }) => ({ vaultName, secret }));
const stale = { "db-password": "old-password", "db-connection-string": "postgresql://titanic:old-password@db/titanic" };
const mounted = { "db-password": newVersion, "db-connection-string": newVersion, "flask-secret-key": oldVersion };
const since = "2026-07-01T12:00:00.500Z";
const pod = (change: Partial<PodFact> = {}): PodFact => ({
	name: "titanic-api-1",
	ready: true,
	startedAt: "2026-07-01T12:00:10.000Z",
	...change,
});

describe.each(clusters)("Delivery by csi-driver on $title", ({ open }) => {
	let stage: Stage;
	let path: DeliveryPath;
	beforeAll(async () => {
		stage = await open();
		path = deliveryPath("csi-driver", stage.client);
	}, 90_000);
	afterAll(async () => {
		await stage?.[Symbol.asyncDispose]();
	});

	const objects = (text: string) => ({ spec: { parameters: { objects: text } } });
	const refusal = async (scene: Scene) => path.refusal(scene.consumer, wanted);
	const prove = async (scene: Scene, ...pods: PodFact[]) => path.prove(scene.consumer, pods, published, since);

	test("a class that mounts the secret unpinned from the right vault is not refused", async () => {
		const scene = await setScene(stage);
		expect(await refusal(scene)).toBeUndefined();
		await scene.writeCopy(stale);
		expect(await refusal(scene)).toBeUndefined();
		expect(await path.refusal(scene.consumer, [{ vaultName: "TITANIC-KV", secret: "DB-Password" }])).toBeUndefined();
	});

	test("a class of another vault or another provider is refused, and so is none at all", async () => {
		const scene = await setScene(stage);
		const providerClass = `${scene.consumer.namespace}/titanic-kv-secrets`;
		expect(await path.refusal(scene.consumer, [{ vaultName: "other-kv", secret: "db-password" }])).toMatchObject({
			code: "provider-class-foreign",
			names: { providerClass, detail: "its keyvaultName is not other-kv" },
		});
		await scene.changeClass({ spec: { provider: "vault" } });
		expect(await refusal(scene)).toMatchObject({ code: "provider-class-foreign" });
		await scene.removeClass();
		expect(await refusal(scene)).toMatchObject({ code: "provider-class-missing", names: { providerClass } });
		await expect(path.copy(scene.consumer, published)).rejects.toMatchObject({ code: "provider-class-missing" });
	});

	test("a pinned version is refused, be it the managed secret's or that of a derived one that is mounted", async () => {
		const scene = await setScene(stage);
		const pin = `    objectVersion: ${oldVersion}\n`;
		await scene.changeClass(objects(objectsText(["db-password"], pin)));
		expect(await refusal(scene)).toMatchObject({ code: "object-pinned", names: { object: "db-password" } });
		const derived = objectsText(["db-password"]) + objectsText(["db-connection-string"], pin).replace("array:\n", "");
		await scene.changeClass(objects(derived));
		expect(await refusal(scene)).toMatchObject({ code: "object-pinned", names: { object: "db-connection-string" } });
	});

	test("the managed secret must be mounted, a derived one need not be", async () => {
		const scene = await setScene(stage);
		await scene.changeClass(objects(objectsText(["db-password"])));
		expect(await refusal(scene)).toBeUndefined();
		await scene.changeClass(objects(objectsText(["db-connection-string"])));
		expect(await refusal(scene)).toMatchObject({ code: "object-missing", names: { object: "db-password" } });
		await expect(path.copy(scene.consumer, published)).rejects.toMatchObject({ code: "object-missing" });
	});

	test("a Deployment that does not exist, or whose containers do not mount the class, is refused", async () => {
		const scene = await setScene(stage);
		const { namespace, name } = scene.consumer;
		// kubelet ignores a volume that no container mounts
		await scene.change({
			spec: { template: { spec: { containers: [{ name: "titanic-api", image: "titanic-api:1.0.0" }] } } },
		});
		expect(await refusal(scene)).toMatchObject({
			code: "volume-missing",
			names: { workload: `Deployment ${namespace}/${name}`, providerClass: `${namespace}/titanic-kv-secrets` },
		});
		await scene.apps.deleteNamespacedDeployment({ namespace, name });
		expect(await refusal(scene)).toMatchObject({ code: "workload-missing" });
	});

	test("a synced Secret that is immutable is refused by name", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(stale, true);
		expect(await refusal(scene)).toMatchObject({
			code: "copy-immutable",
			names: { copy: `Secret ${scene.consumer.namespace}/titanic-api-secrets` },
		});
	});

	test("a Deployment that Reloader rolls for the synced Secret is refused, one for another Secret is not", async () => {
		const scene = await setScene(stage);
		const reload = (value: string | null) =>
			scene.change({ metadata: { annotations: { "secret.reloader.stakater.com/reload": value } } });
		await reload("another,titanic-api-secrets-too");
		expect(await refusal(scene)).toBeUndefined();
		await reload("another, titanic-api-secrets");
		expect(await refusal(scene)).toMatchObject({
			code: "workload-ambiguous",
			message: expect.stringContaining("secret.reloader.stakater.com/reload"),
		});
	});

	test("a copy is stale until every synced key has the published value", async () => {
		const scene = await setScene(stage);
		const secret = `Secret ${scene.consumer.namespace}/titanic-api-secrets`;
		expect(await path.copy(scene.consumer, published)).toEqual({ state: "stale", waitingFor: secret });
		await scene.writeCopy(stale);
		expect(await path.copy(scene.consumer, published)).toEqual({
			state: "stale",
			waitingFor: `${secret}, key db-password`,
		});
		await scene.writeCopy({ ...stale, "db-password": values["db-password"] });
		expect(await path.copy(scene.consumer, published)).toEqual({
			state: "stale",
			waitingFor: `${secret}, key db-connection-string`,
		});
		await scene.writeCopy({ ...values, "flask-secret-key": "never rotated" });
		expect(await path.copy(scene.consumer, published)).toEqual({ state: "current" });
	});

	test("a copy under an alias and in another encoding is compared as the provider writes it", async () => {
		const scene = await setScene(stage);
		const alias = "    objectAlias: password.txt\n    objectEncoding: hex\n";
		await scene.changeClass({
			spec: {
				parameters: { objects: objectsText(["db-password"], alias) },
				secretObjects: [{ secretName: "titanic-api-secrets", data: [{ objectName: "password.txt", key: "pw" }] }],
			},
		});
		const encoded = [{ ...published[0]!, value: new Password("6869") }];
		await scene.writeCopy({ pw: "6869" });
		expect(await path.copy(scene.consumer, encoded)).toMatchObject({ state: "stale" });
		await scene.writeCopy({ pw: "hi" });
		expect(await path.copy(scene.consumer, encoded)).toEqual({ state: "current" });
	});

	test("files alone need no copy: new pods fetch the secret when they mount it", async () => {
		const scene = await setScene(stage);
		await scene.changeClass({ spec: { secretObjects: null } });
		expect(await path.copy(scene.consumer, published)).toEqual({ state: "current" });
		await scene.mount("titanic-api-1", mounted);
		const early = pod({ startedAt: "2026-07-01T11:00:00.000Z" });
		expect(await prove(scene, early)).toEqual([
			{ pod: "titanic-api-1", ready: true, proved: true, version: newVersion },
		]);
	});

	test("a pod proves what it has mounted: every secret of the class at its published version", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(values);
		await scene.mount("titanic-api-1", mounted);
		await scene.mount("titanic-api-2", { ...mounted, "db-password": oldVersion });
		await scene.mount("titanic-api-3", { ...mounted, "db-connection-string": oldVersion });
		await scene.mount("titanic-api-4", mounted, false);
		const names = ["titanic-api-1", "titanic-api-2", "titanic-api-3", "titanic-api-4", "titanic-api-5"];
		const { namespace } = scene.consumer;
		const status = (name: string) => `SecretProviderClassPodStatus ${name}-${namespace}-titanic-kv-secrets`;
		expect(await prove(scene, ...names.map((name) => pod({ name })))).toEqual([
			{ pod: "titanic-api-1", ready: true, proved: true, version: newVersion, detail: undefined },
			{
				pod: "titanic-api-2",
				ready: true,
				proved: false,
				version: oldVersion,
				detail: `db-password is mounted at version ${oldVersion}, not ${newVersion}`,
			},
			{
				pod: "titanic-api-3",
				ready: true,
				proved: false,
				version: newVersion,
				detail: `db-connection-string is mounted at version ${oldVersion}, not ${newVersion}`,
			},
			{
				pod: "titanic-api-4",
				ready: true,
				proved: false,
				version: newVersion,
				detail: `${status("titanic-api-4")} is not mounted`,
			},
			{ pod: "titanic-api-5", ready: true, proved: false, detail: `there is no ${status("titanic-api-5")}` },
		]);
	});

	test("a container that started before the copy was new is no proof", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(values);
		await scene.mount("titanic-api-1", mounted);
		expect(await prove(scene, pod({ startedAt: "2026-07-01T12:00:00.000Z" }))).toMatchObject([
			{
				proved: false,
				version: newVersion,
				detail: expect.stringContaining("before Secret titanic-api-secrets was new"),
			},
		]);
	});

	test("an old value that was written back after the roll is noticed", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(values);
		await scene.mount("titanic-api-1", mounted);
		expect(await prove(scene, pod())).toMatchObject([{ proved: true }]);
		await scene.writeCopy(stale);
		const [proof] = await prove(scene, pod());
		expect(proof).toMatchObject({ proved: false, detail: expect.stringContaining("key db-password") });
		expect(JSON.stringify(proof)).not.toContain("old-password");
	});

	test("a right to read the copy or the proof that is missing is found before anything is changed", async () => {
		const scene = await setScene(stage);
		const { namespace } = scene.consumer;
		await scene.changeClass({
			spec: { secretObjects: [{ secretName: "other", data: [{ objectName: "db-password", key: "pw" }] }] },
		});
		await expect(refusal(scene)).rejects.toMatchObject({
			code: "cluster-forbidden",
			names: { right: `get secrets/other in namespace ${namespace}` },
		});
		await scene.changeClass({ spec: { secretObjects: null } });
		await stage.cluster.apply([
			{
				apiVersion: "rbac.authorization.k8s.io/v1",
				kind: "Role",
				metadata: { name: "titanic-secret-rotator", namespace },
				rules: [
					{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] },
					{ apiGroups: ["secrets-store.csi.x-k8s.io"], resources: ["secretproviderclasses"], verbs: ["get"] },
				],
			},
		]);
		await eventually(async () => {
			await expect(refusal(scene)).rejects.toMatchObject({
				code: "cluster-forbidden",
				names: { right: `list secretproviderclasspodstatuses in namespace ${namespace}` },
			});
		});
	});
});
