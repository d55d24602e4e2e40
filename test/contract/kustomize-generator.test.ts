import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openedEnv } from "../../local/agents/sops.ts";
import { apiOf, at } from "../../packages/kubernetes-api/index.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import { Password } from "../../src/lib/domain/password.ts";
import type { RollMark } from "../../src/lib/domain/workload.ts";
import { workloads } from "../../src/lib/kinds/workloads.ts";
import { wrapWith } from "../../src/lib/paths/flux-sops/file.ts";
import { type InputFile, inputFileIn, nextInputFile } from "../../src/lib/paths/kustomize-generator/input-file.ts";
import type { Published } from "../../src/lib/ports/delivery-path.ts";
import { eventually } from "../integration/agents/eventually.ts";
import { encryptedInput } from "../support/input-file.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import { type GeneratorScene, setGeneratorScene } from "./support/generator-scene.ts";
import { intent } from "./support/intent.ts";
import { vaultName } from "./support/scene.ts";
import { copyName } from "./support/secret-scene.ts";

const versionOf = (digit: string): Published[] =>
	Object.entries({
		"db-password": `password-${digit}`,
		"db-connection-string": `postgresql://titanic:password-${digit}@db/titanic`,
	}).map(([secret, value]) => ({ vault: "main", secret, version: digit.repeat(32), value: new Password(value) }));
const [second, third, fourth] = [versionOf("2"), versionOf("3"), versionOf("4")];
const live = { stillLive: async () => {} };
const wanted = second.map(({ secret }) => ({ vaultName, secret }));
/** Long before, and long after anything that happens here. */
const [ever, never] = [[{ since: "2000-01-01T00:00:00Z" }], [{ since: "2999-01-01T00:00:00Z" }]];

const mark: RollMark = {
	...{ secret: "titanic-kv/db-password", rotationId: "db-password.1", round: 1 },
	...{ version: "2".repeat(32), contents: "2", at: "2026-07-01T12:00:00.000Z" },
};

