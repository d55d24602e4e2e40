import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import list from "../../infra/rights.json" with { type: "json" };
import { at as path } from "../../packages/kubernetes-api/index.ts";
import { kubernetesClient } from "../../src/lib/adapters/kubernetes/client.ts";
import type { RollMark } from "../../src/lib/domain/workload.ts";
import { eventOf } from "../../src/lib/domain/workload-event.ts";
import { rolledKindNames } from "../../src/lib/kinds/index.ts";
import { annotationsOf, marksOf } from "../../src/lib/kinds/mark.ts";
import { workloads as workloadsOf } from "../../src/lib/kinds/workloads.ts";
import type { Workloads } from "../../src/lib/ports/workload.ts";
import { eventually } from "../integration/agents/eventually.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import { intent } from "./support/intent.ts";
import type { Scene } from "./support/scene.ts";
import { scenes } from "./support/scenes.ts";

/** A restart by a point in time takes what was made before it: it is later than each scene's pods. */
let at = "";

const mark = (change: Partial<RollMark> = {}): RollMark => ({
	secret: "titanic-kv/db-password",
	contents: "0123456789abcdef",
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	round: 1,
	version: "0123456789abcdef0123456789abcdef",
	at,
	...change,
});

function mayCreateEvents(namespace: string, user: string) {
	const rbac = "rbac.authorization.k8s.io";
	const metadata = { name: "titanic-secret-rotator-events", namespace };
	const rights = list.kubernetes["events: true"].rights;
	const rules = rights.map(({ verb, group, resource }) => ({
		apiGroups: [group],
		resources: [resource],
		verbs: [verb],
	}));
	const roleRef = { apiGroup: rbac, kind: "Role", name: metadata.name };
	const subjects = [{ apiGroup: rbac, kind: "User", name: user }];
	return [
		{ plural: "roles", body: { apiVersion: `${rbac}/v1`, kind: "Role", metadata, rules } },
		{ plural: "rolebindings", body: { apiVersion: `${rbac}/v1`, kind: "RoleBinding", metadata, roleRef, subjects } },
	];
}

const all = rolledKindNames.flatMap((kind) => clusters.map((cluster) => ({ kind, ...cluster })));

