// The main job, from the outside: the built bundle in the local host, over the whole local stack.

import { afterAll, describe, expect, test } from "@jest/globals";
import { prove } from "../../local/proof.ts";
import { rotationOf, type Status } from "../../local/rotation-watch.ts";
import type { Stack } from "../../local/stack.ts";
import { complianceOf } from "../../local/sweep-watch.ts";
import { traffic } from "../../local/traffic.ts";
import { until } from "../../local/until.ts";
import type { VaultEvent } from "../../packages/key-vault/index.ts";
import { run } from "../support/kql/evaluate.ts";
import { rowOf } from "../support/logged.ts";
import { queryOf } from "../support/terraform/queries.ts";
import {
	administrator,
	auditLog,
	auditOf,
	configure,
	idle,
	nextRotation,
	rotated,
	stackFor,
	standing,
	withoutConsumers,
} from "./support/scene.ts";

const minutes = 60_000;

/** A rotation under traffic, begun by the vault's own event. */
async function rotatedUnderTraffic(stack: Stack) {
	await using calls = traffic(stack.service.url);
	await until("the client's first answers", 120, async () => calls.requests - calls.failed > 20 || undefined);
	const previous = await rotationOf(stack, "db-password");
	const events = stack.vault.fireDueEvents();
	const status = await nextRotation(stack, previous);
	const served = calls.requests;
	await until("requests after the rotation", 120, async () => calls.requests > served + 40 || undefined);
	return { status, events, requests: calls.requests, failures: calls.failures };
}

async function expectProved(stack: Stack, status: Status): Promise<void> {
	const { version } = status;
	const proof = await prove(stack);
	expect(proof).toMatchObject({
		publishedLogsIn: true,
		derivedLogsIn: true,
		oldIsRefused: true,
		versions: 2,
		pods: [
			{ ready: true, version },
			{ ready: true, version },
		],
		audit: { verified: true, openIntents: 0 },
		leaks: [],
	});
}

