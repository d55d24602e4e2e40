// The host is killed (SIGKILL) at every boundary of every step of one rotation, and started again each time. A boundary is
// a request that is held on its way: the kill lands before it takes effect, or after that and before it is answered.

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { prove } from "../../local/proof.ts";
import { follow, rotationOf } from "../../local/rotation-watch.ts";
import { until } from "../../local/until.ts";
import { names } from "../../local/world.ts";
import { type Gate, holdAlter, startGate } from "./support/database.ts";
import { type Front, type Hold, recordOf, startFront, writeOf } from "./support/front.ts";
import {
	auditLog,
	auditOf,
	configure,
	idle,
	loginWith,
	nextRotation,
	requested,
	rotated,
	stackFor,
	withoutConsumers,
} from "./support/scene.ts";

const minutes = 60_000;
const parts = new AsyncDisposableStack();
let blobs: Front;
let vault: Front;
let database: Gate;

const stack = stackFor({
	settings: async ({ azurite, certificate }) => {
		blobs = parts.use(await startFront(azurite.url, certificate));
		return {
			AUDIT_CONTAINER_URL: `${blobs.url}/devstoreaccount1/audit`,
			// How soon an activity that was in flight comes again; a minute in production.
			AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout: "00:00:02",
		};
	},
});

beforeAll(async () => {
	vault = parts.use(await startFront(stack().vault.url));
	database = parts.use(await startGate(stack().postgres.port));
	await configure(stack(), (config) => {
		config.vaults.main.url = vault.url;
		config.servers["titanic-db"].port = database.port;
		// The derived secret keeps the address that pods use.
		config.secrets["db-password"].derived[0].template =
			`postgresql://{role}:{password}@{host}:${stack().postgres.port}/{database}?sslmode=require`;
	});
});
afterAll(() => parts.disposeAsync());

const audit =
	(when: "before" | "after", ...record: Parameters<typeof recordOf>) =>
	() =>
		blobs.hold(when, recordOf(...record));
const write =
	(when: "before" | "after", ...of: Parameters<typeof writeOf>) =>
	() =>
		vault.hold(when, writeOf(...of));

/** In the order in which a rotation comes by. */
const boundaries: Record<string, () => Hold | Promise<Hold>> = {
	"the event has come, nothing is recorded": audit("before", "trigger", "note"),
	"the request is recorded, nothing is started": audit("after", "trigger", "note"),
	"plan: not begun": audit("before", "plan", "intent"),
	"plan: done, its result not heard": audit("after", "plan", "outcome"),
	"createSecret: intent recorded, nothing stored": audit("after", "createSecret", "intent"),
	"createSecret: stored, the vault's answer not heard": write("after", "PUT", "db-password-pending"),
	"createSecret: stored, not recorded": audit("before", "createSecret", "outcome"),
	"switch: intents recorded, nothing changed": audit("after", "setSecret", "intent"),
	"switch: in the middle of ALTER ROLE": () => holdAlter(stack().postgres, names.role),
	"switch: altered, not logged in": afterAlter,
	"switch: logged in, not published": write("before", "PUT", "db-password"),
	"switch: published, the vault's answer not heard": write("after", "PUT", "db-password"),
	"switch: published, the derived secret not": write("before", "PUT", "db-connection-string"),
	"switch: done, not recorded": audit("before", "finishSecret", "outcome"),
	"switch: recorded, its result not heard": audit("after", "finishSecret", "outcome"),
	"deliver: begun": audit("after", "deliver", "intent"),
	"deliver: the copy is new, not recorded": audit("before", "deliver", "outcome"),
	"roll: intent recorded, nothing patched": audit("after", "roll", "intent"),
	"roll: patched, not recorded": audit("before", "roll", "outcome"),
	"verify: not begun": audit("before", "verify", "intent"),
	"verify: proved, its result not heard": audit("after", "verify", "outcome", "proved"),
	"finish: intent recorded, the pending secret enabled": audit("after", "finish", "intent"),
	"finish: the pending secret disabled, not recorded": write("after", "PATCH", "db-password-pending"),
	"finish: everything recorded, its result not heard": audit("after", "finish", "outcome"),
};

/** The next ALTER ROLE runs to its end, and the login after it does not get through. */
async function afterAlter(): Promise<Hold> {
	const alter = await holdAlter(stack().postgres, names.role);
	let login: Hold | undefined;
	const reached = alter.reached.then(async () => {
		login = database.holdNext();
		await alter.release();
		await login.reached;
	});
	return { reached, release: () => login?.release() };
}

async function reachedBy(what: string, hold: Hold): Promise<void> {
	const late = Promise.withResolvers<never>();
	const timer = setTimeout(() => late.reject(new Error(`not reached within 240 s: ${what}`)), 240_000);
	await Promise.race([hold.reached, late.promise]).finally(() => clearTimeout(timer));
}