describe.each(clusters)("Delivery by kustomize-generator on $title", ({ open }) => {
	let stage: Stage;
	let scene: GeneratorScene;
	beforeAll(async () => {
		stage = await open();
		scene = await setGeneratorScene(stage);
		// The app may look at the workload, and not write to it.
		const path = at("rbac.authorization.k8s.io/v1", "roles", scene.consumer.namespace, "titanic-secret-rotator");
		const { rules } = await scene.person.get<{ rules: { resources: string[]; verbs: string[] }[] }>(path);
		const isPatch = ({ resources, verbs }: (typeof rules)[number]) =>
			resources.includes("deployments") && verbs.includes("patch");
		await scene.person.merge(path, { rules: rules.filter((rule) => !isPatch(rule)) });
	}, 180_000);
	afterAll(async () => {
		await scene?.[Symbol.asyncDispose]();
		await stage?.[Symbol.asyncDispose]();
	});

	const refusal = (change: object = {}) => {
		const { consumer, path } = scene;
		return path.refusal({ ...consumer, delivery: { ...consumer.delivery, ...change } } as never, wanted);
	};
	const refresh = (published: readonly Published[], round = 1) =>
		scene.path.refresh!(intent, scene.consumer, published, { ...live, round });
	const bring = async (published: readonly Published[]) => {
		await refresh(published);
		await scene.flux.round();
	};
	const commits = async () => Number(await scene.git.git("rev-list", "--count", "main"));
	const prove = async (published: readonly Published[], windows = never) => {
		const pods = await workloads(stage.client).pods(scene.consumer);
		return (await scene.path.prove(scene.consumer, pods, published, windows)).map(
			({ proved, detail }) => detail ?? proved,
		);
	};
	const rollout = async () => {
		const refersTo = (await scene.path.refersTo!(scene.consumer)) ?? "";
		return workloads(stage.client).rollout(scene.consumer, { ...mark, refersTo });
	};

	test("a new version makes another Secret, rolls the workload without the app, and is proved by each pod's own name", async () => {
		const { consumer, path } = scene;
		expect(await workloads(stage.client).refusal(consumer, false)).toBeUndefined();
		await expect(workloads(stage.client).refusal(consumer)).rejects.toMatchObject({ code: "cluster-forbidden" });
		expect(await refusal()).toBeUndefined();
		const before = await scene.referred();
		expect(await path.refersTo!(consumer)).toBe(before);
		// Files of a Secret that is no longer referred to stay as they are.
		expect(await path.lag(consumer, wanted)).toEqual({ copySeconds: 60 });
		expect(await refresh(second)).toBe("copy-written");
		const stale = await path.copy(consumer, second);
		expect(stale).toMatchObject({ state: "stale", waitingFor: expect.stringContaining("has fetched") });
		expect(JSON.stringify(stale)).not.toContain("password-");

		await scene.flux.round();
		const after = await scene.referred();
		expect(after).toMatch(new RegExp(`^${copyName}-[2456789bcdfghkmt]{10}$`));
		expect(after).not.toBe(before);
		expect(await scene.made()).toEqual({
			[after]: { DB_PASSWORD: "password-2", DATABASE_URL: second[1]!.value.reveal() },
		});
		expect(await path.copy(consumer, second)).toMatchObject({ state: "current" });
		expect(await path.refersTo!(consumer)).toBe(after);
		expect(await rollout()).toMatchObject({ state: "progressing" });
		const early = (await prove(second)).filter((proof) => proof !== true);
		expect(early.length).toBeGreaterThan(0);
		for (const detail of early) expect(detail).toContain(`${before}, which does not exist`);

		await scene.settle();
		expect(await rollout()).toMatchObject({ state: "done", pods: [{ ready: true }, { ready: true }] });
		// They started before it was seen that the copy is new.
		expect(await prove(second)).toEqual([true, true]);
		expect(await prove(third)).toEqual(Array(2).fill(expect.stringContaining("another value")));
		const { metadata } = (await scene.read()).spec.template;
		expect(metadata?.annotations ?? {}).toEqual({});
		const text = (await scene.git.read(scene.file)) ?? "";
		expect(await openedEnv(text, { age: scene.keys.ageIdentity })).toMatchObject({ isMacRight: true });
		expect(await refusal()).toBeUndefined();
	}, 60_000);

	test("the same version makes no second commit, and asks Flux again in each round", async () => {
		await bring(second);
		const before = await commits();
		expect(await refresh(second, 2)).toBe("copy-kept");
		expect(await commits()).toBe(before);
		const path = at("source.toolkit.fluxcd.io/v1", "gitrepositories", scene.consumer.namespace, "titanic-api");
		const { metadata } = await scene.person.get<{ metadata: { annotations?: Record<string, string> } }>(path);
		expect(metadata.annotations?.["reconcile.fluxcd.io/requestedAt"]).toBe(`${intent.rotationId}.2`);
	});

	test("a file that somebody has written since is written again, whatever it says", async () => {
		await bring(second);
		const text = (await scene.git.read(scene.file)) ?? "";
		const other = await encryptedInput(scene.keys, "dotenv", { DB_PASSWORD: "other", DATABASE_URL: "other" });
		const marked = /^sops_titanic_secret_rotator=.*$/m;
		await scene.git.commit({ [scene.file]: other.replace(marked, marked.exec(text)![0]) });
		expect(await refresh(second)).toBe("copy-written");
		expect(await openedEnv((await scene.git.read(scene.file)) ?? "", { age: scene.keys.ageIdentity })).toMatchObject({
			tree: { DB_PASSWORD: "password-2" },
		});
	});

	test("a file with our mark of which Flux has made other values is written again", async () => {
		await bring(second);
		const kept = inputFileIn((await scene.git.read(scene.file)) ?? "", "dotenv") as InputFile;
		const forged = await nextInputFile(kept, {
			values: new Map([
				["DB_PASSWORD", "another"],
				["DATABASE_URL", "another"],
			]),
			contents: kept.contents!,
			now: new Date(),
			wrap: wrapWith({ publicKey: async () => scene.keys.publicKey }),
		});
		await scene.git.commit({ [scene.file]: forged });
		expect(await refresh(second)).toBe("copy-kept");
		await scene.flux.round();
		expect(await refresh(second, 2)).toBe("copy-written");
		// Flux has not seen that one yet.
		expect(await refresh(second, 3)).toBe("copy-kept");
		await scene.flux.round();
		expect(await scene.path.copy(scene.consumer, second)).toMatchObject({ state: "current" });
	});

	test("a version that comes back makes the Secret of its name again", async () => {
		await bring(second);
		const name = await scene.referred();
		await bring(third);
		expect(await scene.referred()).not.toBe(name);
		await bring(second);
		expect(await scene.referred()).toBe(name);
		await scene.settle();
		expect(await prove(second)).toEqual([true, true]);
	}, 60_000);

	test("a Secret that somebody has changed proves only what has started since", async () => {
		await bring(third);
		await scene.settle();
		const path = at("v1", "secrets", scene.consumer.namespace, await scene.referred());
		using person = apiOf(stage.cluster.kubeConfig(), "kubectl-edit");
		await person.merge(path, { data: { DB_PASSWORD: btoa("edited") } });
		expect(await prove(third, ever)).toEqual(Array(2).fill(expect.stringContaining("another value")));
		// Times are in whole seconds: a change that comes at once may pass for its making.
		await eventually(async () => {
			await person.merge(path, { data: { DB_PASSWORD: btoa("edited") } });
			await person.merge(path, { data: { DB_PASSWORD: btoa("password-3") } });
			expect(await prove(third)).toEqual(Array(2).fill(expect.stringContaining("a container started at")));
		});
		expect(await prove(third, ever)).toEqual([true, true]);
	}, 60_000);

	test("nothing is written once the versions are no longer live, nor where a key has no value or more than a line", async () => {
		const before = await commits();
		const gone = new Fault("live-changed", { vault: "main", secret: "db-password" });
		const stillLive = async () => {
			throw gone;
		};
		await expect(scene.path.refresh!(intent, scene.consumer, fourth, { round: 1, stillLive })).rejects.toBe(gone);
		await expect(refresh(fourth.slice(0, 1))).rejects.toMatchObject({ code: "secret-missing" });
		const lines = fourth.map((one) => ({ ...one, value: new Password("one\ntwo") }));
		await expect(refresh(lines)).rejects.toMatchObject({
			code: "input-value-unfit",
			names: { file: scene.file, secret: "db-password" },
		});
		expect(await commits()).toBe(before);
		const { consumer, path } = scene;
		const inPlan = wanted.map((one) => ({ ...one, live: new Password("one\ntwo") }));
		expect(await path.refusal(consumer, inPlan)).toMatchObject({ code: "input-value-unfit" });
	});

	test("a plan refuses a file, a generator or a Flux that would bring nothing, and changes nothing", async () => {
		const at = { repository: "gitops", file: scene.file };
		expect(await refusal({ file: "none.env" })).toMatchObject({ code: "sops-file-missing" });
		expect(await refusal({ keys: { "db-password": "DB_PASSWORD" } })).toMatchObject({
			code: "input-file-unfit",
			names: { ...at, detail: expect.stringContaining("more keys") },
		});
		expect(await refusal({ keys: { "db-password": "OTHER", "db-connection-string": "DATABASE_URL" } })).toMatchObject({
			names: { ...at, detail: "has no key OTHER" },
		});
		expect(await refusal({ recipients: [scene.keys.ageRecipient] })).toMatchObject({ code: "sops-recipient-unknown" });
		await scene.setGenerator({ envs: [] });
		expect(await refusal()).toMatchObject({ code: "generator-missing", names: { ...at, branch: "main" } });
		await scene.setGenerator({ behavior: "merge" });
		expect(await refusal()).toMatchObject({ code: "generator-unfit", names: at });
		await scene.setGenerator({});
		const kustomization = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${scene.consumer.namespace}/kustomizations/titanic-api`;
		const { spec } = await scene.person.get<{ spec: { decryption: object } }>(kustomization);
		await scene.person.merge(kustomization, { spec: { decryption: null } });
		expect(await refusal()).toMatchObject({
			code: "flux-unfit",
			names: { detail: expect.stringContaining("no decryption") },
		});
		await scene.person.merge(kustomization, { spec: { decryption: spec.decryption } });
		expect(await refusal()).toBeUndefined();
		await scene.person.merge(kustomization, { spec: { path: "./clusters/staging" } });
		expect(await refusal()).toMatchObject({
			code: "flux-unfit",
			names: { detail: expect.stringContaining("does not build") },
		});
		await scene.person.merge(kustomization, { spec: { path: "./clusters/production" } });
	});

	test("a plan refuses an Argo Rollout, which would update by its own steps", async () => {
		const { namespace } = scene.consumer;
		const rollouts = { apiGroups: ["argoproj.io"], resources: ["rollouts"], verbs: ["get"] };
		await scene.grant("rotator-rollouts", [rollouts]);
		const { spec } = await scene.read();
		const metadata = { name: "titanic-web", namespace };
		await scene.person.create(at("argoproj.io/v1alpha1", "rollouts", namespace), {
			...{ apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", metadata },
			spec: {
				replicas: 0,
				selector: { matchLabels: { app: "web" } },
				strategy: { canary: {} },
				template: { ...spec.template, metadata: { labels: { app: "web" } } },
			},
		});
		const consumer = { ...scene.consumer, kind: "Rollout", name: "titanic-web" };
		expect(await scene.path.refusal(consumer, wanted)).toMatchObject({
			code: "generator-not-followed",
			names: { workload: `Rollout ${namespace}/titanic-web`, detail: expect.stringContaining("is a Rollout") },
		});
	});

	test("a plan refuses a workload that does not follow the generator's name", async () => {
		const workload = `Deployment ${scene.consumer.namespace}/titanic-api`;
		expect(await refusal({ secret: "other-secrets" })).toMatchObject({ code: "generator-unfit" });
		const kept = "kustomize.toolkit.fluxcd.io";
		const not = (detail: RegExp) => ({
			code: "generator-not-followed",
			names: { workload, detail: expect.stringMatching(detail) },
		});
		await scene.change({ metadata: { labels: { [`${kept}/name`]: "other" } } });
		expect(await refusal()).toMatchObject(not(/is not applied by/));
		await scene.change({
			metadata: { labels: { [`${kept}/name`]: "titanic-api" }, annotations: { [`${kept}/ssa`]: "Ignore" } },
		});
		expect(await refusal()).toMatchObject(not(/annotation that keeps Flux/));
		await scene.change({ metadata: { annotations: { [`${kept}/ssa`]: null, "reloader.stakater.com/auto": "true" } } });
		expect(await refusal()).toMatchObject({ code: "workload-ambiguous" });
		await scene.change({ metadata: { annotations: { "reloader.stakater.com/auto": null } } });
		const { spec } = await scene.read();
		const [container] = spec.template.spec!.containers;
		const setContainers = (containers: object[]) => scene.change({ spec: { template: { spec: { containers } } } });
		await setContainers([{ ...container, env: [] }]);
		expect(await refusal()).toMatchObject({ code: "copy-unused", names: { workload, key: "DB_PASSWORD" } });
		await setContainers([{ ...container, envFrom: [{ secretRef: { name: copyName } }] }]);
		expect(await refusal()).toMatchObject(not(/one of which stays/));
	});
});

describe.each(clusters)("A generator of another form on $title", ({ open }) => {
	let stage: Stage;
	beforeAll(async () => {
		stage = await open();
	}, 90_000);
	afterAll(async () => {
		await stage?.[Symbol.asyncDispose]();
	});

	const one = (published: readonly Published[]) => published.slice(0, 1);

	test("a whole file is a key, and may have lines", async () => {
		await using scene = await setGeneratorScene(stage, { form: "binary", keys: { "db-password": "password" } });
		const { path, consumer } = scene;
		expect(await path.refusal(consumer, one(wanted as never) as never)).toBeUndefined();
		const published = one(second).map((version) => ({ ...version, value: new Password("one\ntwo\n") }));
		await path.refresh!(intent, consumer, published, { ...live, round: 1 });
		await scene.flux.round();
		expect(await scene.made()).toEqual({ [await scene.referred()]: { password: "one\ntwo\n" } });
		expect(await path.copy(consumer, published)).toMatchObject({ state: "current" });
	}, 90_000);

	test("a Secret whose name stays is written in place, and the app rolls the workload", async () => {
		const options = { disableNameSuffixHash: true };
		await using scene = await setGeneratorScene(stage, { keys: { "db-password": "DB_PASSWORD" }, options });
		const { path, consumer } = scene;
		expect(await scene.referred()).toBe(copyName);
		expect(await path.refersTo!(consumer)).toBeUndefined();
		expect(await path.refusal(consumer, wanted.slice(0, 1))).toBeUndefined();
		await path.refresh!(intent, consumer, one(second), { ...live, round: 1 });
		await scene.flux.round();
		expect(await path.copy(consumer, one(second))).toMatchObject({ state: "current" });
		const pods = await workloads(stage.client).pods(consumer);
		const proofs = await path.prove(consumer, pods, one(second), never);
		expect(proofs).toMatchObject(
			Array(2).fill({ proved: false, detail: expect.stringContaining("a container started at") }),
		);
	}, 90_000);
});
