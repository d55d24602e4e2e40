import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Password } from "../../src/lib/domain/password.ts";
import type { PodFact } from "../../src/lib/domain/workload.ts";
import { deliveryPath } from "../../src/lib/paths/index.ts";
import type { Consumer, DeliveryPath, Published } from "../../src/lib/ports/delivery-path.ts";
import type { SecretStore } from "../../src/lib/ports/secret-store.ts";
import { eventually } from "../integration/agents/eventually.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import { nothingOutside } from "./support/outside.ts";
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
	uid: `uid-${change.name ?? "titanic-api-1"}`,
	ready: true,
	startedAt: "2026-07-01T12:00:10.000Z",
	...change,
});

describe.each(clusters)("Delivery by csi-driver on $title", ({ open }) => {
	let stage: Stage;
	let path: DeliveryPath;
	beforeAll(async () => {
		stage = await open();
		path = await deliveryPath("csi-driver", stage.client, nothingOutside);
	}, 90_000);
	afterAll(async () => {
		await stage?.[Symbol.asyncDispose]();
	});

	const objects = (text: string) => ({ spec: { parameters: { objects: text } } });
	const refusal = async (scene: Scene) => path.refusal(scene.consumer, wanted);
	const prove = async (scene: Scene, ...pods: PodFact[]) => path.prove(scene.consumer, pods, published, [{ since }]);

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

	test("a history of versions is refused: no pod status tells which of them is mounted", async () => {
		const scene = await setScene(stage);
		const secretObjects = null;
		const text = objectsText(["db-password"], "    objectVersionHistory: 2\n");
		await scene.changeClass({ spec: { parameters: { objects: text }, secretObjects } });
		expect(await refusal(scene)).toMatchObject({
			code: "provider-class-foreign",
			names: { detail: expect.stringContaining("objectVersionHistory of db-password") },
		});
	});

	test("the managed secret must be mounted, a derived one need not be", async () => {
		const scene = await setScene(stage);
		const mountedAlone = (object: string) =>
			scene.changeClass({
				spec: {
					parameters: { objects: objectsText([object]) },
					secretObjects: [{ secretName: "titanic-api-secrets", data: [{ objectName: object, key: object }] }],
				},
			});
		await mountedAlone("db-password");
		expect(await refusal(scene)).toBeUndefined();
		await mountedAlone("db-connection-string");
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

	test("pods that are not replaced prove the files that they have, each by its own status, whenever they started", async () => {
		const scene = await setScene(stage);
		await scene.changeClass({ spec: { secretObjects: null } });
		const consumer = { ...scene.consumer, roll: "none" as const };
		expect(await path.refusal(consumer, wanted)).toBeUndefined();
		const old = pod({ startedAt: "2026-07-01T10:00:00.000Z" });
		const young = pod({ name: "titanic-api-2" });
		await scene.mount(old.name, { ...mounted, "db-password": oldVersion });
		await scene.mount(young.name, mounted);
		const ask = () => path.prove(consumer, [old, young], published, [{ since }]);
		expect(await ask()).toMatchObject([
			{ proved: false, detail: `db-password is mounted at version ${oldVersion}, not ${newVersion}` },
			{ proved: true },
		]);
		await scene.mount(old.name, mounted);
		const [first, second] = await ask();
		expect(first).toMatchObject({ proved: true, version: newVersion, provedBy: "file" });
		// It has started since, so nothing of it is old.
		expect(second).not.toHaveProperty("provedBy");
		const session = { application: old.name, since: "2026-07-01T12:01:00.000Z" };
		const seen = await path.prove(consumer, [old], published, [{ since }], async () => [session]);
		expect(seen).toMatchObject([{ proved: true, provedBy: "session" }]);
	});

	test("pods that are not replaced may not take the value from anything that stays as it is", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(stale);
		const consumer = { ...scene.consumer, roll: "none" as const };
		const setPods = (spec: object) => scene.change({ spec: { template: { spec } } });
		expect(await path.refusal(consumer, wanted)).toBeUndefined();
		const secretKeyRef = { name: "titanic-api-secrets", key: "db-password" };
		await setPods({ containers: [{ ...scene.container, env: [{ name: "PW", valueFrom: { secretKeyRef } }] }] });
		const workload = `Deployment ${scene.consumer.namespace}/titanic-api`;
		expect(await path.refusal(consumer, wanted)).toMatchObject({
			code: "never-renewed",
			names: { workload, place: "variable PW of container titanic-api" },
		});
		expect(await refusal(scene)).toBeUndefined();
		const [volumeMount] = scene.container.volumeMounts;
		const volumeMounts = [{ ...volumeMount, subPath: "db-password" }];
		await setPods({ containers: [{ ...scene.container, volumeMounts }] });
		expect(await path.refusal(consumer, wanted)).toMatchObject({
			code: "never-renewed",
			names: { workload, place: "volume secrets, which container titanic-api mounts by subPath" },
		});
	});

	test("where pods that are not replaced have the file of a synced Secret, its time has to pass too", async () => {
		const scene = await setScene(stage);
		const volumes = [
			...(await scene.read()).spec.template.spec!.volumes!,
			{ name: "synced", secret: { secretName: "titanic-api-secrets" } },
		];
		const volumeMounts = [...scene.container.volumeMounts, { name: "synced", mountPath: "/mnt/synced" }];
		const consumer = { ...scene.consumer, roll: "none" as const };
		await scene.writeCopy(values);
		const old = pod({ startedAt: "2026-07-01T10:00:00.000Z" });
		await scene.mount(old.name, mounted);
		const now = Date.now();
		const ask = async (secondsAgo: number) =>
			(await path.prove(consumer, [old], published, [{ since: new Date(now - secondsAgo * 1000).toISOString() }]))[0];
		// Nobody mounts the Secret: what is in it is no matter.
		expect(await ask(1)).toMatchObject({ proved: true });
		await scene.change({
			spec: { template: { spec: { containers: [{ ...scene.container, volumeMounts }], volumes } } },
		});
		expect(await ask(1)).toMatchObject({
			proved: false,
			detail: expect.stringContaining("for 90 s after the copy became new"),
		});
		expect(await ask(90)).toMatchObject({ proved: true, provedBy: "file" });
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
		const providerClass = `SecretProviderClass ${scene.consumer.namespace}/titanic-kv-secrets`;
		expect(await path.copy(scene.consumer, published)).toEqual({
			state: "stale",
			waitingFor: `${secret}, which does not exist; the driver has mounted ${providerClass} in no pod`,
			isMissing: true,
		});
		await scene.mount("titanic-api-1", { ...mounted, "db-password": oldVersion });
		await scene.mount("titanic-api-2", mounted);
		const [first, second] = [`version ${oldVersion} in 1 pod`, `version ${newVersion} in 1 pod`];
		await scene.writeCopy(stale);
		const another = await path.copy(scene.consumer, published);
		expect(another).toEqual({ state: "stale", waitingFor: expect.stringContaining(`of ${providerClass} the driver`) });
		const { waitingFor } = another as { waitingFor: string };
		expect(waitingFor).toContain(`${secret}, key db-password, which has another value than version ${newVersion}`);
		expect(waitingFor).toContain(first);
		expect(waitingFor).toContain(second);
		await scene.writeCopy({ ...stale, "db-password": values["db-password"] });
		expect(await path.copy(scene.consumer, published)).toMatchObject({
			state: "stale",
			waitingFor: expect.stringContaining(`${secret}, key db-connection-string, which has another value`),
		});
		const before = Date.now();
		await scene.writeCopy({ ...values, "flask-secret-key": "never rotated" });
		const copy = await path.copy(scene.consumer, published);
		expect(copy).toMatchObject({ state: "current", unchangedSince: expect.stringMatching(/^\d{4}-.*Z$/) });
		// A node may give a container what it read up to five seconds ago.
		const settled = copy.state === "current" ? Date.parse(copy.unchangedSince ?? "") : 0;
		expect(settled - before).toBeGreaterThanOrEqual(5_000);
	});

	test("a copy under an alias is compared, and an object that the provider decodes is refused", async () => {
		const scene = await setScene(stage);
		const alias = "    objectAlias: password.txt\n";
		const copied = (objectName: string) => [{ secretName: "titanic-api-secrets", data: [{ objectName, key: "pw" }] }];
		const changed = (text: string, secretObjects = copied("password.txt")) =>
			scene.changeClass({ spec: { parameters: { objects: objectsText(["db-password"], text) }, secretObjects } });
		await changed(alias);
		await scene.writeCopy({ pw: "old-password" });
		expect(await path.copy(scene.consumer, published)).toMatchObject({ state: "stale" });
		await scene.writeCopy({ pw: "new-password" });
		expect(await path.copy(scene.consumer, published)).toMatchObject({ state: "current" });
		await changed(`${alias}    objectEncoding: Base64\n`);
		expect(await refusal(scene)).toMatchObject({ code: "object-encoded", names: { encoding: "base64" } });
		await expect(path.copy(scene.consumer, published)).rejects.toMatchObject({ code: "object-encoded" });
		// the Secret is from before the alias
		await changed(alias, copied("db-password"));
		const unwritten = {
			code: "copy-unwritten",
			names: { copy: `Secret ${scene.consumer.namespace}/titanic-api-secrets, key pw`, file: "db-password" },
		};
		expect(await refusal(scene)).toMatchObject(unwritten);
		await scene.mount("titanic-api-1", mounted);
		await expect(prove(scene, pod())).rejects.toMatchObject(unwritten);
	});

	test("a second class that mounts the secret is held to the same, and must be proved too", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(values);
		await scene.mount("titanic-api-1", mounted);
		expect(await prove(scene, pod())).toMatchObject([{ proved: true }]);
		const second = "titanic-kv-more";
		await scene.addClass(second, objectsText(["db-password"]));
		expect(await refusal(scene)).toBeUndefined();
		expect(await prove(scene, pod())).toMatchObject([
			{ proved: false, detail: expect.stringContaining(`${scene.consumer.namespace}-${second} of this pod`) },
		]);
		await scene.mount("titanic-api-1", { "db-password": oldVersion }, { providerClass: second });
		expect(await prove(scene, pod())).toMatchObject([{ proved: false, version: newVersion }]);
		await scene.mount("titanic-api-1", mounted, { providerClass: second });
		expect(await prove(scene, pod())).toMatchObject([{ proved: true }]);
		await scene.addClass(second, objectsText(["db-password"], `    objectVersion: ${oldVersion}\n`));
		const pinned = { code: "object-pinned", names: { providerClass: `${scene.consumer.namespace}/${second}` } };
		expect(await refusal(scene)).toMatchObject(pinned);
		await expect(prove(scene, pod())).rejects.toMatchObject(pinned);
		await scene.addClass(second, objectsText(["flask-secret-key"], `    objectVersion: ${oldVersion}\n`));
		expect(await refusal(scene)).toBeUndefined();
	});

	test("a second class may mount a derived secret alone, and one that mounts nothing of ours is nobody's matter", async () => {
		const scene = await setScene(stage);
		const second = "titanic-kv-more";
		await scene.addClass(second, objectsText(["db-connection-string"]));
		expect(await refusal(scene)).toBeUndefined();
		// Reloader rolls for the second class: two rollers, where that one changes with our secrets.
		await scene.change({
			metadata: { annotations: { "secretproviderclass.reloader.stakater.com/reload": second } },
		});
		expect(await refusal(scene)).toMatchObject({ code: "workload-ambiguous" });
		await scene.addClass(second, objectsText(["flask-secret-key"]));
		expect(await refusal(scene)).toBeUndefined();
	});

	test("a value that the template or a Secret of another source holds is refused by its place", async () => {
		const scene = await setScene(stage);
		const live = wanted.map((one, index) => ({ ...one, live: published[index]!.value }));
		const env = (variable: object) =>
			scene.change({
				spec: { template: { spec: { containers: [{ ...scene.container, env: [{ name: "PW", ...variable }] }] } } },
			});
		await env({ value: "postgresql://titanic:new-password@db/other" });
		const refused = await path.refusal(scene.consumer, live);
		expect(refused).toMatchObject({
			code: "source-elsewhere",
			names: { place: "variable PW of container titanic-api", secret: "db-password" },
		});
		expect(refused?.message).not.toContain("new-password");
		await env({ valueFrom: { secretKeyRef: { name: "titanic-api-secrets", key: "password" } } });
		await scene.writeCopy({ ...values, password: "new-password" });
		expect(await path.refusal(scene.consumer, live)).toMatchObject({
			code: "source-elsewhere",
			message: expect.stringContaining("key password (variable PW of container titanic-api)"),
		});
		await env({ valueFrom: { secretKeyRef: { name: "titanic-api-secrets", key: "db-password" } } });
		expect(await path.refusal(scene.consumer, live)).toBeUndefined();
		// not readable, and called as the secret: it may be an old copy of it
		await env({ valueFrom: { secretKeyRef: { name: "by-hand", key: "db-password" } } });
		await expect(path.refusal(scene.consumer, live)).rejects.toMatchObject({
			code: "cluster-forbidden",
			names: { right: `get secrets/by-hand in namespace ${scene.consumer.namespace}` },
		});
		await env({ valueFrom: { secretKeyRef: { name: "by-hand", key: "smtp-password" } } });
		expect(await path.refusal(scene.consumer, live)).toBeUndefined();
	});

	test("how late a new version comes is what was told of the driver's poll, and how late kubelet asks it at most", async () => {
		const scene = await setScene(stage);
		const delivery = { ...scene.consumer.delivery, pollSeconds: 60 };
		expect(await path.lag(scene.consumer, wanted)).toEqual({
			fileSeconds: 120 + 90,
			copySeconds: 120 + 90,
			assumed: ["The driver's rotation is on, and it looks every 120 s (delivery.pollSeconds)."],
		});
		const told = { ...scene.consumer, delivery } as Consumer;
		expect(await path.lag(told, wanted)).toEqual({ fileSeconds: 60 + 90, copySeconds: 60 + 90 });
		await scene.changeClass({ spec: { secretObjects: [] } });
		expect(await path.lag(told, wanted)).toEqual({ fileSeconds: 60 + 90 });
	});

	test("what pods that run can read again is told by their mounts: the driver's folder, a copy's, or nothing", async () => {
		const scene = await setScene(stage);
		const volumeAttributes = { secretProviderClass: scene.consumer.delivery.secretProviderClass };
		const volume = { name: "secrets", csi: { driver: "secrets-store.csi.k8s.io", readOnly: true, volumeAttributes } };
		const secret = { name: "copy", secret: { secretName: "titanic-api-secrets" } };
		const mounted = async (...volumeMounts: object[]) => {
			const template = { spec: { containers: [{ ...scene.container, volumeMounts }], volumes: [volume, secret] } };
			await scene.change({ spec: { template } });
			return (await path.lag(scene.consumer, wanted)).fileSeconds;
		};
		const by = (name: string, more = {}) => ({ name, mountPath: `/mnt/${name}`, readOnly: true, ...more });
		expect(await mounted(by("secrets"), by("copy"))).toBe(120 + 90 + 90);
		expect(await mounted(by("secrets"), by("copy", { subPath: "password" }))).toBe(120 + 90);
		expect(await mounted(by("secrets", { subPath: "db-password" }))).toBeUndefined();
	});

	test("a status of the pod before it, of the same name, proves nothing", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(values);
		await scene.mount("titanic-api-1", mounted, { uid: "uid-before" });
		expect(await prove(scene, pod())).toMatchObject([
			{ proved: false, detail: expect.stringContaining("of this pod") },
		]);
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

	test("another version proves a pod if it has the published value, and the vault is asked only where nothing else is wrong", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(values);
		const [twin, other, gone] = ["1", "2", "3"].map((digit) => digit.repeat(32)) as [string, string, string];
		const asked: string[] = [];
		const version = async (secret: string, of: string) => {
			asked.push(`${secret} ${of}`);
			if (of === gone) throw new Error("nobody can read it");
			return new Password(of === twin ? values["db-connection-string"] : "postgresql://titanic:other@db/titanic");
		};
		const store = async () => ({ version }) as unknown as SecretStore;
		const withVault = await deliveryPath("csi-driver", stage.client, { ...nothingOutside, store });
		const names = ["titanic-api-1", "titanic-api-2", "titanic-api-3", "titanic-api-4"];
		for (const [index, mountedAs] of [twin, twin, other, gone].entries())
			await scene.mount(names[index]!, { ...mounted, "db-connection-string": mountedAs });
		const pods = names.map((name) => pod({ name }));
		const proofs = await withVault.prove(scene.consumer, pods, published, [{ since }]);
		expect(proofs.map(({ proved }) => proved)).toEqual([true, true, false, false]);
		expect(proofs[2]).toMatchObject({
			detail: `db-connection-string is mounted at version ${other}, not ${newVersion}`,
		});
		expect(asked.toSorted()).toEqual([twin, other, gone].map((of) => `db-connection-string ${of}`));
		await scene.writeCopy(stale);
		const [behind] = await withVault.prove(scene.consumer, pods, published, [{ since }]);
		expect(behind).toMatchObject({ proved: false });
		expect(asked).toHaveLength(3);
	});

	test("a pod proves what it has mounted: every secret of the class at its published version", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(values);
		await scene.mount("titanic-api-1", mounted);
		await scene.mount("titanic-api-2", { ...mounted, "db-password": oldVersion });
		await scene.mount("titanic-api-3", { ...mounted, "db-connection-string": oldVersion });
		await scene.mount("titanic-api-4", mounted, { mounted: false });
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
			{
				pod: "titanic-api-5",
				ready: true,
				proved: false,
				detail: `there is no ${status("titanic-api-5")} of this pod`,
				isStarting: true,
			},
		]);
	});

	test("a pod status that says a version of another form is not repeated", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(values);
		await scene.mount("titanic-api-1", { ...mounted, "db-password": "../password=iceberg" });
		expect(await prove(scene, pod())).toMatchObject([
			{
				proved: false,
				version: "of another form",
				detail: expect.stringContaining("is mounted at version of another form"),
			},
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
				detail: expect.stringContaining(`Secret titanic-api-secrets is known to be new since ${since}`),
			},
		]);
	});

	test("a container proves by any window in which the copy was new, whole seconds and all", async () => {
		const scene = await setScene(stage);
		await scene.writeCopy(values);
		await scene.mount("titanic-api-1", mounted);
		const proved = async (startedAt: string) => {
			const windows = [{ since: "2026-07-01T10:00:00.000Z", until: "2026-07-01T10:00:09.500Z" }, { since }];
			const [proof] = await path.prove(scene.consumer, [pod({ startedAt })], published, windows);
			return proof?.proved;
		};
		expect(await proved("2026-07-01T10:00:08.000Z")).toBe(true);
		expect(await proved("2026-07-01T10:00:09.000Z")).toBe(false);
		expect(await proved("2026-07-01T11:00:00.000Z")).toBe(false);
		expect(await proved("2026-07-01T12:00:01.000Z")).toBe(true);
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
