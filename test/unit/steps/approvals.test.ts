// Rotations that another person has to approve: what waits, who may decide, and what an attacker gains by writing what is stored.

import { describe, expect, test } from "@jest/globals";
import { approvedRunOf } from "../../../src/lib/domain/approval.ts";
import type { RotateRequest } from "../../../src/lib/domain/requests/index.ts";
import { requestRotation } from "../../../src/lib/triggers/request.ts";
import { approver, approvingWorld, requester, third } from "../../support/approving.ts";

const coded = (code: string) => expect.objectContaining({ code });
type World = ReturnType<typeof approvingWorld>;

/** An order that waits. */
async function waiting(options: Parameters<typeof approvingWorld>[0] = {}) {
	const world = approvingWorld(options);
	const { rotationId: id } = await world.order();
	return { world, id };
}

const stateOf = async ({ records }: World, id: string) => (await records.approval(id))?.state;
const isUntouched = async (world: World) => (await world.agreement()).isNew === false;

test("an order waits with its plan, and nothing runs and nothing is changed meanwhile", async () => {
	const world = approvingWorld();
	const status = await world.order();
	expect(status).toMatchObject({ outcome: "skipped", code: "awaiting-approval", approval: { id: status.rotationId } });
	const found = await world.records.approval(status.rotationId);
	expect(found).toMatchObject({
		state: "awaiting-approval",
		request: {
			secret: "db-password",
			order: { kind: "rotate", force: true, compromised: false },
			requestedBy: requester,
			reason: "INC-4711",
			code: "forced",
			plan: { versions: [{ secret: "db-password", live: world.live().version, replaced: true }, expect.anything()] },
			expiresAt: new Date(world.now().getTime() + 24 * 3_600_000).toISOString(),
		},
	});
	expect(await isUntouched(world)).toBe(true);
	expect(world.effects.filter((effect) => /^(write|setPassword|roll)/.test(effect))).toEqual([]);
});

test("what another person has approved is done as the requester's, and record and log say who approved it and why", async () => {
	const { world, id } = await waiting();
	const status = await world.carriedOut(id);
	expect(status).toMatchObject({
		rotationId: approvedRunOf(id),
		outcome: "completed",
		requestedBy: requester,
		approval: { id, approvedBy: approver, reason: "agreed" },
	});
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	expect(await world.records.rotation(status.rotationId)).toMatchObject({ approval: { approvedBy: approver } });
	expect((await world.records.runsOf("db-password"))[0]).toMatchObject({ approvedBy: approver.id });
	expect(await stateOf(world, id)).toBe("used");
	expect(world.onLog()).toEqual(["approval-requested 1", "approved 2"]);
	expect(await world.chain()).toMatchObject({ bad: undefined, openIntents: [] });
});

test("nobody approves their own order, with another token or another application neither; nor does an application", async () => {
	const { world, id } = await waiting();
	await expect(world.approve(id, requester)).rejects.toEqual(coded("approval-own"));
	await expect(world.approve(id, { ...requester, appId: "another" })).rejects.toEqual(coded("approval-own"));
	const inCapitals = { ...requester, id: requester.id!.toUpperCase() };
	await expect(world.approve(id, inCapitals)).rejects.toEqual(coded("approval-own"));
	await expect(world.approve(id, approver, false)).rejects.toEqual(coded("approval-by-app"));
	expect(world.onLog()).toEqual(["approval-requested 1"]);
	expect(await stateOf(world, id)).toBe("awaiting-approval");
});

test("a decision stands: once more by the same person it is the same, and by another one it is refused", async () => {
	const { world, id } = await waiting();
	await world.approve(id);
	await world.approve(id);
	await expect(world.reject(id, third)).rejects.toEqual(coded("approval-decided"));
	await expect(world.approve(id, third)).rejects.toEqual(coded("approval-decided"));
	const other = await world.order({ reason: "another", force: false });
	await world.reject(other.rotationId, third);
	await expect(world.approve(other.rotationId)).rejects.toEqual(coded("approval-decided"));
	expect(world.onLog()).toEqual(["approval-requested 1", "approved 2", "approval-requested 1", "approval-rejected 3"]);
	expect(await stateOf(world, other.rotationId)).toBe("rejected");
});

test("of two who decide at the same instant, the first one on the log is answered with", async () => {
	const { world, id } = await waiting();
	const ends = await Promise.allSettled([world.approve(id), world.reject(id, third)]);
	expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
	const [first] = world.onLog().slice(1);
	expect(await stateOf(world, id)).toBe(first === "approved 2" ? "approved" : "rejected");
});

