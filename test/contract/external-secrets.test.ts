import type { SecretClient } from "@azure/keyvault-secrets";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type ExternalSecret, externalSecretsOperator } from "../../local/agents/external-secrets.ts";
import { at } from "../../packages/kubernetes-api/index.ts";
import type { PodFact } from "../../src/lib/domain/workload.ts";
import { deliveryPath } from "../../src/lib/paths/index.ts";
import type { DeliveryPath, SeenSession } from "../../src/lib/ports/delivery-path.ts";
import { eventually } from "../integration/agents/eventually.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import { type EsoScene, setEsoScene, store, vaultHost } from "./support/eso-scene.ts";
import { intent } from "./support/intent.ts";
import { nothingOutside } from "./support/outside.ts";
import { published, values, version } from "./support/published.ts";
import { vaultName } from "./support/scene.ts";
import { base64Of, copyName } from "./support/secret-scene.ts";

const old = { "db-password": "old-password", "db-connection-string": "postgresql://titanic:old-password@db/titanic" };
const fresh = { "db-password": values["db-password"], "database-url": values["db-connection-string"] };
const wanted = published.map(({ secret }) => ({ vaultName, secret }));

describe.each(clusters)("Delivery by external-secrets on $title", ({ open }) => {
	let stage: Stage;
	let path: DeliveryPath;
	beforeAll(async () => {
		stage = await open();
		path = await deliveryPath("external-secrets", stage.client, nothingOutside);
	}, 90_000);
	afterAll(async () => stage?.[Symbol.asyncDispose]());

	const refusal = (scene: EsoScene) => path.refusal(scene.consumer, wanted);
	const settled = (scene: EsoScene) => eventually(async () => expect(await refusal(scene)).toBeUndefined());
	const refresh = (scene: EsoScene, round = 1) =>
		path.refresh!(intent, scene.consumer, published, { round, stillLive: async () => {} });
	const read = (scene: EsoScene) => scene.person.get<ExternalSecret>(scene.externalSecretPath);
	const copy = (scene: EsoScene) => path.copy(scene.consumer, published);

	/** The operator, with a vault that has these values. */
	function operatorWith(held: Record<string, string>) {
		const getSecret = async (name: string) => {
			if (!(name in held)) throw new Error(`A secret with (name/id) ${name} was not found in this key vault.`);
			return { value: held[name] };
		};
		const vaults = { [vaultHost]: { getSecret } as unknown as SecretClient };
		return externalSecretsOperator({ kubeConfig: stage.cluster.kubeConfig(), vaults });
	}

	test("an ExternalSecret that brings the secret is not refused, and the plan changes nothing of it", async () => {
		const scene = await setEsoScene(stage);
		const before = await read(scene);
		await settled(scene);
		expect(await read(scene)).toEqual(before);
		expect(await path.needs(scene.consumer, wanted)).toEqual([]);
		expect(await path.lag(scene.consumer, wanted)).toEqual({ fileSeconds: 105, copySeconds: 15 });
	});

	test("one that never reads the vault again, pins, decodes, or writes nothing is refused, and says why", async () => {
		const scene = await setEsoScene(stage);
		await settled(scene);
		const { spec } = await read(scene);
		const refused: [object, string][] = [
			[{ refreshPolicy: "CreatedOnce" }, "its refreshPolicy is CreatedOnce"],
			[{ refreshInterval: "0s" }, "its refreshInterval is 0"],
			[{ target: { immutable: true } }, "its target is immutable"],
			[{ target: { creationPolicy: "None" } }, "its creationPolicy is None"],
			[
				{ data: [{ secretKey: "k", remoteRef: { key: "db-password", version } }] },
				"it pins the version of db-password",
			],
			[
				{ data: [{ secretKey: "k", remoteRef: { key: "db-password", decodingStrategy: "Base64" } }] },
				"it decodes db-password",
			],
			[
				{ data: [{ secretKey: "k", remoteRef: { key: "db-connection-string" } }] },
				"none of its data has remoteRef.key",
			],
		];
		for (const [change, detail] of refused) {
			await scene.changeSpec(change);
			expect(await refusal(scene)).toMatchObject({
				code: "external-secret-unfit",
				names: { detail: expect.stringContaining(detail) },
			});
			await expect(copy(scene)).rejects.toMatchObject({ code: "external-secret-unfit" });
			await scene.changeSpec({ ...spec, target: { immutable: null, creationPolicy: "Owner" } });
		}
		await settled(scene);
		await scene.person.remove(scene.externalSecretPath);
		expect(await refusal(scene)).toMatchObject({ code: "external-secret-missing" });
	});

	test("a store of another vault, none at all, and a PushSecret that writes to the secret are refused by name", async () => {
		const scene = await setEsoScene(stage);
		await settled(scene);
		const { namespace } = scene.consumer;
		await scene.changeStore({ vaultUrl: "https://other-kv.vault.azure.net" });
		const named = { store: `SecretStore ${namespace}/${store}` };
		expect(await refusal(scene)).toMatchObject({ code: "store-unfit", names: named });
		await scene.changeStore({ vaultUrl: `https://${vaultHost}/` });
		await settled(scene);
		await stage.cluster.apply([
			{
				apiVersion: "external-secrets.io/v1alpha1",
				kind: "PushSecret",
				metadata: { name: "competitor", namespace },
				spec: {
					secretStoreRefs: [{ kind: "SecretStore", name: store }],
					selector: { secret: { name: "other" } },
					data: [{ match: { secretKey: "k", remoteRef: { remoteKey: "db-password" } } }],
				},
			},
		]);
		expect(await refusal(scene)).toMatchObject({
			code: "store-unfit",
			message: expect.stringContaining(`PushSecret ${namespace}/competitor`),
		});
		await scene.person.remove(at("external-secrets.io/v1alpha1", "pushsecrets", namespace, "competitor"));
		await scene.person.remove(at("external-secrets.io/v1", "secretstores", namespace, store));
		expect(await refusal(scene)).toMatchObject({ names: { detail: "it does not exist" } });
	});

	test("a target that no container takes is refused", async () => {
		const scene = await setEsoScene(stage);
		await settled(scene);
		await scene.setPods({ containers: [{ ...scene.container, volumeMounts: [], env: [] }], volumes: [] });
		expect(await refusal(scene)).toMatchObject({ code: "copy-unused" });
	});

	test("without the rights the plan is refused, by the right's name", async () => {
		const scene = await setEsoScene(stage, { granted: false });
		await expect(refusal(scene)).rejects.toMatchObject({
			code: "cluster-forbidden",
			names: { right: `get externalsecrets/${copyName} in namespace ${scene.consumer.namespace}` },
		});
	});

	test("a sync is asked for once a round, and not at all where the Secret has the values", async () => {
		const scene = await setEsoScene(stage);
		await settled(scene);
		expect(await refresh(scene)).toBe("sync-asked");
		const asked = await read(scene);
		expect(asked.metadata.annotations).toMatchObject({ "force-sync": `${intent.rotationId}.1` });
		expect(await refresh(scene)).toBe("sync-asked");
		expect(await read(scene)).toEqual(asked);
		await refresh(scene, 2);
		expect((await read(scene)).metadata.annotations).toMatchObject({ "force-sync": `${intent.rotationId}.2` });
		await scene.make(fresh);
		expect(await refresh(scene, 3)).toBe("copy-kept");
	});

	test("the operator brings it at once when it is asked, and not before its interval otherwise", async () => {
		const scene = await setEsoScene(stage);
		const held: Record<string, string> = { ...old };
		await using _operator = operatorWith(held);
		await eventually(async () => expect(await scene.values()).toMatchObject({ "db-password": "old-password" }));
		await settled(scene);
		Object.assign(held, values);
		const before = (await read(scene)).status?.refreshTime;
		expect(await copy(scene)).toMatchObject({ state: "stale" });
		expect(await refresh(scene)).toBe("sync-asked");
		await eventually(async () => expect(await copy(scene)).toMatchObject({ state: "current" }));
		expect(await scene.values()).toEqual(fresh);
		expect(before).toBeDefined();
	});

	test("a sync that writes nothing says Ready, and proves nothing", async () => {
		const scene = await setEsoScene(stage);
		await scene.changeSpec({ target: { creationPolicy: "Merge" } });
		await using _operator = operatorWith({ ...values });
		await settled(scene);
		await refresh(scene);
		await eventually(async () =>
			expect((await read(scene)).status?.conditions).toMatchObject([{ status: "True", reason: "SecretMissing" }]),
		);
		expect(await copy(scene)).toMatchObject({ state: "stale", isMissing: true });
	});

	test("a sync that fails is told in the operator's own word", async () => {
		const scene = await setEsoScene(stage);
		await scene.make({ "db-password": "old-password", "database-url": old["db-connection-string"] });
		await using _operator = operatorWith({});
		await eventually(async () =>
			expect(await copy(scene)).toEqual({
				state: "stale",
				waitingFor: expect.stringMatching(/another value than version .*; its ExternalSecret says: SecretSyncedError$/),
			}),
		);
	});

	test("a templated key counts by the value that is in it", async () => {
		const scene = await setEsoScene(stage);
		const data = { url: "postgresql://titanic:{{ .pw }}@db/titanic" };
		await scene.changeSpec({
			target: { template: { data } },
			data: [{ secretKey: "pw", remoteRef: { key: "db-password" } }],
		});
		await using _operator = operatorWith({ ...values });
		await eventually(async () => expect(await copy(scene)).toMatchObject({ state: "current" }));
		expect(await scene.values()).toEqual({ url: "postgresql://titanic:new-password@db/titanic" });
		await scene.operator.merge(scene.secretPath, {
			data: base64Of({ url: "postgresql://titanic:old-password@db/titanic" }),
		});
		expect(await copy(scene)).toMatchObject({ state: "stale" });
	});

	test("pods that are not replaced are proved by their volume's time or a session, and refused where a variable takes the value", async () => {
		const scene = await setEsoScene(stage);
		await scene.make(fresh);
		await settled(scene);
		const consumer = { ...scene.consumer, roll: "none" as const };
		expect(await path.refusal(consumer, wanted)).toMatchObject({
			code: "never-renewed",
			names: { place: "variable DB_PASSWORD of container titanic-api" },
		});
		await scene.takeFiles();
		expect(await path.refusal(consumer, wanted)).toBeUndefined();
		const pod: PodFact = { name: "titanic-api-1", uid: "u", ready: true, startedAt: "2026-07-01T12:00:00.000Z" };
		const ask = async (secondsAgo: number, sessions?: readonly SeenSession[]) => {
			const since = new Date(Date.now() - secondsAgo * 1000).toISOString();
			const asked = sessions && (async () => sessions);
			return (await path.prove(consumer, [pod], published, [{ since }], asked))[0];
		};
		const begun = (secondsAgo: number) => [
			{ application: pod.name, since: new Date(Date.now() - secondsAgo * 1000).toISOString() },
		];
		expect(await ask(1)).toMatchObject({ proved: false, detail: expect.stringContaining("for 90 s") });
		expect(await ask(90)).toMatchObject({ proved: true, provedBy: "interval", intervalSeconds: 90, version });
		expect(await ask(90, begun(95))).toMatchObject({ provedBy: "interval" });
		expect(await ask(90, begun(30))).toMatchObject({ proved: true, provedBy: "session", version });
		await scene.operator.merge(scene.secretPath, { data: base64Of({ "db-password": "old-password" }) });
		expect(await ask(90, begun(30))).toMatchObject({ proved: false, detail: expect.stringContaining("another value") });
	});

	test("a pod proves the value by its start while the Secret had it", async () => {
		const scene = await setEsoScene(stage);
		await scene.make(fresh);
		await settled(scene);
		const pod = (name: string, startedAt: string): PodFact => ({ name, uid: `uid-${name}`, ready: true, startedAt });
		const pods = [pod("early", "2026-07-01T12:00:00.000Z"), pod("late", "2026-07-01T12:00:10.000Z")];
		expect(await path.prove(scene.consumer, pods, published, [{ since: "2026-07-01T12:00:05.000Z" }])).toMatchObject([
			{ proved: false },
			{ proved: true, version },
		]);
	});
});
