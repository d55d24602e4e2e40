// The sample's Deployment on the agents: the same scenarios on the stand-in and on a real control plane.

import { access } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Pod } from "../../../local/agents/environment.ts";
import { portAnnotation } from "../../../local/agents/pod.ts";
import { type Service, service } from "../../../local/agents/service.ts";
import { at } from "../../../packages/kubernetes-api/index.ts";
import { eventually } from "./eventually.ts";
import { clusters, deployment, isReady, namespace, openWorld, rolledOut, type World } from "./world.ts";

describe.each(clusters)("on the %s", (cluster) => {
	let world: World;
	let titanic: Service;
	const crashesOnce = `
	const ran = process.env.CONTAINER_ROOT + "/ran";
	if (require("fs").existsSync(ran)) setInterval(() => {}, 1000);
	else { require("fs").writeFileSync(ran, ""); process.exit(3); }`;

	beforeAll(async () => {
		const images = { "crashes-once": { command: ["node", "-e", crashesOnce] } };
		world = await openWorld({ cluster, generation: "1.5", pollMs: 500, images });
		await eventually(async () => expect((await world.pods()).filter(isReady)).toHaveLength(2), 40_000);
		titanic = await service({ kubeConfig: world.cluster.kubeConfig(), namespace, name: "titanic-api" });
	});
	afterAll(async () => {
		await titanic?.[Symbol.asyncDispose]();
		await world?.[Symbol.asyncDispose]();
	});

	test("the Deployment's two pods serve passengers, and each has logged in", async () => {
		const names = (await world.pods()).map(({ metadata }) => metadata.name);
		const answers = new Set<string>();
		for (let request = 0; request < 4; request++) {
			const answer = await fetch(`${titanic.url}/api/passengers?limit=3`);
			expect(((await answer.json()) as { passengers: unknown[] }).passengers).toHaveLength(3);
			answers.add(((await (await fetch(`${titanic.url}/version`)).json()) as { pod: string }).pod);
		}
		expect([...answers].every((pod) => names.includes(pod))).toBe(true);
		const sessions = await world.postgres.query<{ application_name: string }>(
			"SELECT DISTINCT application_name FROM pg_stat_activity WHERE usename = 'titanic_admin'",
		);
		expect(sessions.map((one) => one.application_name).sort()).toEqual(names.sort());
	});

	test("a changed annotation of the template replaces both pods, and no request fails meanwhile", async () => {
		const before = await world.pods();
		const calling = new AbortController();
		const seen = { requests: 0, failed: 0 };
		const client = (async () => {
			while (!calling.signal.aborted) {
				const answer = await fetch(`${titanic.url}/api/passengers`).catch(() => undefined);
				await answer?.arrayBuffer();
				seen.requests++;
				if (answer?.status !== 200) seen.failed++;
			}
		})();
		await world.patchDeployment({
			spec: { template: { metadata: { annotations: { "titanic-secret-rotator/version": "v2" } } } },
		});
		await rolledOut(world);
		await eventually(async () => expect(await world.pods()).toHaveLength(2));
		calling.abort();
		await client;
		const after = (await world.pods()).map(({ metadata }) => metadata.uid);
		expect(before.filter(({ metadata }) => after.includes(metadata.uid))).toEqual([]);
		const { dbPasswordVersion } = (await (await fetch(`${titanic.url}/version`)).json()) as {
			dbPasswordVersion: string;
		};
		expect(dbPasswordVersion).toBe("v2");
		expect(seen).toEqual({ requests: expect.any(Number), failed: 0 });
		expect(seen.requests).toBeGreaterThan(20);
	});

	test("a rotation that nobody rolls reaches running pods by their mounted files, and they stay ready", async () => {
		const before = await world.pods();
		const version = await world.rotate("password-two");
		await eventually(async () => {
			const mounted = await world.mounted();
			const versions = mounted.map(
				({ status }) => status.objects.find(({ id }) => id === "secret/db-password")?.version,
			);
			expect(versions).toEqual([version, version]);
		});
		await eventually(async () => expect((await world.syncedSecret())["db-password"]).toBe("password-two"));
		for (const { metadata } of before)
			expect((await fetch(`http://127.0.0.1:${metadata.annotations?.[portAnnotation]}/health/ready`)).status).toBe(200);
		expect((await world.pods()).map(({ metadata }) => metadata.uid)).toEqual(
			before.map(({ metadata }) => metadata.uid),
		);
		expect(await world.node.logs()).not.toContain("password-two");
	});

	test("a paused Deployment does not roll, and rolls as soon as it is resumed", async () => {
		const uids = async () => (await world.pods()).map(({ metadata }) => metadata.uid).sort();
		const before = await uids();
		const template = { metadata: { annotations: { roll: "paused" } } };
		await world.patchDeployment({ spec: { paused: true, template } });
		await eventually(async () => {
			const { metadata, status } = await deployment(world);
			expect(status?.observedGeneration).toBe(metadata.generation);
			expect(status?.conditions).toContainEqual(expect.objectContaining({ reason: "DeploymentPaused" }));
		});
		expect(await uids()).toEqual(before);
		await world.patchDeployment({ spec: { paused: false } });
		await rolledOut(world);
		await eventually(async () => expect((await uids()).some((uid) => before.includes(uid))).toBe(false));
	});

	test("a rollout that cannot go on says so at its deadline, and the old pods serve on", async () => {
		const before = await world.pods();
		const original = (await deployment(world)).spec?.template.spec?.containers ?? [];
		const broken = original.map((container) => ({ ...container, image: "no-such-image" }));
		await world.patchDeployment({ spec: { progressDeadlineSeconds: 2, template: { spec: { containers: broken } } } });
		await eventually(async () => {
			const { status } = await deployment(world);
			expect(status?.conditions).toContainEqual(
				expect.objectContaining({ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }),
			);
		});
		const ready = (await world.pods()).filter(isReady).map(({ metadata }) => metadata.uid);
		expect(ready.sort()).toEqual(before.map(({ metadata }) => metadata.uid).sort());
		await world.patchDeployment({
			spec: { progressDeadlineSeconds: 300, template: { spec: { containers: original } } },
		});
		await rolledOut(world);
	});

	test("a scaled Deployment has as many pods as it was told", async () => {
		await world.patchDeployment({ spec: { replicas: 3 } });
		await eventually(async () => expect((await world.pods()).filter(isReady)).toHaveLength(3));
		await world.patchDeployment({ spec: { replicas: 2 } });
		await eventually(async () => expect(await world.pods()).toHaveLength(2));
		await rolledOut(world);
	});

	test("a container that ends is started again, and its exit code is kept", async () => {
		await createPod({ name: "crashing", image: "crashes-once" });
		await eventually(async () => {
			const [status] = (await pod("crashing")).status?.containerStatuses ?? [];
			expect(status).toMatchObject({ restartCount: 1, ready: true, lastState: { terminated: { exitCode: 3 } } });
		});
		await world.api.remove(at("v1", "pods", namespace, "crashing"), { gracePeriodSeconds: 1 });
	});

	test("a pod whose Secret has no such key waits, and starts when the key is there", async () => {
		const secrets = at("v1", "secrets", namespace);
		await world.api.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: { name: "partial" } });
		const valueFrom = { secretKeyRef: { name: "partial", key: "late" } };
		await createPod({ name: "waiting", image: "crashes-once", env: [{ name: "LATE", valueFrom }] });
		await eventually(async () => {
			const [status] = (await pod("waiting")).status?.containerStatuses ?? [];
			expect(status?.state?.waiting).toEqual({
				reason: "CreateContainerConfigError",
				message: "couldn't find key late in Secret titanic-api/partial",
			});
		});
		await world.api.merge(`${secrets}/partial`, { data: { late: Buffer.from("now").toString("base64") } });
		await eventually(async () => expect(isReady(await pod("waiting"))).toBe(true));
		await world.api.remove(at("v1", "pods", namespace, "waiting"), { gracePeriodSeconds: 1 });
	});

	test("disposing of the node agent leaves no process and no folder", async () => {
		const ports = (await world.pods()).flatMap(({ metadata }) => metadata.annotations?.[portAnnotation] ?? []);
		const paths = (await world.mounted()).map(({ status }) => status.targetPath);
		expect(ports.length).toBeGreaterThanOrEqual(2);
		for (const path of paths) await access(path);
		await world.node[Symbol.asyncDispose]();
		for (const port of ports) await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow();
		for (const path of paths) await expect(access(path)).rejects.toThrow();
	});

	async function createPod({ name, image, env = [] }: { name: string; image: string; env?: object[] }): Promise<void> {
		const spec = { containers: [{ name: "main", image, env }] };
		await world.api.create(at("v1", "pods", namespace), { apiVersion: "v1", kind: "Pod", metadata: { name }, spec });
	}

	const pod = (name: string) => world.api.get<Pod>(at("v1", "pods", namespace, name));
});