test(
	"killed at every boundary of its steps, a rotation still completes with one new version that everything proves",
	async () => {
		const { host, topic, vault: keyVault } = stack();
		const all = Object.entries(boundaries);
		const [first] = all;
		let hold = await first![1]();
		keyVault.fireDueEvents();
		let kills = 0;
		for (const [index, [what]] of all.entries()) {
			await reachedBy(what, hold);
			await host?.kill();
			kills++;
			await hold.release();
			const next = all[index + 1];
			if (next) hold = await next[1]();
			await host?.restart();
		}
		await topic.idle();
		// Event Grid sends an event again that was not answered: where that comes after the end, the last one is a skip.
		const switched = (await auditLog(stack())).filter(({ data }) => data.step === "setSecret");
		const [rotationId, ...others] = new Set(switched.map(({ data }) => data.rotationId));
		const status = await follow(stack(), rotationId ?? "", { seconds: 240 });
		await idle(stack());
		const proof = await prove(stack());

		expect(others).toEqual([]);

		expect(kills).toBe(24);
		expect(status).toMatchObject({ outcome: "completed", consumers: [{ delivered: true }] });
		const { version } = status;
		expect(proof).toMatchObject({
			publishedLogsIn: true,
			derivedLogsIn: true,
			oldIsRefused: true,
			versions: 2,
			pods: [
				{ ready: true, version },
				{ ready: true, version },
			],
			// What the kills left open was closed when the rotation was recorded.
			audit: { verified: true, openIntents: 0 },
			leaks: [],
		});
		expect(keyVault.owner.versions("db-password")).toHaveLength(2);
		expect(keyVault.owner.versions("db-connection-string")).toHaveLength(2);
		// A step that comes again stores a password of its own.
		expect(keyVault.owner.versions("db-password-pending").map(({ enabled }) => enabled)).not.toContain(true);
	},
	8 * minutes,
);

/** Begins a rotation and waits until it is in the middle. @returns its id and the pending secret that it stored */
async function begunUntil(hold: Hold): Promise<{ rotationId: string; pending: string }> {
	const rotationId = await requested(stack(), { force: true });
	await reachedBy("the middle of the rotation", hold);
	return { rotationId, pending: stack().vault.owner.get("db-password-pending")?.version ?? "" };
}

/** The credential of the rotation that was lost is live, and no other was made. */
async function expectResumed(lost: { rotationId: string; pending: string }, by: string): Promise<void> {
	const { owner } = stack().vault;
	const pending = owner.get("db-password-pending")!;
	const live = owner.get("db-password")!;
	expect(pending).toMatchObject({ version: lost.pending, enabled: false });
	expect(live.value === pending.value).toBe(true);
	expect(live.tags["rotation-id"]).toBe(lost.rotationId);
	expect(await loginWith(stack(), live.value)).toBe("in");
	const records = await auditOf(stack(), by);
	expect(records).toContainEqual(expect.objectContaining({ step: "plan", phase: "outcome", code: "pending-found" }));
	expect(records).toContainEqual(
		expect.objectContaining({ step: "finishSecret", phase: "outcome", correlationId: lost.rotationId }),
	);
}

test(
	"a rotation that was purged after it stored its password is resumed by the sweep, with that password",
	async () => {
		await configure(stack(), withoutConsumers);
		const hold = blobs.hold("before", recordOf("setSecret", "intent"));
		const lost = await begunUntil(hold);
		const { host, keys } = stack();
		const instance = `${host?.url}/runtime/webhooks/durabletask/instances/rotate-db-password`;
		const called = (url: string, method: string) => fetch(`${url}?code=${keys.durable}`, { method });
		expect((await called(`${instance}/terminate`, "POST")).status).toBe(202);
		await until("the purge", 120, async () => (await called(instance, "DELETE")).status === 200 || undefined);
		// Its step still runs: without its intent on the log it does nothing, however often it tries.
		const isLosts = recordOf("setSecret", "intent");
		const headers = { "x-ms-error-code": "AuthorizationPermissionMismatch" };
		const allow = blobs.refuse(
			(passing) => isLosts(passing) && passing.body.includes(`"rotationId":"${lost.rotationId}"`),
			{ status: 403, headers, body: "" },
		);
		await hold.release();

		const previous = await rotationOf(stack(), "db-password");
		const sweep = { method: "POST", headers: { "x-functions-key": keys.master }, body: "{}" };
		expect((await fetch(`${host?.url}/admin/functions/sweep`, sweep)).status).toBe(202);
		const status = await nextRotation(stack(), previous);
		expect(status).toMatchObject({ outcome: "completed", code: "pending-found" });
		await expectResumed(lost, status.rotationId);
		allow();
	},
	6 * minutes,
);

test(
	"a rotation whose task hub was lost after ALTER ROLE is resumed by the next trigger, with the password that is set",
	async () => {
		const hold = vault.hold("before", writeOf("PUT", "db-password"));
		const old = stack().vault.owner.get("db-password")!.value;
		const lost = await begunUntil(hold);
		await stack().host?.kill();
		await hold.release();
		const { state } = stack().folders;
		for (const entry of await readdir(state)) await rm(join(state, entry), { recursive: true });
		expect([await loginWith(stack(), old), stack().vault.owner.get("db-password")!.value === old]).toEqual([
			"28P01",
			true,
		]);
		await stack().host?.restart();

		const status = await rotated(stack());
		expect(status).toMatchObject({ outcome: "completed", code: "pending-found" });
		await expectResumed(lost, status.rotationId);
		await expect(follow(stack(), lost.rotationId, { seconds: 1 })).rejects.toThrow("not within 1 s");
	},
	6 * minutes,
);
