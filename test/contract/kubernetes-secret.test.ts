import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { apiOf } from "../../packages/kubernetes-api/index.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import { Password } from "../../src/lib/domain/password.ts";
import type { PodFact } from "../../src/lib/domain/workload.ts";
import { deliveryPath } from "../../src/lib/paths/index.ts";
import type { DeliveryPath } from "../../src/lib/ports/delivery-path.ts";
import { eventually } from "../integration/agents/eventually.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import { intent } from "./support/intent.ts";
import { nothingOutside } from "./support/outside.ts";
import { published, values, version } from "./support/published.ts";
import { vaultName } from "./support/scene.ts";
import { base64Of, copyName, type SecretScene, setSecretScene } from "./support/secret-scene.ts";

const old = { "db-password": "old-password", "database-url": "postgresql://titanic:old-password@db/titanic" };
const fresh = { "db-password": values["db-password"], "database-url": values["db-connection-string"] };
const wanted = published.map(({ secret }) => ({ vaultName, secret }));
const live = [
	{ vaultName, secret: "db-password", live: new Password(old["db-password"]) },
	{ vaultName, secret: "db-connection-string", live: new Password(old["database-url"]) },
];

describe.each(clusters)("Delivery by kubernetes-secret on $title", ({ open }) => {
	let stage: Stage;
	let path: DeliveryPath;
	beforeAll(async () => {
		stage = await open();
		path = await deliveryPath("kubernetes-secret", stage.client, nothingOutside);
	}, 90_000);
	afterAll(async () => stage?.[Symbol.asyncDispose]());

	const refusal = (scene: SecretScene) => path.refusal(scene.consumer, live);
	const refresh = (scene: SecretScene, stillLive: () => Promise<void> = async () => {}) =>
		path.refresh!(intent, scene.consumer, published, { round: 1, stillLive });
	const textOf = ({ consumer }: SecretScene) => `Secret ${consumer.namespace}/${copyName}`;
	const settled = (scene: SecretScene) => eventually(async () => expect(await refusal(scene)).toBeUndefined());

	test("a Secret that a person made and a container takes is not refused, and the plan changes nothing of it", async () => {
		const scene = await setSecretScene(stage);
		await scene.make(old);
		const before = await scene.secret();
		await settled(scene);
		expect(await scene.secret()).toEqual(before);
		// taken whole, by envFrom
		await scene.setPods({
			containers: [{ ...scene.container, volumeMounts: [], envFrom: [{ secretRef: { name: copyName } }] }],
			volumes: [],
		});
		expect(await refusal(scene)).toBeUndefined();
	});

	test("pods that are not replaced are proved by their volume's time, and refused where a variable takes the value", async () => {
		const scene = await setSecretScene(stage);
		await scene.make(old);
		await settled(scene);
		const consumer = { ...scene.consumer, roll: "none" as const };
		expect(await path.refusal(consumer, live)).toMatchObject({
			code: "never-renewed",
			names: { place: "variable DB_PASSWORD of container titanic-api" },
		});
		await scene.takeFiles();
		expect(await path.refusal(consumer, live)).toBeUndefined();
		await refresh(scene);
		const pod: PodFact = { name: "titanic-api-1", uid: "u", ready: true, startedAt: "2026-07-01T12:00:00.000Z" };
		const ask = async (secondsAgo: number) => {
			const since = new Date(Date.now() - secondsAgo * 1000).toISOString();
			return (await path.prove(consumer, [pod], published, [{ since }]))[0];
		};
		expect(await ask(1)).toMatchObject({ proved: false });
		expect(await ask(90)).toMatchObject({ proved: true, provedBy: "interval", intervalSeconds: 90, version });
	});

	test("a Secret without the keys yet is not refused: it is for the app to write them", async () => {
		const scene = await setSecretScene(stage);
		await scene.make({});
		await settled(scene);
		expect(await refresh(scene)).toBe("copy-written");
		expect(await scene.values()).toEqual(fresh);
	});

	test("one that does not exist, that is immutable, or that no container takes is refused by name", async () => {
		const scene = await setSecretScene(stage);
		const copy = textOf(scene);
		expect(await refusal(scene)).toMatchObject({ code: "copy-missing", names: { copy } });
		await expect(refresh(scene)).rejects.toMatchObject({ code: "copy-missing" });
		await scene.make(old, { immutable: true });
		expect(await refusal(scene)).toMatchObject({ code: "copy-immutable", names: { copy } });
		await expect(refresh(scene)).rejects.toMatchObject({ code: "copy-immutable" });
		await scene.person.remove(scene.secretPath);
		await scene.make(old);
		const env = [{ name: "URL", valueFrom: { secretKeyRef: { name: copyName, key: "database-url" } } }];
		await scene.setPods({ containers: [{ ...scene.container, volumeMounts: [], env }], volumes: [] });
		expect(await refusal(scene)).toMatchObject({ code: "copy-unused", names: { copy, key: "db-password" } });
	});

	test.each<[string, string, object, "apply" | "merge", RegExp]>([
		[
			"Flux",
			"kustomize-controller",
			{ labels: { "kustomize.toolkit.fluxcd.io/name": "apps" } },
			"apply",
			/Flux \(Kust/,
		],
		["Argo CD", "argocd-controller", {}, "apply", /Argo CD/],
		["Helm", "helm", { annotations: { "meta.helm.sh/release-name": "titanic" } }, "merge", /Helm \(release titanic\)/],
		["External Secrets", "external-secrets", {}, "merge", /External Secrets/],
		["another program", "terraform-provider", {}, "merge", /field manager terraform-provider/],
	])(
		"a key that %s keeps is refused, and its owner named, before anything is written",
		async (_, manager, metadata, how, owner) => {
			const scene = await setSecretScene(stage);
			await scene.make({});
			await settled(scene);
			using program = apiOf(stage.cluster.kubeConfig(), manager);
			const object = {
				apiVersion: "v1",
				kind: "Secret",
				metadata: { name: copyName, ...metadata },
				data: base64Of(old),
			};
			await program[how](scene.secretPath, object);
			const refused = { code: "copy-owned", names: { copy: textOf(scene), owner: expect.stringMatching(owner) } };
			expect(await refusal(scene)).toMatchObject(refused);
			await expect(refresh(scene)).rejects.toMatchObject(refused);
			expect(await scene.values()).toEqual(old);
			// A person takes the key over; the tool leaves alone what it does not set any more.
			await program[how](
				scene.secretPath,
				how === "apply" ? { ...object, data: {} } : { data: { "db-password": null, "database-url": null } },
			);
			await scene.person.merge(scene.secretPath, { data: base64Of({ ...old, "flask-secret-key": "k" }) });
			expect(await refusal(scene)).toBeUndefined();
		},
	);

	test("a Secret that the CSI driver or another object keeps is refused whichever keys it has", async () => {
		const scene = await setSecretScene(stage);
		await scene.make({}, { metadata: { labels: { "secrets-store.csi.k8s.io/managed": "true" } } });
		expect(await refusal(scene)).toMatchObject({ code: "copy-owned", message: expect.stringContaining("CSI driver") });
		await scene.person.merge(scene.secretPath, { metadata: { labels: null } });
		expect(await refusal(scene)).toBeUndefined();
		const owner = {
			apiVersion: "bitnami.com/v1alpha1",
			kind: "SealedSecret",
			name: "sealed",
			uid: "0-0",
			controller: true,
		};
		await scene.person.merge(scene.secretPath, { metadata: { ownerReferences: [owner] } });
		expect(await refusal(scene)).toMatchObject({ message: expect.stringContaining("SealedSecret (sealed)") });
	});

	test("without the right to write it the plan is refused, by the right's name", async () => {
		const scene = await setSecretScene(stage, { patches: false });
		await scene.make(old);
		await expect(refusal(scene)).rejects.toMatchObject({
			code: "cluster-forbidden",
			names: { right: `patch secrets/${copyName} in namespace ${scene.consumer.namespace}` },
		});
	});

	test("what lacks its value is written, other keys stay, and what has it is not written again", async () => {
		const scene = await setSecretScene(stage);
		await scene.make({ ...old, "flask-secret-key": "never rotated" });
		await settled(scene);
		expect(await path.copy(scene.consumer, published)).toEqual({
			state: "stale",
			waitingFor: `${textOf(scene)}, key db-password, which has another value than version ${version} of db-password`,
		});
		expect(await refresh(scene)).toBe("copy-written");
		expect(await scene.values()).toEqual({ ...fresh, "flask-secret-key": "never rotated" });
		expect(await path.copy(scene.consumer, published)).toMatchObject({ state: "current" });
		const after = await scene.secret();
		const asked: string[] = [];
		expect(await refresh(scene, async () => void asked.push("live?"))).toBe("copy-kept");
		expect(asked).toEqual([]);
		expect(await scene.secret()).toEqual(after);
		// The keys are ours now, so the next plan does not take us for somebody else.
		expect(await path.refusal(scene.consumer, wanted)).toBeUndefined();
		expect(after.metadata?.managedFields?.map(({ manager }) => manager)).toContain("titanic-secret-rotator");
	});

	test("only the keys that lack their value are in the patch", async () => {
		const scene = await setSecretScene(stage);
		await scene.make({ ...old, "database-url": fresh["database-url"] });
		await settled(scene);
		await refresh(scene);
		const own = (await scene.secret()).metadata?.managedFields?.find(
			({ manager }) => manager === "titanic-secret-rotator",
		);
		expect(Object.keys((own!.fieldsV1 as { "f:data": object })["f:data"])).toEqual(["f:db-password"]);
	});

	test("somebody who writes at the same time is not overwritten: it is read and decided again", async () => {
		const scene = await setSecretScene(stage);
		await scene.make(old);
		await settled(scene);
		const meddle = () => scene.person.merge<void>(scene.secretPath, { data: base64Of({ "db-password": "by-hand" }) });
		await expect(refresh(scene, meddle)).rejects.toMatchObject({ code: "cluster-conflict", transient: true });
		expect(await scene.values()).toMatchObject({ "db-password": "by-hand" });
		expect(await refresh(scene)).toBe("copy-written");
		expect(await scene.values()).toEqual(fresh);
	});

	test("a Secret that was deleted and made anew between reading and writing is not written either", async () => {
		const scene = await setSecretScene(stage);
		await scene.make(old);
		await settled(scene);
		const replace = async () => {
			await scene.person.remove(scene.secretPath);
			await scene.make({ "db-password": "of another Secret" });
		};
		await expect(refresh(scene, replace)).rejects.toMatchObject({ code: "cluster-conflict" });
		expect(await scene.values()).toEqual({ "db-password": "of another Secret" });
	});

	test("what is not live any more is not written", async () => {
		const scene = await setSecretScene(stage);
		await scene.make(old);
		await settled(scene);
		const changed = new Fault("live-changed", { vault: "main", secret: "db-password" });
		await expect(refresh(scene, () => Promise.reject(changed))).rejects.toBe(changed);
		expect(await scene.values()).toEqual(old);
	});

	test("a Deployment that Reloader rolls for the Secret is refused, and so is the live value in another place", async () => {
		const scene = await setSecretScene(stage);
		await scene.make(old);
		await settled(scene);
		await scene.change({ metadata: { annotations: { "secret.reloader.stakater.com/reload": copyName } } });
		expect(await refusal(scene)).toMatchObject({ code: "workload-ambiguous" });
		await scene.change({ metadata: { annotations: null } });
		const env = [
			{ name: "PW", valueFrom: { secretKeyRef: { name: copyName, key: "db-password" } } },
			{ name: "SAME", valueFrom: { secretKeyRef: { name: copyName, key: "by-another-name" } } },
		];
		await scene.setPods({ containers: [{ ...scene.container, volumeMounts: [], env }], volumes: [] });
		await scene.person.merge(scene.secretPath, { data: base64Of({ "by-another-name": old["db-password"] }) });
		const refused = await refusal(scene);
		expect(refused).toMatchObject({
			code: "source-elsewhere",
			names: { place: `${textOf(scene)}, key by-another-name (variable SAME of container titanic-api)` },
		});
		expect(refused?.message).not.toContain(old["db-password"]);
	});

	test("a pod proves the value by its start while the Secret had it, and by nothing else", async () => {
		const scene = await setSecretScene(stage);
		await scene.make(old);
		await settled(scene);
		const pod = (name: string, startedAt: string): PodFact => ({ name, uid: `uid-${name}`, ready: true, startedAt });
		const pods = [pod("early", "2026-07-01T12:00:00.000Z"), pod("late", "2026-07-01T12:00:10.000Z")];
		const windows = [{ since: "2026-07-01T12:00:05.000Z" }];
		const prove = () => path.prove(scene.consumer, pods, published, windows);
		expect(await prove()).toMatchObject([
			{ proved: false },
			{ proved: false, detail: expect.stringContaining("another value") },
		]);
		await refresh(scene);
		expect(await prove()).toEqual([
			{
				pod: "early",
				ready: true,
				proved: false,
				version: undefined,
				detail: `a container started at ${pods[0]!.startedAt}; Secret ${copyName} is known to be new since ${windows[0]!.since}`,
			},
			{ pod: "late", ready: true, proved: true, version, detail: undefined },
		]);
	});

	test("it is written at once; files of pods that run follow within kubelet's sync, where they have some", async () => {
		const scene = await setSecretScene(stage);
		expect(await path.lag(scene.consumer, wanted)).toEqual({ fileSeconds: 95, copySeconds: 5 });
		expect(await path.needs(scene.consumer, wanted)).toEqual([]);
		const env = [{ name: "PW", valueFrom: { secretKeyRef: { name: copyName, key: "db-password" } } }];
		await scene.setPods({ containers: [{ ...scene.container, volumeMounts: [], env }], volumes: [] });
		expect(await path.lag(scene.consumer, wanted)).toEqual({ copySeconds: 5 });
	});
});
