import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openedYaml } from "../../local/agents/sops.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import { Password } from "../../src/lib/domain/password.ts";
import type { PodFact } from "../../src/lib/domain/workload.ts";
import type { Published, SeenSession } from "../../src/lib/ports/delivery-path.ts";
import { encryptedWith, manifest } from "../support/sops-file.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import { type FluxScene, file, first, setFluxScene } from "./support/flux-scene.ts";
import { intent } from "./support/intent.ts";
import { vaultName } from "./support/scene.ts";
import { copyName } from "./support/secret-scene.ts";

const versionOf = (digit: string): Published[] =>
	Object.entries({
		"db-password": `password-${digit}`,
		"db-connection-string": `postgresql://titanic:password-${digit}@db/titanic`,
	}).map(([secret, value]) => ({ vault: "main", secret, version: digit.repeat(32), value: new Password(value) }));
const [second, third] = [versionOf("2"), versionOf("3")];
const live = { stillLive: async () => {} };

describe.each(clusters)("Delivery by flux-sops on $title", ({ open }) => {
	let stage: Stage;
	let scene: FluxScene;
	beforeAll(async () => {
		stage = await open();
		scene = await setFluxScene(stage);
	}, 180_000);
	afterAll(async () => {
		await scene?.[Symbol.asyncDispose]();
		await stage?.[Symbol.asyncDispose]();
	});
	beforeEach(() => scene.reset());

	const wanted = second.map(({ secret }) => ({ vaultName, secret }));
	const refusal = (change: object = {}) => {
		const { consumer, path } = scene;
		return path.refusal({ ...consumer, delivery: { ...consumer.delivery, ...change } } as never, wanted);
	};
	const refresh = (published: readonly Published[], round = 1) =>
		scene.path.refresh!(intent, scene.consumer, published, { ...live, round });
	const commits = async () => Number(await scene.git.git("rev-list", "--count", "main"));
	test("a new version is committed, applied by Flux, and is what the Secret has then", async () => {
		expect(await refusal()).toBeUndefined();
		expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ state: "stale" });
		expect(await refresh(second)).toBe("copy-written");
		const stale = await scene.path.copy(scene.consumer, second);
		expect(stale).toMatchObject({ state: "stale", waitingFor: expect.stringContaining("has fetched") });
		expect(JSON.stringify(stale)).not.toContain("password-");
		await scene.flux.round();
		expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ state: "current" });
		expect(await scene.values()).toEqual({ "db-password": "password-2", "database-url": second[1]!.value.reveal() });
		const text = (await scene.git.read(file)) ?? "";
		for (const identity of [{ age: scene.keys.ageIdentity }, { rsa: scene.keys.privateKey }])
			expect(await openedYaml(text, identity)).toMatchObject({ isMacRight: true });
		expect(await scene.git.git("log", "-1", "--format=%s", "main")).toBe(
			`${copyName}: version ${"2".repeat(32)} of db-password`,
		);
		expect(await refusal()).toBeUndefined();
	});

	test("Flux fetches a branch anew only where it has moved, and applies it all the same", async () => {
		const { git, flux } = scene;
		const fetched = async () => {
			const before = git.requests.length;
			await flux.round();
			return git.requests.slice(before).filter(({ url }) => url.endsWith("/git-upload-pack")).length;
		};
		await fetched();
		const asked = await fetched();
		await refresh(second);
		expect(await fetched()).toBeGreaterThan(asked);
		expect(await fetched()).toBe(asked);
		expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ state: "current" });
	});

	test("the same version makes no second commit, and asks Flux again in each round", async () => {
		await refresh(second);
		const before = await commits();
		expect(await refresh(second, 2)).toBe("copy-kept");
		expect(await commits()).toBe(before);
		const token = await scene.person.get<{ metadata: { annotations?: Record<string, string> } }>(
			`/apis/source.toolkit.fluxcd.io/v1/namespaces/${scene.consumer.namespace}/gitrepositories/titanic-api`,
		);
		expect(token.metadata.annotations?.["reconcile.fluxcd.io/requestedAt"]).toBe(`${intent.rotationId}.2`);
	});

	test("a file that says it has the versions, and whose Secret shows that it has not, is written again", async () => {
		await refresh(second);
		await scene.flux.round();
		const kept = (await scene.git.read(file)) ?? "";
		const marks = Object.fromEntries(
			[...kept.matchAll(/(titanic-secret-rotator\/\w+): "(.*)"/g)].map(([, key, value]) => [key!, value!]),
		);
		await scene.git.commit({ [file]: await encryptedWith(kept, scene.keys, first, marks) });
		expect(await refresh(second)).toBe("copy-kept");
		await scene.flux.round();
		expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ state: "stale" });
		expect(await refresh(second, 2)).toBe("copy-written");
		await scene.flux.round();
		expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ state: "current" });
	});

	test("pods that are not replaced are proved by their volume's time or a session, and refused where a variable takes the value", async () => {
		await using own = await setFluxScene(stage);
		const consumer = { ...own.consumer, roll: "none" as const };
		expect(await own.path.refusal(consumer, wanted)).toMatchObject({
			code: "never-renewed",
			names: { place: "variable DB_PASSWORD of container titanic-api" },
		});
		await own.takeFiles();
		expect(await own.path.refusal(consumer, wanted)).toBeUndefined();
		const version = second[0]!.version;
		const pod: PodFact = { name: "titanic-api-1", uid: "u", ready: true, startedAt: "2026-07-01T12:00:00.000Z" };
		const ask = async (secondsAgo: number, sessions?: readonly SeenSession[]) => {
			const since = new Date(Date.now() - secondsAgo * 1000).toISOString();
			const asked = sessions && (async () => sessions);
			return (await own.path.prove(consumer, [pod], second, [{ since }], asked))[0];
		};
		const begun = (secondsAgo: number) => [
			{ application: pod.name, since: new Date(Date.now() - secondsAgo * 1000).toISOString() },
		];
		expect(await own.path.refresh!(intent, consumer, second, { ...live, round: 1 })).toBe("copy-written");
		// What git has, no pod has before Flux has applied it.
		expect(await ask(90, begun(30))).toMatchObject({ proved: false, detail: expect.stringContaining("has fetched") });
		await own.flux.round();
		expect(await ask(1)).toMatchObject({ proved: false, detail: expect.stringContaining("for 90 s") });
		expect(await ask(90)).toMatchObject({ proved: true, provedBy: "interval", intervalSeconds: 90, version });
		expect(await ask(90, begun(95))).toMatchObject({ provedBy: "interval" });
		expect(await ask(90, begun(30))).toMatchObject({ proved: true, provedBy: "session", version });
	});

	test("nothing is written where a key of the file has no value to be written", async () => {
		const before = await commits();
		await expect(refresh(second.slice(0, 1))).rejects.toMatchObject({
			code: "secret-missing",
			names: { vault: "main", secret: "db-connection-string" },
		});
		expect(await commits()).toBe(before);
	});

	test("nothing is written once the versions are no longer live", async () => {
		const before = await commits();
		const gone = new Fault("live-changed", { vault: "main", secret: "db-password" });
		const stillLive = async () => {
			throw gone;
		};
		await expect(scene.path.refresh!(intent, scene.consumer, second, { round: 1, stillLive })).rejects.toBe(gone);
		expect(await commits()).toBe(before);
	});

	test("a delivery that was held up does not write over the one after it", async () => {
		let overtaken = false;
		const stillLive = async () => {
			if (overtaken) throw new Fault("live-changed", { vault: "main", secret: "db-password" });
			overtaken = true;
			await refresh(third);
		};
		const late = scene.path.refresh!(intent, scene.consumer, second, { round: 1, stillLive });
		await expect(late).rejects.toMatchObject({ code: "live-changed" });
		await scene.flux.round();
		expect(await scene.path.copy(scene.consumer, third)).toMatchObject({ state: "current" });
	});

	test("somebody else's commits in between are kept, and after too many of them it is told", async () => {
		let pushes = 0;
		scene.git.beforePush(async () => {
			if (pushes++ < 2) await scene.git.commit({ "README.md": `${pushes}\n` });
		});
		expect(await refresh(second)).toBe("copy-written");
		expect(await scene.git.read("README.md")).toBe("2\n");
		scene.git.beforePush(async () => void (await scene.git.commit({ "README.md": `${pushes++}\n` })));
		await expect(refresh(third)).rejects.toMatchObject({
			code: "push-overtaken",
			names: { repository: "gitops", branch: "main" },
		});
	});

	test("a protected branch is told as that, by the plan already", async () => {
		const end = await scene.git.protect();
		await expect(refusal()).rejects.toMatchObject({
			code: "branch-protected",
			names: { repository: "gitops", branch: "main" },
		});
		await expect(refresh(second)).rejects.toMatchObject({ code: "push-denied" });
		await end();
	});

	test("a plan refuses what Flux would never see, and changes nothing", async () => {
		const before = await commits();
		const { namespace } = scene.consumer;
		const source = `GitRepository ${namespace}/titanic-api`;
		const kustomization = `Kustomization ${namespace}/titanic-api`;
		const each: [() => Promise<void>, () => Promise<void>, object][] = [];
		const ofSource = (spec: object, back: object, found: object) =>
			each.push([() => scene.changeSource({ spec }), () => scene.changeSource({ spec: back }), found]);
		const ofKustomization = (spec: object, back: object, found: object) =>
			each.push([() => scene.changeKustomization({ spec }), () => scene.changeKustomization({ spec: back }), found]);
		const unfit = (object: string, detail: RegExp) => ({
			code: "flux-unfit",
			names: { object, detail: expect.stringMatching(detail) },
		});
		ofSource({ suspend: true }, { suspend: null }, { code: "flux-suspended", names: { object: source } });
		ofSource({ ref: { branch: "other" } }, { ref: { branch: "main" } }, unfit(source, /another branch/));
		ofKustomization({ suspend: true }, { suspend: null }, { code: "flux-suspended", names: { object: kustomization } });
		ofKustomization(
			{ decryption: null },
			{ decryption: { provider: "sops", secretRef: { name: "sops-age" } } },
			unfit(kustomization, /no decryption/),
		);
		ofKustomization(
			{ path: "./clusters/staging" },
			{ path: "./clusters/production" },
			unfit(kustomization, /does not build/),
		);
		for (const [change, back, found] of each) {
			await change();
			expect(await refusal()).toMatchObject(found);
			await back();
		}
		expect(await refusal()).toBeUndefined();
		await expect(refusal({ kustomization: "none" })).rejects.toMatchObject({ code: "cluster-forbidden" });
		expect(await commits()).toBe(before);
	});

	test("a plan refuses a file that is not there, is no Secret, has other keys or other recipients", async () => {
		const { keys } = scene;
		const at = { repository: "gitops", file };
		expect(await refusal({ file: "none.yaml" })).toMatchObject({
			code: "sops-file-missing",
			names: { file: "none.yaml" },
		});
		expect(await refusal({ keys: { "db-password": "db-password" } })).toMatchObject({
			code: "sops-file-unfit",
			names: { ...at, detail: expect.stringContaining("more keys") },
		});
		expect(await refusal({ keys: { "db-password": "other", "db-connection-string": "database-url" } })).toMatchObject({
			names: { ...at, detail: "has no key data.other" },
		});
		expect(await refusal({ recipients: [keys.ageRecipient] })).toMatchObject({
			code: "sops-recipient-unknown",
			names: { ...at, recipient: "https://titanic-kv.vault.azure.net/keys/sops" },
		});
		const more = "https://titanic-kv.vault.azure.net/keys/more";
		const { recipients } = scene.consumer.delivery;
		expect(await refusal({ recipients: [...recipients, more] })).toMatchObject({
			code: "sops-recipient-missing",
			names: { ...at, recipient: more },
		});
		const { namespace } = scene.consumer;
		const renamed = {
			[`metadata.name than ${copyName}`]: [`name: ${copyName}`, "name: other"],
			[`metadata.namespace than ${namespace}`]: [`namespace: ${namespace}`, "namespace: other"],
		};
		const kept = (await scene.git.read(file)) ?? "";
		for (const [other, [from, to]] of Object.entries(renamed)) {
			await scene.git.commit({ [file]: kept.replace(from!, to!) });
			expect(await refusal()).toMatchObject({
				code: "sops-file-unfit",
				names: { ...at, detail: `has another ${other}` },
			});
			await expect(refresh(second)).rejects.toMatchObject({ code: "sops-file-unfit" });
		}
		await scene.git.commit({ [file]: manifest(keys).replace("kind: Secret", "kind: ConfigMap") });
		expect(await refusal()).toMatchObject({ code: "sops-file-unfit", names: { ...at, detail: "is no Secret of v1" } });
	});

	test("a plan refuses a Secret that Flux does not keep", async () => {
		const kept = "kustomize.toolkit.fluxcd.io";
		const object = `Secret ${scene.consumer.namespace}/${copyName}`;
		await scene.person.merge(scene.secretPath, { metadata: { annotations: { [`${kept}/ssa`]: "IfNotPresent" } } });
		expect(await refusal()).toMatchObject({
			code: "flux-unfit",
			names: { object, detail: expect.stringContaining("annotation") },
		});
		await scene.person.merge(scene.secretPath, {
			metadata: { annotations: { [`${kept}/ssa`]: null }, labels: { [`${kept}/name`]: "other" } },
		});
		expect(await refusal()).toMatchObject({
			code: "flux-unfit",
			names: { object, detail: expect.stringContaining("labels") },
		});
		await scene.person.remove(scene.secretPath);
		expect(await refusal()).toMatchObject({
			code: "flux-unfit",
			names: { object, detail: expect.stringContaining("does not exist") },
		});
	});

	test("a plan refuses where Flux fails already, in Flux's own word and no more", async () => {
		await scene.git.commit({ [file]: "kind: [\n" });
		await scene.flux.round();
		const object = `Kustomization ${scene.consumer.namespace}/titanic-api`;
		expect(await refusal()).toMatchObject({ code: "flux-failing", names: { object, reason: "BuildFailed" } });
	});

	test("a plan refuses without the right to push", async () => {
		scene.git.faults.inject({ path: /service=git-receive-pack$/, status: 403 });
		await expect(refusal()).rejects.toMatchObject({ code: "repository-forbidden" });
	});
});