test("an order expires: it is not approved after that, and what was approved in time does not begin after that", async () => {
	const { world, id } = await waiting();
	const late = await waiting();
	await late.world.approve(late.id);
	for (const one of [world, late.world]) one.pass(24 * 3_600_000);
	await expect(world.approve(id)).rejects.toEqual(coded("approval-expired"));
	await late.world.start(late.id);
	expect(await late.world.runAll()).toMatchObject({ outcome: "refused", code: "approval-expired" });
	expect(await stateOf(late.world, late.id)).toBe("void");
	expect(await isUntouched(late.world)).toBe(true);
});

describe("a changed plan voids the approval, and says what changed", () => {
	const changes: [string, (world: World) => unknown, string][] = [
		[
			"another live version",
			({ vault, firstPassword }) =>
				vault.seed("db-password", firstPassword, { expires: new Date("2026-12-30T00:00:00Z") }),
			"the versions that it replaces",
		],
		[
			"another derived version",
			({ vault }) => vault.seed("db-connection-string", "postgresql://titanic_admin:first-password@titanic-db/titanic"),
			"the versions that it replaces",
		],
		[
			"a time-out of a consumer's",
			({ config }) => Object.assign(config.secrets["db-password"].consumers[0]!, { rolloutTimeoutSeconds: 60 }),
			"the workloads, or how the value gets to them",
		],
		[
			"a database server that is somewhere else",
			({ config }) => Object.assign(Object.values(config.servers)[0]!, { host: "pg.evil.example" }),
			"the addresses of vault, server, clusters or repositories",
		],
		[
			"a derived secret of another form",
			({ config }) =>
				Object.assign(config.secrets["db-password"].derived[0]!, { template: "postgresql://evil.example/{password}" }),
			"the way in which it replaces the value",
		],
		[
			"a warning that was not there",
			({ deployment }) => Object.assign(deployment, { stuck: "it made no progress" }),
			"what it warns of",
		],
	];
	test.each(changes)("with %s", async (_, change, said) => {
		const { world, id } = await waiting();
		change(world);
		const before = world.live().version;
		const status = await world.carriedOut(id);
		expect(status).toMatchObject({ outcome: "refused", code: "approval-void" });
		expect(status.problem?.message).toContain(said);
		expect(world.live().version).toBe(before);
		expect(await world.records.approval(id)).toMatchObject({ state: "void", problem: { code: "approval-void" } });
	});

	test("but not with more pods, or with a reason to rotate that has become more urgent", async () => {
		const world = approvingWorld();
		const { rotationId: id } = await world.order({ force: false });
		Object.assign(world.deployment, { replicas: 5 });
		expect(await world.carriedOut(id)).toMatchObject({ outcome: "completed" });
	});

	test("and so does that there is nothing left to do", async () => {
		const world = approvingWorld();
		const { rotationId: id } = await world.order({ force: false });
		await world.carriedOut((await world.order({ force: true })).rotationId);
		expect(await world.carriedOut(id)).toMatchObject({ outcome: "refused", code: "approval-void" });
	});
});

test("the same order is asked for once, however often and by whatever it is triggered", async () => {
	const world = approvingWorld();
	const { rotationId: id } = await world.order({ force: false });
	expect(await world.order({ force: false }, third)).toMatchObject({ code: "awaiting-approval", approval: { id } });
	for (let again = 0; again < 3; again++)
		expect(await world.order({ force: false }, { kind: "event-grid", id: `e${again}` })).toMatchObject({
			outcome: "skipped",
			code: "awaiting-approval",
		});
	expect(await world.records.approvalsOf("db-password")).toHaveLength(1);
	expect(world.onLog()).toEqual(["approval-requested 1"]);
});

test("the same order with another plan is asked for anew, and the one before is void", async () => {
	const { world, id } = await waiting();
	Object.assign(world.config.secrets["db-password"].consumers[0]!, { rolloutTimeoutSeconds: 60 });
	const again = await world.order();
	expect(again.approval?.id).toBe(again.rotationId);
	expect(await stateOf(world, id)).toBe("void");
	await expect(world.approve(id)).rejects.toEqual(coded("approval-void"));
	expect(await world.carriedOut(again.rotationId)).toMatchObject({ outcome: "completed" });
});

test("a start that nobody ordered waits as well; its approval needs one person, and no window keeps it then", async () => {
	const world = approvingWorld();
	const asked = await world.order({ force: false }, { kind: "timer" });
	Object.assign(world.config.secrets["db-password"], { windows: [{ cron: "0 22 * * *", minutes: 60, zone: "UTC" }] });
	expect(await world.carriedOut(asked.rotationId)).toMatchObject({
		outcome: "completed",
		requestedBy: { kind: "timer" },
	});
});

