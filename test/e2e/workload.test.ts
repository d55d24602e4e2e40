// What docs/workload.md asks of an application: each sentence, by a program that does it and by one that does not. No workload is
// rolled here, so that what pods do by themselves shows.
// WO1. ALTER ROLE is let go right after the driver has looked. Otherwise: the file is new before anybody needs it, and a program
//      that does everything wrong passes.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { V1Container } from "@kubernetes/client-node";
import type { Status } from "../../local/rotation-watch.ts";
import { type Traffic, traffic } from "../../local/traffic.ts";
import { until } from "../../local/until.ts";
import { names } from "../../local/world.ts";
import { at, type KubeObject, type Wire } from "../../packages/kubernetes-api/index.ts";
import { holdAlter } from "./support/database.ts";
import {
	administrator,
	configure,
	type Deployment,
	deploymentPath,
	idle,
	requested,
	rotated,
	stackFor,
	type Undo,
	withoutConsumers,
} from "./support/scene.ts";

const driverPollMs = 5_000;
/** As it is told: on a busy machine the driver is late. */
const pollSeconds = 7;

const stack = stackFor({ driverPollMs });
const kubernetes = administrator(stack);

type Container = Wire<V1Container>;
let sample: Container;
/** Puts the consumers back. */
let alone: Undo;
beforeAll(async () => {
	const { spec } = await kubernetes().get<Deployment>(deploymentPath);
	sample = spec!.template!.spec!.containers[0]!;
	alone = await configure(stack(), withoutConsumers);
});

interface Pod extends KubeObject {
	readonly status: { readonly containerStatuses: readonly { readonly restartCount: number }[] };
}

async function pods() {
	const { items } = await kubernetes().get<{ items: Pod[] }>(at("v1", "pods", names.namespace));
	return items
		.filter(({ metadata }) => !metadata.deletionTimestamp)
		.map(({ metadata, status }) => ({
			uid: metadata.uid,
			url: `http://127.0.0.1:${metadata.annotations?.["local/port"]}`,
			restarts: status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
		}));
}

/** Two pods of the sample's container with this change, ready. */
async function deployed(change: Partial<Container> = {}): Promise<void> {
	const containers = [{ ...sample, ...change }];
	await kubernetes().merge(deploymentPath, { spec: { template: { spec: { containers } } } });
	await until("two pods of the new template", 120, async () => {
		const { metadata, status = {} } = await kubernetes().get<Deployment>(deploymentPath);
		const { observedGeneration, replicas, updatedReplicas, availableReplicas } = status;
		const isOver = observedGeneration === metadata.generation && (await pods()).length === 2;
		return (isOver && [replicas, updatedReplicas, availableReplicas].every((count) => count === 2)) || undefined;
	});
}

/** When the driver last wrote what the oldest file of the pods' has. */
async function written(): Promise<number> {
	const statuses = at("secrets-store.csi.x-k8s.io/v1", "secretproviderclasspodstatuses", names.namespace);
	const { items } = await kubernetes().get<{ items: { status: { targetPath: string } }[] }>(statuses);
	const uids = (await pods()).map(({ uid }) => uid);
	const files = items
		.map(({ status }) => status.targetPath)
		.filter((path) => uids.some((uid) => path.includes(uid)))
		.map((path) => join(path, "db-password"));
	return Math.min(...(await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs))));
}

const looked = async (since: number): Promise<void> => {
	await until("the driver's next look", 60, async () => (await written()) > since || undefined, undefined, 20);
};

/** @returns when ALTER ROLE was committed, right after the driver had looked */
async function changed(): Promise<number> {
	await using alter = await held();
	const rotationId = await requested(stack(), { force: true });
	await alter.reached;
	await looked(Date.now());
	const since = Date.now();
	await alter.release();
	await until("the new version", 60, async () => (await outcomeOf(rotationId)) === "completed" || undefined);
	return since;
}

async function held() {
	const alter = await holdAlter(stack().postgres, names.role);
	let isHeld = true;
	const release = async () => {
		if (isHeld) await alter.release();
		isHeld = false;
	};
	return { reached: alter.reached, release, [Symbol.asyncDispose]: release };
}

async function outcomeOf(rotationId: string): Promise<string | undefined> {
	const answer = await stack().api(`rotations/${rotationId}`, { roles: ["Rotation.Read"] });
	return ((await answer.json()) as Status).outcome;
}

const logsIn = async ({ url }: { url: string }): Promise<boolean> => (await fetch(`${url}/health/ready`)).ok;
const serves = async ({ url }: { url: string }): Promise<boolean> => (await fetch(`${url}/api/passengers`)).ok;
const each = async (asks: (pod: { url: string }) => Promise<boolean>) => Promise.all((await pods()).map(asks));

const shutOut = () =>
	until("logins that fail", 120, async () => (await each(logsIn)).every((is) => !is) || undefined, undefined, 50);

const answered = (calls: Traffic) => {
	const before = calls.requests - calls.failed;
	return until("more answers", 60, async () => calls.requests - calls.failed > before + 40 || undefined);
};