describe.each(all)("Workloads of kind $kind on $title", ({ kind, open }) => {
	const { set, plural, holds } = scenes[kind];
	const setScene = async (on: Stage) => {
		const scene = await set(on);
		at = new Date().toISOString();
		return scene;
	};
	const [written, place] = kind === "Rollout" ? [marksOf, []] : [annotationsOf, ["spec", "template"]];
	/** A patch of the annotations that a roll marks. */
	const patchOf = (annotations: object): object =>
		place.reduceRight<object>((inner, name) => ({ [name]: inner }), { metadata: { annotations } });
	let stage: Stage;
	let workloads: Workloads;
	beforeAll(async () => {
		stage = await open();
		workloads = workloadsOf(stage.client);
	}, 90_000);
	afterAll(async () => {
		await stage?.[Symbol.asyncDispose]();
	});

	const annotations = async (scene: Scene): Promise<Record<string, string>> => {
		const { metadata, spec } = await scene.read();
		return (kind === "Rollout" ? metadata : spec.template.metadata)?.annotations ?? {};
	};
	/** A StatefulSet's pods have the same names again. */
	const uidsOf = async (scene: Scene) => (await scene.pods()).map(({ metadata }) => metadata?.uid);
	/** Lets the nodes work until the rollout says `state`. */
	const until = (scene: Scene, state: string, hands: () => Promise<void> = () => scene.work()) =>
		eventually(async () => {
			await hands();
			const seen = await workloads.rollout(scene.consumer, mark());
			expect(seen.state).toBe(state);
			return seen;
		});

	test("a workload that serves is not refused, and asking changes nothing", async () => {
		const scene = await setScene(stage);
		const before = await scene.read();
		expect(await workloads.refusal(scene.consumer)).toBeUndefined();
		expect((await scene.read()).spec).toEqual(before.spec);
	});

	test("a workload that does not exist, is held or is to have no pods is refused by name", async () => {
		const scene = await setScene(stage);
		for (const [hold, release, code] of Object.values(holds)) {
			await scene.change({ spec: hold });
			expect(await workloads.refusal(scene.consumer)).toMatchObject({ code });
			await scene.change({ spec: release });
		}
		await scene.scale(0);
		await eventually(async () => {
			await scene.work();
			expect(await workloads.refusal(scene.consumer)).toMatchObject({ code: "workload-empty" });
		});
		await scene.remove();
		expect(await workloads.refusal(scene.consumer)).toMatchObject({
			code: "workload-missing",
			names: { workload: `${kind} ${scene.consumer.namespace}/titanic-api` },
		});
		await expect(workloads.roll(intent, scene.consumer, mark())).rejects.toMatchObject({ code: "workload-missing" });
	});

	test("a roll replaces every pod, and is done when the last old one is gone", async () => {
		const scene = await setScene(stage);
		const old = await uidsOf(scene);
		await workloads.roll(intent, scene.consumer, mark());
		const done = await until(scene, "done");
		if (done.state !== "done") throw new Error(done.state);
		expect(done.pods).toHaveLength(2);
		for (const pod of done.pods) {
			expect(old).not.toContain(pod.uid);
			expect(pod).toMatchObject({ ready: true, startedAt: expect.stringMatching(/^\d{4}-.*Z$/) });
		}
		expect(await uidsOf(scene)).toHaveLength(2);
	});

	test("a later delivery finds the roll that brought these versions, done as it is", async () => {
		const scene = await setScene(stage);
		await workloads.roll(intent, scene.consumer, mark());
		await until(scene, "done");
		const rotationId = "db-password.00000000-0000-4000-8000-000000000002";
		const later = { ...mark({ rotationId }), at: new Date(Date.parse(at) + 3_600_000).toISOString() };
		const found = await workloads.rollOf(scene.consumer, later);
		expect(found).toMatchObject({ rotationId: mark().rotationId, round: 1 });
		expect(await workloads.rollout(scene.consumer, { ...later, ...found })).toMatchObject({ state: "done" });
	});

	test("the pods that serve are told whatever rolled them, and a terminating one is not", async () => {
		const scene = await setScene(stage);
		const old = await uidsOf(scene);
		const before = await workloads.pods(scene.consumer);
		expect(before.map(({ uid }) => uid).sort()).toEqual([...old].sort());
		expect(before[0]).toMatchObject({ ready: true, startedAt: expect.stringMatching(/^\d{4}-.*Z$/) });
		await workloads.roll(intent, scene.consumer, mark());
		await eventually(async () => {
			await scene.work({ keep: () => true });
			const pods = await scene.pods();
			const [ending] = pods.filter(({ metadata }) => metadata?.deletionTimestamp);
			expect(old).toContain(ending?.metadata?.uid);
			const serving = (await workloads.pods(scene.consumer)).map(({ uid }) => uid);
			expect(serving).not.toContain(ending?.metadata?.uid);
			expect(serving.length).toBeGreaterThan(0);
		});
		await until(scene, "done");
		await scene.remove();
		await expect(workloads.pods(scene.consumer)).rejects.toMatchObject({ code: "workload-missing" });
	});

	// Only a Deployment makes a pod before the one in whose place it comes is gone.
	if (kind === "Deployment")
		test("a rollout whose old pod is still terminating is ending, not done", async () => {
			const scene = await setScene(stage);
			const old = (await scene.pods()).map(({ metadata }) => metadata?.name);
			const keep = (pod: { metadata?: { name?: string } }) => pod.metadata?.name === old[0];
			await workloads.roll(intent, scene.consumer, mark());
			await eventually(async () => {
				await scene.work({ keep });
				const { status } = await scene.read();
				expect(status).toMatchObject({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 });
				expect(await workloads.rollout(scene.consumer, mark())).toEqual({
					state: "ending",
					waitingFor: `${old[0]} of an earlier template to end`,
					pods: [expect.objectContaining({ ready: true }), expect.objectContaining({ ready: true })],
				});
			});
			await until(scene, "done");
		});
	else
		test("a rollout waits for an old pod that does not end, and names it", async () => {
			const scene = await setScene(stage);
			await workloads.roll(intent, scene.consumer, mark());
			await eventually(async () => {
				await scene.work({ keep: () => true });
				const ending = (await scene.pods()).find(({ metadata }) => metadata?.deletionTimestamp);
				expect(ending).toBeDefined();
				expect(await workloads.rollout(scene.consumer, mark())).toMatchObject({
					state: "progressing",
					waitingFor: expect.stringContaining(ending?.metadata?.name ?? "?"),
				});
			});
			await until(scene, "done");
		});

	test("the same roll again leaves the workload, even at a later time", async () => {
		const scene = await setScene(stage);
		await workloads.roll(intent, scene.consumer, mark());
		const marked = async () => [(await scene.read()).spec, await annotations(scene)];
		const rolled = await marked();
		await workloads.roll(intent, scene.consumer, mark());
		await workloads.roll(intent, scene.consumer, mark({ at: new Date(Date.parse(at) + 300_000).toISOString() }));
		expect(await marked()).toEqual(rolled);
		await workloads.roll(intent, scene.consumer, mark({ round: 2 }));
		expect(await marked()).not.toEqual(rolled);
		await workloads.roll(intent, scene.consumer, mark());
		expect(await annotations(scene)).toMatchObject(written(mark({ round: 2 })));
	});

	test("a roll leaves other managers' annotations and owns only its own fields", async () => {
		const scene = await setScene(stage);
		const before = await annotations(scene);
		await workloads.roll(intent, scene.consumer, mark());
		expect(await annotations(scene)).toEqual({ ...before, ...written(mark()) });
		const managed = (await scene.read()).metadata.managedFields ?? [];
		const ours = managed.find(({ manager }) => manager === "titanic-secret-rotator")?.fieldsV1;
		const fields = Object.fromEntries(Object.keys(written(mark())).map((key) => [`f:${key}`, {}]));
		expect(ours).toEqual(
			kind === "Rollout"
				? { "f:metadata": { "f:annotations": fields }, "f:spec": { "f:restartAt": {} } }
				: { "f:spec": { "f:template": { "f:metadata": { "f:annotations": fields } } } },
		);
	});

	test.each(Object.entries(holds))(
		"one that is %s after the plan is not patched, and after the roll it fails",
		async (...args) => {
			const [, [hold, release, code]] = args;
			const scene = await setScene(stage);
			await scene.change({ spec: hold });
			const before = await annotations(scene);
			await expect(workloads.roll(intent, scene.consumer, mark())).rejects.toMatchObject({ code });
			expect(await annotations(scene)).toEqual(before);
			await scene.change({ spec: release });
			await workloads.roll(intent, scene.consumer, mark());
			await scene.change({ spec: hold });
			expect(await workloads.rollout(scene.consumer, mark())).toMatchObject({ state: "failed", fault: { code } });
		},
	);

	test("a rollout that is scaled up in the middle waits for the new pods too", async () => {
		const scene = await setScene(stage);
		await workloads.roll(intent, scene.consumer, mark());
		await scene.work();
		await scene.scale(4);
		// The controller may hear of a node later than of the roll.
		await eventually(async () => {
			await scene.work();
			expect(await workloads.rollout(scene.consumer, mark())).toMatchObject({ state: "done", pods: [{}, {}, {}, {}] });
		});
	});

	if (kind === "Deployment")
		test("a rollout that makes no progress until its deadline has failed", async () => {
			const scene = await setScene(stage);
			await scene.change({ spec: { progressDeadlineSeconds: 2 } });
			await workloads.roll(intent, scene.consumer, mark());
			const failed = await until(scene, "failed", () => scene.work({ ready: false }));
			expect(failed).toMatchObject({ fault: { code: "rollout-failed", message: expect.stringContaining("for 2 s") } });
		});
	else
		test("a rollout waits for a new pod that does not get ready, and says which", async () => {
			const scene = await setScene(stage);
			await workloads.roll(intent, scene.consumer, mark());
			await eventually(async () => {
				await scene.work({ ready: false });
				expect(await workloads.rollout(scene.consumer, mark())).toMatchObject({
					state: "progressing",
					waitingFor: expect.stringMatching(/; titanic-api-[\w-]+: container titanic-api runs and its readiness probe/),
				});
			});
		});

	// Deployments and DaemonSets replace such pods first.
	if (kind === "StatefulSet" || kind === "Rollout")
		test("an old pod that is not ready blocks the roll that would heal it, until somebody deletes it", async () => {
			const scene = await setScene(stage);
			expect(await workloads.stuck(scene.consumer)).toBeUndefined();
			const [first] = (await scene.pods()).map(({ metadata }) => metadata?.name ?? "").sort();
			await scene.report(first!, false);
			await eventually(async () => {
				expect(await workloads.stuck(scene.consumer)).toMatchObject({ code: "rollout-blocked" });
			});
			await workloads.roll(intent, scene.consumer, mark());
			const before = await uidsOf(scene);
			await eventually(async () => {
				const blocked = { code: "rollout-blocked", message: expect.stringContaining(`(${first})`) };
				expect(await workloads.rollout(scene.consumer, mark())).toMatchObject({ state: "progressing", blocked });
			});
			expect((await uidsOf(scene)).sort()).toEqual(before.sort());
			await scene.core.deleteNamespacedPod({ namespace: scene.consumer.namespace, name: first! });
			await until(scene, "done");
		});

	if (kind === "Rollout")
		test("a later restart of somebody else's is not called off, and does for ours", async () => {
			const scene = await setScene(stage);
			const restartAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000).toISOString();
			await scene.change({ spec: { restartAt } });
			await workloads.roll(intent, scene.consumer, mark());
			expect((await scene.read()).spec).toMatchObject({ restartAt });
			await until(scene, "done");
			await scene.change({ spec: { restartAt: null } });
			expect(await workloads.rollout(scene.consumer, mark())).toMatchObject({ state: "failed" });
		});

	test("of two secrets that roll it at the same moment one sees the other's roll, which does for both", async () => {
		const scene = await setScene(stage);
		const other = mark({
			secret: "titanic-kv/flask-key",
			rotationId: "flask-key.00000000-0000-4000-8000-000000000002",
		});
		let isFirst = true;
		const late: typeof stage.client = {
			...stage.client,
			async call(target, send) {
				if (target.verb === "patch" && isFirst) {
					isFirst = false;
					await workloads.roll(intent, scene.consumer, other);
				}
				return stage.client.call(target, send);
			},
		};
		const instead = { secrets: [other.secret], windows: [{ since: at }] };
		const found = await workloadsOf(late).roll(intent, scene.consumer, mark(), instead);
		const { secret, rotationId, round, version } = other;
		expect(found).toEqual({ secret, rotationId, round, version, at });
		const seen = await eventually(async () => {
			await scene.work();
			const state = await workloads.rollout(scene.consumer, { ...mark(), ...found });
			expect(state.state).toBe("done");
			return state;
		});
		expect(seen).toMatchObject({ pods: [{ ready: true }, { ready: true }] });
		const left = await annotations(scene);
		expect(left).toMatchObject(written(other));
		const ours = Object.keys(marksOf(mark())).filter((key) => !(key in written(other)));
		expect(ours).toHaveLength(1);
		for (const key of ours) expect(left).not.toHaveProperty([key]);
	});

	test("another secret's roll from before the copy was new does not do", async () => {
		const scene = await setScene(stage);
		const other = mark({ secret: "titanic-kv/flask-key", rotationId: "flask-key.2" });
		await workloads.roll(intent, scene.consumer, other);
		const since = new Date(Date.parse(at) + 1).toISOString();
		const instead = {
			secrets: [other.secret],
			windows: [{ since }, { since: "2026-01-01T00:00:00.000Z", until: since.replace(/^\d{4}/, "2025") }],
		};
		expect(await workloads.roll(intent, scene.consumer, mark(), instead)).toBeUndefined();
		expect(await annotations(scene)).toMatchObject(written(mark()));
		// nor does one of a secret that is not asked for
		const third = mark({ secret: "titanic-kv/third", rotationId: "third.3" });
		expect(
			await workloads.roll(intent, scene.consumer, third, { secrets: [], windows: [{ since: at }] }),
		).toBeUndefined();
	});

	test("a rollout that another rotation rolled again goes on, and one that somebody undid or replaced has failed", async () => {
		const scene = await setScene(stage);
		await workloads.roll(intent, scene.consumer, mark());
		const later = mark({
			secret: "titanic-kv/flask-key",
			rotationId: "flask-key.00000000-0000-4000-8000-000000000002",
		});
		await workloads.roll(intent, scene.consumer, later);
		await until(scene, "done");
		// what `kubectl rollout undo` leaves: the template of an earlier roll
		const undone = mark({
			rotationId: "db-password.00000000-0000-4000-8000-000000000003",
			at: "2026-07-02T12:00:00.000Z",
		});
		expect(await workloads.rollout(scene.consumer, undone)).toMatchObject({
			state: "failed",
			fault: { code: "rollout-failed" },
		});
		const all = Object.keys(await annotations(scene)).map((key) => [key, null]);
		await scene.change(patchOf(Object.fromEntries(all)));
		expect(await workloads.rollout(scene.consumer, mark())).toMatchObject({
			state: "failed",
			fault: { code: "rollout-failed", message: expect.stringContaining("mark") },
		});
	});

	test("the rotator's rights reach the one workload, and a refusal names the right that is lacking", async () => {
		const scene = await setScene(stage);
		const elsewhere = { ...scene.consumer, namespace: "default" };
		await expect(workloads.refusal(elsewhere)).rejects.toMatchObject({
			code: "cluster-forbidden",
			names: { right: `get ${plural}/titanic-api in namespace default` },
		});
		await expect(workloads.refusal({ ...scene.consumer, name: "other" })).rejects.toMatchObject({
			names: { right: `get ${plural}/other in namespace ${scene.consumer.namespace}` },
		});
	});

	test("a right to patch that is missing is found before anything is changed", async () => {
		const scene = await setScene(stage);
		const { namespace } = scene.consumer;
		await stage.cluster.apply([
			{
				apiVersion: "rbac.authorization.k8s.io/v1",
				kind: "Role",
				metadata: { name: "titanic-secret-rotator", namespace },
				rules: [
					{ apiGroups: ["apps", "argoproj.io"], resources: [plural, "replicasets"], verbs: ["get", "list"] },
					{ apiGroups: [""], resources: ["pods"], verbs: ["list"] },
				],
			},
		]);
		await eventually(async () => {
			await expect(workloads.refusal(scene.consumer)).rejects.toMatchObject({
				code: "cluster-forbidden",
				names: { right: `patch ${plural}/titanic-api in namespace ${namespace}` },
			});
		});
	});

	test("a right to list pods that is missing is found before anything is changed", async () => {
		const scene = await setScene(stage);
		const { namespace } = scene.consumer;
		await stage.cluster.apply([
			{
				apiVersion: "rbac.authorization.k8s.io/v1",
				kind: "Role",
				metadata: { name: "titanic-secret-rotator", namespace },
				rules: [
					{ apiGroups: ["apps", "argoproj.io"], resources: [plural], verbs: ["get", "patch"] },
					{ apiGroups: ["apps"], resources: ["replicasets"], verbs: ["list"] },
				],
			},
		]);
		await eventually(async () => {
			await expect(workloads.refusal(scene.consumer)).rejects.toMatchObject({
				code: "cluster-forbidden",
				names: { right: `list pods in namespace ${namespace}` },
			});
		});
	});

	test("an Event needs a right of its own; it is on this very workload, and once there however often it is written", async () => {
		const scene = await setScene(stage);
		const { namespace } = scene.consumer;
		const happened = { rotationId: mark().rotationId, secret: "db-password", version: mark().version, delivery: 1, at };
		const event = eventOf(scene.consumer, { ...happened, happening: { is: "started" } });
		await expect(workloads.writeEvent(scene.consumer, event)).rejects.toMatchObject({
			code: "cluster-forbidden",
			names: { right: `create events in namespace ${namespace}` },
		});
		for (const object of mayCreateEvents(namespace, stage.user))
			await stage.admin.create(path("rbac.authorization.k8s.io/v1", object.plural, namespace), object.body);
		await eventually(() => workloads.writeEvent(scene.consumer, event));
		await workloads.writeEvent(scene.consumer, event);
		const query = { fieldSelector: "reason=SecretRotationStarted" };
		const { items } = await stage.admin.get<{ items: object[] }>(path("v1", "events", namespace), query);
		const { uid } = (await scene.read()).metadata;
		const { name } = scene.consumer;
		expect(items).toMatchObject([
			{
				involvedObject: { kind, namespace, name, uid, apiVersion: expect.stringMatching(/^(apps|argoproj.io)\/v1/) },
				type: "Normal",
				message: "Delivering version 01234567 of secret db-password.",
				reportingComponent: "titanic-secret-rotator",
				firstTimestamp: expect.stringMatching(/^\d{4}-/),
			},
		]);
	});

	test("a token that the cluster does not know is final, and one that cannot be had is transient", async () => {
		const scene = await setScene(stage);
		const { server, ca } = stage.cluster;
		const asking = async (token: () => Promise<string>) => {
			await using client = kubernetesClient({ name: "titanic-aks", server, ca, token });
			return await workloadsOf(client).refusal(scene.consumer);
		};
		await expect(asking(async () => "nobody's")).rejects.toMatchObject({
			code: "cluster-unauthorized",
			transient: false,
		});
		await expect(asking(() => Promise.reject(new Error("no endpoint")))).rejects.toMatchObject({
			code: "token-unavailable",
			transient: true,
		});
	});

	test("a certificate that the configured CA did not sign is not trusted", async () => {
		const scene = await setScene(stage);
		await using client = kubernetesClient({
			name: "titanic-aks",
			server: stage.cluster.server,
			token: async () => "x",
		});
		await expect(workloadsOf(client).refusal(scene.consumer)).rejects.toMatchObject({
			code: "cluster-untrusted",
		});
	});
});