describe("whoever may write what is stored", () => {
	/** @returns what was refused, with nothing changed */
	async function refused(world: World, id: string): Promise<string | undefined> {
		const before = world.live().version;
		await world.start(id);
		const status = await world.runAll();
		expect(world.live().version).toBe(before);
		return status?.code;
	}

	test("has nothing approved by writing that it is", async () => {
		const { world, id } = await waiting();
		const decision = { by: approver, at: world.now().toISOString(), reason: "forged" };
		await world.records.changeApproval(id, (found) => ({ ...found, state: "approved", decision }));
		expect(await refused(world, id)).toBe("approval-not-given");
		expect(await world.openings()).toBe(0);
	});

	test("gets no other plan, requester, order, time or run approved than the log has", async () => {
		const forgeries = [
			{ requestedBy: third },
			{ reason: "harmless" },
			{ order: { kind: "rotate", force: true, compromised: true } },
			{ plan: { versions: [], roles: [], workloads: [], checks: [] } },
			{ planDigest: "0".repeat(64) },
			{ expiresAt: "2027-11-30T00:00:00.000Z" },
			{ rotationId: "db-password.00000000-0000-4000-8000-00000000beef" },
		];
		for (const forged of forgeries) {
			const { world, id } = await waiting();
			const change = (found: NonNullable<Awaited<ReturnType<typeof world.records.approval>>>) => ({
				...found,
				request: { ...found.request, ...(forged as object) },
			});
			await world.records.changeApproval(id, change);
			await expect(world.approve(id)).rejects.toEqual(coded("approval-not-genuine"));
			expect(world.onLog()).toEqual(["approval-requested 1"]);
			const approved = await waiting();
			await approved.world.approve(approved.id);
			await approved.world.records.changeApproval(approved.id, change);
			expect([forged, await refused(approved.world, approved.id)]).toEqual([forged, "approval-not-genuine"]);
		}
	});

	test("uses no approval for another secret, nor twice", async () => {
		const { world, id } = await waiting();
		await world.carriedOut(id);
		const request = world.request({ rotationId: approvedRunOf(id), force: true, approval: id });
		await world.records.changeApproval(id, (found) => ({ ...found, state: "approved" }));
		const before = world.live().version;
		// Not even where everything else is as it was.
		expect((await world.run(request)).result.code).toMatch(/^approval-(used|void)$/);
		const other = world.request({ force: true, approval: id });
		expect((await world.run(other)).result.code).toBe("approval-not-given");
		Object.assign(world.config.secrets, { other: { ...world.config.secrets["db-password"], name: "db-password" } });
		expect((await world.run(world.request({ secret: "other", force: true, approval: id }))).result.code).not.toBe(
			"forced",
		);
		expect(world.live().version).toBe(before);
	});

	test("sends nobody through the whole log, or past its end", async () => {
		for (const place of [
			{ blob: "memory", offset: 0 },
			{ blob: "memory", offset: 10_000 },
			{ blob: "other", offset: 0 },
		]) {
			const { world, id } = await waiting();
			if (place.offset === 0) world.audit.lines.unshift(); // The log begins with the order itself here.
			await world.records.changeApproval(id, (found) => ({ ...found, place }));
			if (place.blob === "other" || place.offset > 0)
				await expect(world.approve(id)).rejects.toEqual(coded("approval-not-genuine"));
			else await world.approve(id);
		}
	});

	test("brings no rejected order back", async () => {
		const { world, id } = await waiting();
		const before = await world.records.approval(id);
		await world.reject(id, third);
		await world.records.addApproval(before!);
		await expect(world.approve(id)).rejects.toEqual(coded("approval-decided"));
	});
});

test("a run that nobody has ordered by the app asks for no approval, and is refused", async () => {
	const world = approvingWorld();
	const forged = world.request({ force: true, actor: third });
	expect((await world.run(forged)).result).toMatchObject({ outcome: "refused", code: "approval-not-given" });
	expect(await world.records.approvalsOf("db-password")).toEqual([]);
	const broken = world.request({ force: true, actor: third, breakGlass: true });
	expect((await world.run(broken)).result).toMatchObject({ outcome: "refused", code: "break-glass-not-recorded" });
	expect(await isUntouched(world)).toBe(true);
});