interface Exposed extends Status {
	readonly exposure: { readonly expectedSeconds: number; readonly consumers: readonly Record<string, number>[] };
	readonly plan: { readonly checks: readonly { readonly result: string; readonly code?: string }[] };
}

/** What the plan says of the workload as it stands. */
async function planned(maxExposureSeconds: number, force = false): Promise<Exposed> {
	await alone();
	const undo = await configure(stack(), (config) => {
		const [consumer] = config.secrets["db-password"].consumers;
		Object.assign(consumer, { maxExposureSeconds });
		Object.assign(consumer.delivery, { pollSeconds });
	});
	const status = await rotated(stack(), { dryRun: true, force });
	await undo();
	alone = await configure(stack(), withoutConsumers);
	return status as Exposed;
}

describe("a readiness probe that gives up before the driver looks again", () => {
	const readinessProbe = { ...sampleProbe(), periodSeconds: 1, failureThreshold: 3 };
	let expected: number;

	test("is found by the plan, which refuses where that is too long", async () => {
		await deployed({ readinessProbe });
		const { outcome, code, exposure, plan } = await planned(0);
		expect({ outcome, code }).toEqual({ outcome: "refused", code: "exposure-too-long" });
		expect(plan.checks.at(-1)).toMatchObject({ result: "refused", code });
		expected = exposure.expectedSeconds;
		expect(exposure.consumers).toMatchObject([{ outOfServiceSeconds: expected, newLoginsSeconds: pollSeconds + 91 }]);
	}, 240_000);

	test("takes all pods out of service, for no longer than the plan says", async () => {
		const failed: number[] = [];
		await using calls = traffic(stack().service.url, { everyMs: 20, onFailed: (began) => void failed.push(began) });
		await answered(calls);
		await changed();
		await until("the first request that failed", 60, async () => failed.length > 0 || undefined);
		await answered(calls);
		const outMs = failed.at(-1)! - failed[0]!;
		console.info(`out of service for ${outMs} ms, at most ${expected} s were expected`);
		expect(outMs).toBeGreaterThan(500);
		expect(outMs).toBeLessThanOrEqual(expected * 1000);
	}, 240_000);
});

describe("a program that reads its file again and keeps its sessions, with a patient probe", () => {
	test("serves every request, and logs in again after the driver's next look, without a restart", async () => {
		await deployed();
		const { exposure } = await planned(0, true);
		expect(exposure.expectedSeconds).toBe(0);
		const before = await pods();
		await using calls = traffic(stack().service.url);
		await answered(calls);
		// From before the change: on a slow machine the driver has looked again before the rotation's end is heard of.
		const [since] = await Promise.all([changed(), shutOut()]);
		await until("new logins", 60, async () => (await each(logsIn)).every(Boolean) || undefined, undefined, 50);
		const seconds = (Date.now() - since) / 1000;
		console.info(
			`new logins failed for ${seconds} s, at most ${exposure.consumers[0]?.newLoginsSeconds} s were expected`,
		);
		expect(seconds).toBeLessThanOrEqual(exposure.consumers[0]!.newLoginsSeconds!);
		await answered(calls);
		expect(calls.failures).toEqual([]);
		const after = await pods();
		expect(after.map(({ uid }) => uid).sort()).toEqual(before.map(({ uid }) => uid).sort());
		expect(after.map(({ restarts }) => restarts)).toEqual([0, 0]);
	}, 240_000);
});

describe("a program that has its password from the environment and a file mounted by subPath", () => {
	const volumeMounts = [
		{ name: "secrets", mountPath: "/mnt/secrets/db-password", subPath: "db-password", readOnly: true },
	];

	test("is shut out although the driver has brought the new one, and serves only by its open sessions", async () => {
		await deployed({ volumeMounts });
		const since = await changed();
		await looked(since + 1_000);
		expect(await each(logsIn)).toEqual([false, false]);
		expect(await each(serves)).toEqual([true, true]);
	}, 240_000);

	test("fails requests once its sessions are gone, as one that opens them when it needs them does", async () => {
		await stack().postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [
			names.role,
		]);
		await until("requests that fail", 60, async () => (await each(serves)).every((is) => !is) || undefined);
	}, 240_000);

	test("is back only in pods that are new", async () => {
		await deployed({ volumeMounts, env: [...(sample.env ?? []), { name: "ROLLED", value: "by hand" }] });
		expect(await each(logsIn)).toEqual([true, true]);
	}, 240_000);
});

test("a liveness probe that logs in restarts every container while only a new login has to wait", async () => {
	const livenessProbe = { ...sampleProbe(), periodSeconds: 1, failureThreshold: 2 };
	await deployed({ livenessProbe });
	await changed();
	const restarts = async () => (await pods()).map((pod) => pod.restarts);
	await until("a restart of each", 60, async () => (await restarts()).every((count) => count > 0) || undefined);
	await idle(stack());
}, 240_000);

function sampleProbe() {
	return { httpGet: { path: "/health/ready", port: 5000 }, timeoutSeconds: 5 };
}