describe("by a cloud event, with driver 1.5", () => {
	const stack = stackFor();
	const kubernetes = administrator(stack);
	let fired: VaultEvent[] = [];
	/** The near-expiry event about the version that is live now. */
	const nearExpiry = (): VaultEvent => {
		const event = fired.find(({ subject }) => subject === "db-password")!;
		const Version = stack().vault.owner.get("db-password")?.version ?? "";
		return { ...event, id: crypto.randomUUID(), data: { ...event.data, Version } };
	};
	const versions = () => stack().vault.owner.versions("db-password").length;

	test(
		"a near-expiry event rotates the secret, nobody notices, and every proof holds",
		async () => {
			const { status, events, requests, failures } = await rotatedUnderTraffic(stack());
			fired = events;
			expect(status).toMatchObject({ outcome: "completed", code: "near-expiry" });
			// Expected of requests; measured until the last pod was proved, which takes two looks at the copy at least.
			const { exposure } = status as Status & { exposure: { expectedSeconds: number; measuredSeconds: number } };
			expect(exposure.expectedSeconds).toBe(0);
			expect(exposure.measuredSeconds).toBeGreaterThanOrEqual(5);
			expect(status.steps.map(({ name }) => name)).toEqual([
				...["plan", "createSecret", "setSecret", "testSecret", "finishSecret", "deliver", "roll", "verify"],
			]);
			expect(failures).toEqual([]);
			expect(requests).toBeGreaterThan(60);
			await expectProved(stack(), status);
			const { owner } = stack().vault;
			const live = owner.get("db-password")!;
			expect(live.tags).toMatchObject({
				application: "titanic-api",
				rotation: "90days",
				"rotation-id": status.rotationId,
				"previous-version": status.previousVersion,
			});
			expect(Math.round((live.exp! - live.created) / 86_400)).toBe(120);
			expect(owner.versions("db-password-pending").map(({ enabled }) => enabled)).toEqual([false]);
		},
		8 * minutes,
	);

	test("the host's log has the end of it as the alerts' queries read it", () => {
		const lines = stack().hostLines.flatMap((line) => /{"event":.*}$/.exec(line)?.[0] ?? []);
		const at = Date.now();
		const AppTraces = lines.map((line, index) => rowOf(line, new Date(at + index)));
		const answer = (file: string) => run(queryOf(file), { AppTraces }, new Date(at + lines.length));
		expect(answer("workbook/rotations.kql")).toEqual([expect.objectContaining({ outcome: "completed", rotations: 1 })]);
		expect(answer("workbook/duration.kql")).toMatchObject([
			{ secret: "db-password", longestGapMs: expect.any(Number) },
		]);
		expect(answer("alerts/rotation-failed.kql")).toEqual([]);
		expect(answer("alerts/no-sweep.kql")).toHaveLength(1);
	});

	test("a redelivered event after completion is a recorded no-op", async () => {
		const before = await standing(stack(), kubernetes());
		const previous = await rotationOf(stack(), "db-password");
		stack().topic.publish(fired.find(({ subject }) => subject === "db-password")!);
		const status = await nextRotation(stack(), previous);
		expect(status).toMatchObject({ outcome: "skipped", code: "superseded" });
		expect(await standing(stack(), kubernetes())).toEqual(before);
		expect(await auditOf(stack(), status.rotationId)).toContainEqual(
			expect.objectContaining({ step: "plan", phase: "outcome", code: "superseded" }),
		);
	});

	test("after a sweep the task hub has nothing of what is recorded, and the API says the same of it", async () => {
		const { host, keys } = stack();
		const rotations = [...new Set((await auditLog(stack())).map(({ data }) => data.rotationId))].filter((id) =>
			id.startsWith("db-password."),
		);
		expect(rotations.length).toBeGreaterThan(1);
		const shown = () => Promise.all(rotations.map(async (id) => (await stack().api(`rotations/${id}`)).text()));
		const durable = async (path: string) =>
			fetch(`${host?.url}/runtime/webhooks/durabletask/instances/${path}?code=${keys.durable}`);
		const ids = async () =>
			((await (await durable("")).json()) as { instanceId: string }[])
				.map((one) => one.instanceId)
				.filter((id) => id !== "sweep");
		const before = await shown();
		expect((await ids()).sort()).toEqual([expect.stringMatching(/^deliver-.*-0$/), "rotate-db-password"]);

		const sweep = { method: "POST", headers: { "x-functions-key": keys.master }, body: "{}" };
		expect((await fetch(`${host?.url}/admin/functions/sweep`, sweep)).status).toBe(202);
		await until("a task hub with the sweep alone", 120, async () => (await ids()).length === 0 || undefined);
		expect(await shown()).toEqual(before);
	});

	describe("without a consumer, which takes a second", () => {
		const undone = configured(stack);

		test(
			"duplicates of one event and an operator at the same time make one new version",
			async () => {
				await undone();
				const { topic, vault } = stack();
				const live = vault.owner.get("db-password")!;
				vault.owner.update("db-password", live.version, { expires: new Date(Date.now() + 5 * 86_400_000) });
				const before = versions();
				const event = nearExpiry();
				topic.publish(event, { duplicate: true });
				topic.publish(event, { duplicate: true });
				const answer = await stack().api("secrets/db-password/rotations", { method: "POST", body: {} });
				expect(answer.status).toBe(202);
				await topic.idle();
				await idle(stack());
				expect(versions()).toBe(before + 1);
				const asked = (await auditLog(stack())).filter(
					({ data }) => data.step === "trigger" && data.actor.user.uid === event.id,
				);
				expect(asked.length).toBeGreaterThan(0);
			},
			6 * minutes,
		);

		test("what is not due is skipped, and nothing is changed", async () => {
			const before = await standing(stack(), kubernetes());
			expect(await rotated(stack())).toMatchObject({ outcome: "skipped", code: "not-due" });
			expect(await standing(stack(), kubernetes())).toEqual(before);
		});

		test("a dry run tells what a rotation would do, and nothing is changed", async () => {
			const before = await standing(stack(), kubernetes());
			const status = await rotated(stack(), { dryRun: true, force: true });
			const role = { server: "titanic-db", role: "titanic_admin" };
			expect(status).toMatchObject({
				...{ outcome: "planned", code: "forced" },
				plan: {
					roles: [role],
					versions: [{ secret: "db-password", replaced: true }, { replaced: true }],
					workloads: [],
				},
			});
			expect(await standing(stack(), kubernetes())).toEqual(before);
		});

		test("an operator who forces it gets 202, the place of its status, and the steps there", async () => {
			const before = versions();
			const body = { force: true, reason: "the old one was on a screen share" };
			const answer = await stack().api("secrets/db-password/rotations", { method: "POST", body });
			expect(answer.status).toBe(202);
			const { rotationId } = (await answer.json()) as Status;
			expect(answer.headers.get("location")).toBe(`/api/rotations/${rotationId}`);
			const place = answer.headers.get("location")!.replace("/api/", "");
			const status = await until("the rotation's end", 180, async () => {
				const seen = (await (await stack().api(place, { roles: ["Rotation.Read"] })).json()) as Status;
				return seen.outcome === undefined ? undefined : seen;
			});
			await idle(stack());
			expect(status).toMatchObject({ outcome: "completed", code: "forced", ...{ reason: body.reason } });
			expect(status.steps.map(({ name }) => name)).toEqual(
				expect.arrayContaining(["plan", "createSecret", "setSecret", "testSecret", "finishSecret"]),
			);
			expect(versions()).toBe(before + 1);
		});

		test(
			"the sweep starts what is due, reports who has no entry, and its report is served",
			async () => {
				const { host, keys, vault } = stack();
				const stranger = { tags: { rotation: "90days" } };
				vault.owner.set("stray-api-key", "nobody rotates this", stranger);
				const live = vault.owner.get("db-password")!;
				vault.owner.update("db-password", live.version, { expires: new Date(Date.now() + 86_400_000) });
				const before = versions();
				const previous = await rotationOf(stack(), "db-password");
				const run = await fetch(`${host?.url}/admin/functions/sweep`, {
					method: "POST",
					headers: { "x-functions-key": keys.master, "content-type": "application/json" },
					body: JSON.stringify({ input: "" }),
				});
				expect(run.status).toBe(202);
				const status = await nextRotation(stack(), previous);
				expect(status).toMatchObject({ outcome: "completed", code: "near-expiry" });
				expect(versions()).toBe(before + 1);
				const report = await until("the report", 120, () => complianceOf<Report>(stack()));
				expect(report.secrets).toEqual([
					expect.objectContaining({ secret: "db-password", action: "started", rotationId: status.rotationId }),
				]);
				expect(report.unmanaged).toContainEqual({ vault: "main", secret: "stray-api-key", rotation: "90days" });
				expect(report.unmanaged.map(({ secret }) => secret)).not.toContain("db-password-pending");
			},
			6 * minutes,
		);

		test("every refusal of the API is a problem with a code, and nothing is changed", async () => {
			const before = await standing(stack(), kubernetes());
			const rotations = "secrets/db-password/rotations";
			const post = (path: string, body?: unknown, roles?: string[]) =>
				stack().api(path, { method: "POST", body, roles });
			const bare = await fetch(`${stack().host?.url}/api/${rotations}`, { method: "POST" });
			const answers: [Response, number, string][] = [
				[bare, 401, "token-missing"],
				[await post(rotations, {}, ["Rotation.Read"]), 403, "app-role-missing"],
				[await post("secrets/no-such-secret/rotations", {}), 404, "secret-not-configured"],
				[await post(rotations, { dryrun: true }), 400, "body-not-valid"],
				[await stack().api(`rotations/db-password.${crypto.randomUUID()}`), 404, "rotation-unknown"],
			];
			for (const [answer, status, code] of answers) {
				expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
				const problem = (await answer.json()) as Record<string, unknown>;
				expect(problem).toMatchObject({ status, code, detail: expect.stringMatching(/\.$/) });
			}
			expect(await standing(stack(), kubernetes())).toEqual(before);
			const codes = (await auditLog(stack())).filter(({ data }) => data.phase === "note").map(({ data }) => data.code);
			expect(codes).toEqual(expect.arrayContaining(["app-role-missing", "secret-not-configured", "body-not-valid"]));
		});
	});
});

interface Report {
	readonly at: string;
	readonly secrets: readonly object[];
	readonly unmanaged: readonly { readonly secret: string }[];
}

/** Takes the consumers out of the configuration, and puts them back at the end of the block. */
function configured(stack: () => Stack): () => Promise<void> {
	let undo: (() => unknown) | undefined;
	afterAll(async () => {
		await undo?.();
	});
	return async () => {
		undo ??= await configure(stack(), withoutConsumers);
	};
}

describe("by an event of Event Grid's own schema, with driver 1.6", () => {
	const stack = stackFor({ driver: "1.6", eventSchema: "EventGridSchema" });

	test(
		"a near-expiry event rotates the secret, nobody notices, and every proof holds",
		async () => {
			const { status, failures } = await rotatedUnderTraffic(stack());
			expect(status).toMatchObject({ outcome: "completed", code: "near-expiry" });
			expect(failures).toEqual([]);
			await expectProved(stack(), status);
		},
		8 * minutes,
	);
});