test("break-glass goes on without an approval: on the log with its reason, in the record, and told", async () => {
	const world = approvingWorld();
	const status = await world.order({ breakGlass: true, compromised: true, reason: "nobody can be reached" });
	expect(status).toMatchObject({
		outcome: "completed",
		approval: { breakGlass: true },
		reason: "nobody can be reached",
	});
	expect(world.onLog()).toEqual(["break-glass 1"]);
	expect((await world.records.runsOf("db-password"))[0]).toMatchObject({ breakGlass: true });
	expect(world.notices).toContainEqual({
		event: "break-glass",
		rotationId: status.rotationId,
		secret: "db-password",
		request: "rotate",
		operator: requester.id,
	});
});

describe("break-glass is for what was ordered, once", () => {
	/** The run as it was started; it has not begun. */
	async function broken(world: World) {
		const wish = { kind: "rotate", secret: "db-password", force: true, dryRun: false } as const;
		await requestRotation(world.triggerOf(requester), "c0ffee", { ...wish, breakGlass: true, reason: "INC-1" });
		return world.started.shift()!;
	}
	const refusal = { outcome: "refused", code: "break-glass-not-recorded" };

	test("a run that is over is not done again when somebody starts it anew", async () => {
		const world = approvingWorld();
		const request = await broken(world);
		expect((await world.run(request)).result).toMatchObject({ outcome: "completed" });
		const before = world.live().version;
		expect((await world.run(request)).result).toMatchObject(refusal);
		expect(world.live().version).toBe(before);
	});

	test.each<[string, Partial<RotateRequest>]>([
		["another order", { compromised: true }],
		["another reason", { reason: "INC-2" }],
		["another person's", { actor: third }],
	])("%s is not done in its place", async (_, changes) => {
		const world = approvingWorld();
		const request = await broken(world);
		expect((await world.run({ ...request, ...changes } as RotateRequest)).result).toMatchObject(refusal);
		expect(await isUntouched(world)).toBe(true);
	});
});

describe("a crash", () => {
	test("between approving and starting is made good by the timer, once", async () => {
		const { world, id } = await waiting();
		await world.approve(id);
		expect(await world.openings()).toBe(1);
		expect(await world.runAll()).toMatchObject({ outcome: "completed", approval: { approvedBy: approver } });
		expect(await world.openings()).toBe(0);
	});

	test("of the run itself, with its instance, is gone on with whatever triggers next, and needs no second approval", async () => {
		const { world, id } = await waiting();
		await world.approve(id);
		await world.start(id);
		// The same steps in another world tell where the pending secret is stored: only that has the new value then.
		const probe = await waiting();
		await probe.world.carriedOut(probe.id);
		const stored = probe.world.effects.indexOf("write db-password-pending");
		world.loseInstanceAt(stored + 1, "after");
		await world.runAll().catch(() => undefined);
		expect(world.died()).toBe(true);
		expect(await isUntouched(world)).toBe(true);
		const next = await world.order({ force: false }, { kind: "timer" });
		expect(next).toMatchObject({ outcome: "completed", code: "pending-found", approval: { id, approvedBy: approver } });
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});
});

test("what may pass does not use an approval up: it is tried again by the timer", async () => {
	const { world, id } = await waiting({ mostAttempts: 2 });
	await world.approve(id);
	const mend = world.vault.cut();
	await world.start(id);
	expect(await world.runAll()).toMatchObject({ outcome: "refused", code: "vault-unreachable" });
	expect(await stateOf(world, id)).toBe("approved");
	mend();
	expect(await world.openings()).toBe(1);
	expect(await world.runAll()).toMatchObject({ outcome: "completed" });
});

test("what cannot be recorded is neither asked for nor decided, and what cannot be stored is asked for later", async () => {
	const { world, id } = await waiting();
	const mend = world.audit.cut();
	await expect(world.approve(id)).rejects.toEqual(coded("audit-unavailable"));
	mend();
	expect(await stateOf(world, id)).toBe("awaiting-approval");
	const mended = world.records.cut();
	await expect(world.approve(id)).rejects.toEqual(coded("records-unavailable"));
	mended();
	await world.approve(id);
});

test("a dry run, and a secret that says so, need none; a reconciliation that makes a new password is refused", async () => {
	const world = approvingWorld();
	expect(await world.order({ dryRun: true })).toMatchObject({ outcome: "planned" });
	world.database.alterRole(world.role, { password: "by-hand" });
	const reconcile = { kind: "reconcile", direction: "new-password", force: undefined } as const;
	expect(await world.order(reconcile)).toMatchObject({ outcome: "refused", code: "approval-required" });
	world.database.alterRole(world.role, { password: world.firstPassword });
	Object.assign(world.config.secrets["db-password"], { approval: "none" });
	expect(await world.order()).toMatchObject({ outcome: "completed" });
});
