import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { isUnderWay, type RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

async function effectsOfOne(): Promise<readonly string[]> {
	const world = rotationWorld();
	await world.run(world.request());
	return world.effects;
}

const names = (steps: readonly { name: string }[]) => steps.map(({ name }) => name);

describe.each(["straight", "replayed"] as const)("a rotation, %s", (mode) => {
	test("ends with a new password everywhere, and one new version", async () => {
		const world = rotationWorld();
		const { result } = await world.run(world.request(), mode);
		expect(result).toMatchObject({ outcome: "completed", code: "near-expiry" });
		expect(names(result.steps)).toEqual([
			"plan",
			"createSecret",
			"setSecret",
			"testSecret",
			"finishSecret",
			"deliver",
			"roll",
			"verify",
		]);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
		expect(await world.accepts(world.firstPassword)).toBe(false);
		expect(world.values().size).toBe(2);
		expect(result.consumers?.[0]?.pods.map(({ version }) => version)).toEqual([
			world.live().version,
			world.live().version,
		]);
	});

	test("keeps the secret's tags and content type, and expires one period and one margin later", async () => {
		const world = rotationWorld();
		await world.run(world.request(), mode);
		const live = world.live();
		expect(live.tags).toMatchObject({ application: "titanic-api", rotation: "90days" });
		expect(live.contentType).toBe("text/plain");
		expect(Math.round((live.expires!.getTime() - world.now().getTime()) / 86_400_000)).toBe(120);
	});

	test("leaves the pending secret there, disabled", async () => {
		const world = rotationWorld();
		await world.run(world.request(), mode);
		const pending = world.vault.versions("db-password-pending");
		expect(pending.map(({ enabled }) => enabled)).toEqual([false]);
	});

	test("writes an intent before and an outcome after each step, in one whole chain", async () => {
		const world = rotationWorld();
		await world.run(world.request(), mode);
		const chain = await world.chain();
		expect(chain).toMatchObject({ rotations: 1, openIntents: [] });
		const told = world.audit.records.map(({ data }) => `${data.step} ${data.phase}`);
		for (const step of [
			"plan",
			"createSecret",
			"setSecret",
			"testSecret",
			"finishSecret",
			"deliver",
			"roll",
			"verify",
			"finish",
		]) {
			expect(told.indexOf(`${step} intent`)).toBeGreaterThanOrEqual(0);
			expect(told.indexOf(`${step} outcome`)).toBeGreaterThan(told.indexOf(`${step} intent`));
		}
	});

	test("does not roll before the copy was seen new twice, five seconds apart", async () => {
		const world = rotationWorld();
		// New at the first look: what time passes until the roll is the wait for the second one.
		world.deployment.copyLooks = 0;
		await world.run(world.request(), mode);
		const timeOf = (step: string) => Date.parse(world.audit.records.find(({ data }) => data.step === step)!.time);
		expect(timeOf("roll") - timeOf("deliver")).toBe(5_000);
		expect(world.deployment.generation).toBe(2);
	});

	test("with another role's login the managed role's own password is not needed to get in", async () => {
		const login = { mode: "admin-secret", secret: "admin-password", role: "rotator" };
		const world = rotationWorld({ login });
		world.database.alterRole(world.role, { password: "changed-by-hand" });
		const { result } = await world.run(world.request({ force: true }), mode);
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: true });
	});

	test("a copy that takes minutes is waited for, over several histories", async () => {
		const world = rotationWorld();
		world.deployment.copyLooks = 30;
		Object.assign(world.config.secrets["db-password"].consumers[0]!, { copyTimeoutSeconds: 900 });
		const begun = world.now().getTime();
		const { result } = await world.run(world.request(), mode);
		expect(result.outcome).toBe("completed");
		expect(world.now().getTime() - begun).toBeGreaterThan(120_000);
		expect(names(result.steps).filter((name) => name === "deliver")).toEqual(["deliver"]);
	});

	test("a copy that never becomes new ends as published-not-delivered, and a delivery brings it later", async () => {
		const world = rotationWorld();
		world.deployment.copyLooks = Number.POSITIVE_INFINITY;
		const { result } = await world.run(world.request(), mode);
		expect(result).toMatchObject({ outcome: "published-not-delivered", code: "copy-timeout" });
		expect(result.consumers?.[0]?.problem?.message).toMatch(/ s: Secret titanic-api\/titanic-api\.$/);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
		expect(world.deployment.generation).toBe(1);
		const ends = world.audit.records.filter(({ data }) => data.step === "deliver" && data.phase === "outcome");
		expect(ends.map(({ data }) => data.code)).toEqual(["copy-timeout"]);

		world.deployment.copyLooks = 0;
		const again = await world.run(world.request({ kind: "deliver" }), mode);
		expect(again.result).toMatchObject({ outcome: "completed", code: "delivered", version: world.live().version });
		expect(world.values().size).toBe(2);
	});

	test("a rollout that fails ends as published-not-delivered with the cluster's reason", async () => {
		const world = rotationWorld();
		world.onEffect((effect) => {
			if (effect.startsWith("roll ")) world.deployment.stuck = "ProgressDeadlineExceeded";
		});
		const { result } = await world.run(world.request(), mode);
		expect(result).toMatchObject({ outcome: "published-not-delivered", code: "rollout-failed" });
		expect(result.problem?.message).toContain("Deployment titanic-api/titanic-api");
	});

	test("a paused Deployment is refused before anything is changed", async () => {
		const world = rotationWorld();
		world.deployment.paused = true;
		const { result } = await world.run(world.request(), mode);
		expect(result).toMatchObject({ outcome: "refused", code: "workload-paused" });
		expect(world.values().size).toBe(1);
		expect(world.database.changes(world.role)).toBe(0);
		expect(world.vault.versions("db-password-pending")).toEqual([]);
	});

	test("a dry run says what it would do and changes nothing", async () => {
		const world = rotationWorld();
		const { result } = await world.run(world.request({ dryRun: true }), mode);
		expect(result).toMatchObject({ outcome: "planned", code: "near-expiry" });
		expect(world.vault.versions("db-password-pending")).toEqual([]);
	});

	test("a delivery's dry run rolls nothing", async () => {
		const world = rotationWorld();
		const { result } = await world.run(world.request({ kind: "deliver", dryRun: true }), mode);
		expect(result).toMatchObject({ outcome: "planned", code: "deliver" });
		expect(world.deployment.generation).toBe(1);
	});

	test("an event redelivered after completion is a recorded no-op", async () => {
		const world = rotationWorld();
		const seenVersion = world.live().version;
		await world.run(world.request({ seenVersion }), mode);
		const late = world.request({ seenVersion });
		expect((await world.run(late, mode)).result).toMatchObject({ outcome: "skipped", code: "superseded" });
		expect(world.values().size).toBe(2);
		expect(await world.records.rotation(late.rotationId)).toMatchObject({ outcome: "skipped" });
	});

	test("a database that is down ends as refused, and nothing is lost", async () => {
		const world = rotationWorld();
		const mend = world.database.cut();
		const { result } = await world.run(world.request(), mode);
		expect(result).toMatchObject({ outcome: "refused", code: "server-unreachable" });
		mend();
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: false });
	});

	test("without an audit log nothing happens at all", async () => {
		const world = rotationWorld();
		const mend = world.audit.cut();
		const { result } = await world.run(world.request(), mode);
		expect(result).toMatchObject({ outcome: "refused", code: "audit-unavailable" });
		expect(world.database.changes(world.role)).toBe(0);
		expect(world.vault.versions("db-password-pending")).toEqual([]);
		mend();
	});
});

describe("publishing that is impossible for good", () => {
	function withSecondDerived() {
		const world = rotationWorld();
		const { derived } = world.config.secrets["db-password"];
		derived.push({ secret: "db-jdbc-url", template: "jdbc:postgresql://{host}/{database}?password={password}" });
		return world;
	}

	test("sets the old password again and says so", async () => {
		const world = rotationWorld();
		const allow = world.vault.deny("write", "db-password");
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "compensated", code: "vault-forbidden" });
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: false });
		expect((await world.chain()).openIntents).toEqual([]);

		allow();
		expect((await world.run(world.request())).result.outcome).toBe("completed");
	});

	test("of a derived secret alone brings the live secret back as well", async () => {
		const world = rotationWorld();
		world.vault.deny("write", "db-connection-string");
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "compensated", code: "vault-forbidden" });
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: false });
	});

	test("has the database follow the live secret on the way back, before the derived ones that were written", async () => {
		const world = withSecondDerived();
		world.vault.deny("write", "db-jdbc-url");
		expect((await world.run(world.request())).result).toMatchObject({ outcome: "compensated" });
		const back = world.effects.lastIndexOf("write db-password");
		expect(world.effects.slice(back, back + 3)).toEqual([
			"write db-password",
			`setPassword ${world.role}`,
			"write db-connection-string",
		]);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: false });
	});

	test("that is disturbed on its way back goes there once more, to its end", async () => {
		const world = withSecondDerived();
		world.vault.deny("write", "db-jdbc-url");
		let sets = 0;
		world.onEffect((effect) => {
			if (effect !== `setPassword ${world.role}` || ++sets !== 2) return;
			world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-connection-string" });
		});
		expect((await world.run(world.request())).result).toMatchObject({
			outcome: "compensated",
			code: "vault-forbidden",
		});
		expect(sets).toBe(4);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: false });
	});

	test("whose way back is denied too is not called compensated, and ends well once the rights are back", async () => {
		const world = withSecondDerived();
		const allow = [world.vault.deny("write", "db-jdbc-url")];
		world.onEffect((effect) => {
			if (effect === "write db-connection-string" && allow.length === 1)
				allow.push(world.vault.deny("write", "db-connection-string"));
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "interrupted", code: "switch-unsettled" });
		for (const one of allow) one();
		expect((await world.run(world.request())).result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});
});

describe("publishing whose answer is lost", () => {
	test.each([1, 2, 3])("%i times adds no second value and locks nobody out", async (times) => {
		const world = rotationWorld();
		world.vault.fail({ code: "vault-unreachable", when: "after", call: "write", secret: "db-password", times });
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(world.values().size).toBe(2);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});

	test("while nothing can be read either, the section comes again until the truth is known", async () => {
		const world = rotationWorld();
		world.vault.fail({ code: "vault-unreachable", when: "after", call: "write", secret: "db-password" });
		world.onEffect((effect) => {
			if (effect === "write db-password") world.vault.fail({ code: "vault-unreachable", call: "read", times: 3 });
		});
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(world.values().size).toBe(2);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
		// The old password was never set again: the write was live all the time.
		expect(world.database.changes(world.role)).toBe(1);
	});
});

test("a right that is missing in the cluster is refused by name, before anything is changed", async () => {
	const world = rotationWorld();
	world.cluster.outage = new Fault("cluster-forbidden", { cluster: "titanic-aks", right: "get deployments" });
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "refused", code: "cluster-forbidden" });
	expect(result.problem?.message).toContain("get deployments");
	expect(world.database.changes(world.role)).toBe(0);
	expect(world.vault.versions("db-password-pending")).toEqual([]);
});

describe.each([
	new Fault("cluster-forbidden", { cluster: "titanic-aks", right: "patch deployments" }),
	new Fault("cluster-unauthorized", { cluster: "titanic-aks" }),
	new Fault("cluster-rejected", { cluster: "titanic-aks", object: "deployments titanic-api", detail: "HTTP 403" }),
	new Fault("workload-missing", { workload: "Deployment titanic-api/titanic-api" }),
])("once a version is published, $code", (fault) => {
	const refusedAfterPublishing = (seconds?: number) => {
		const world = rotationWorld();
		const refused = { at: 0 };
		world.onEffect((effect) => {
			if (effect !== "write db-connection-string") return;
			world.cluster.outage = fault;
			refused.at = world.now().getTime();
			if (seconds !== undefined) world.atTime(seconds, () => delete world.cluster.outage);
		});
		return { world, minutes: () => (world.now().getTime() - refused.at) / 60_000 };
	};

	test.each(["straight", "replayed"] as const)("is waited for while somebody may correct it, %s", async (mode) => {
		const { world } = refusedAfterPublishing(600);
		const { result } = await world.run(world.request(), mode);
		expect(result).toMatchObject({ outcome: "completed" });
	});

	test("that stays ends the delivery after minutes, by its own code, and the new password is live", async () => {
		const { world, minutes } = refusedAfterPublishing();
		const { result, asked } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "published-not-delivered", code: fault.code });
		expect(minutes()).toBeGreaterThan(15);
		expect(minutes()).toBeLessThanOrEqual(20);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
		expect(await world.records.rotation(result.rotationId)).toMatchObject({ code: fault.code });
		expect(asked.length).toBeLessThan(100);
	});
});

test("an audit log that is closed when a delivery ends is waited for, so that the rotation is on record", async () => {
	const world = rotationWorld();
	world.onEffect((effect) => {
		if (effect !== "audit verify outcome" || world.deployment.generation < 2) return;
		world.onEffect(() => {});
		const open = world.audit.refuse(new Fault("audit-forbidden", { log: "audit", right: "append to" }));
		world.atTime(300, open);
	});
	const { result, statuses } = await world.run(world.request());
	expect(result.outcome).toBe("completed");
	expect(await world.records.rotation(result.rotationId)).toMatchObject({ outcome: "completed" });
	const waits = (statuses as { retrying?: object }[]).flatMap(({ retrying }) => retrying ?? []);
	expect(waits).toContainEqual(expect.objectContaining({ step: "finish", code: "audit-forbidden" }));
});

test("a copy that is written back while the pods start is noticed, and the pods are rolled once more", async () => {
	const world = rotationWorld();
	world.deployment.rolloutLooks = 3;
	world.deployment.copyLooks = 1;
	let rolled = 0;
	world.onEffect((effect) => {
		if (effect.startsWith("roll ") && ++rolled === 1) world.deployment.writeBack();
	});
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("completed");
	expect(world.deployment.generation).toBe(3);
});

describe("a right that is taken away after ALTER ROLE took effect, before anything was published", () => {
	const login = { mode: "admin-secret", secret: "admin-password", role: "rotator" };

	test("does not end the rotation while vault and database disagree; it goes on once the right is back", async () => {
		const world = rotationWorld({ login });
		let altered = 0;
		world.onEffect((effect) => {
			if (!effect.startsWith("setPassword") || ++altered > 1) return;
			world.database.alterRole("rotator", { hasCreateRole: false });
			world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password" });
			world.vault.fail({ code: "vault-unreachable", call: "read", secret: "db-password" });
		});
		world.atTime(600, () => world.database.alterRole("rotator", { hasCreateRole: true }));
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
		expect(world.values().size).toBe(2);
	});

	test("nor does the admin's own password, rejected from then on", async () => {
		const world = rotationWorld({ login });
		let altered = 0;
		world.onEffect((effect) => {
			if (!effect.startsWith("setPassword") || ++altered > 1) return;
			world.database.alterRole("rotator", { password: "expired" });
			world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password" });
			world.vault.fail({ code: "vault-unreachable", call: "read", secret: "db-password" });
		});
		world.atTime(600, () => world.database.alterRole("rotator", { password: "admin-password-value" }));
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});

	test("for good ends as interrupted, with the pending secret kept for whoever mends it", async () => {
		const world = rotationWorld({ login, mostAttempts: 10 });
		let altered = 0;
		world.onEffect((effect) => {
			if (!effect.startsWith("setPassword") || ++altered > 1) return;
			world.database.alterRole("rotator", { hasCreateRole: false });
			world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password" });
			world.vault.fail({ code: "vault-unreachable", call: "read", secret: "db-password" });
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "interrupted", code: "switch-unsettled" });
		expect(world.vault.versions("db-password-pending").at(-1)?.enabled).toBe(true);

		world.database.alterRole("rotator", { hasCreateRole: true });
		expect((await world.run(world.request())).result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});
});

test.each([
	["the role itself", { mode: "self" }],
	["an admin role, which could set another", { mode: "admin-secret", secret: "admin-password", role: "rotator" }],
])("a password that somebody changed in the database is left to a person, with the login of %s", async (_, login) => {
	const world = rotationWorld({ login });
	world.database.alterRole(world.role, { password: "changed-by-hand" });
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "refused", code: "database-changed-by-hand" });
	expect(await world.accepts("changed-by-hand")).toBe(true);
});

test("a derived secret that somebody changed is not written over by an event", async () => {
	const world = rotationWorld();
	await world.run(world.request());
	world.vault.seed("db-connection-string", "by hand", {});
	world.pass(120 * 86_400_000);
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "refused", code: "derived-changed-by-hand" });
	expect(world.vault.versions("db-connection-string").at(-1)?.value).toBe("by hand");
});

test("a rotation that is gone on with after publishing tells the version it replaced", async () => {
	const world = rotationWorld();
	const first = world.live().version;
	world.loseInstanceAt((await effectsOfOne()).indexOf("write db-password") + 1, "after");
	await world.run(world.request()).catch(() => {});
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "completed", code: "pending-published", previousVersion: first });
});

test("an outcome is shown only once the pending secret is retired and the record is written", async () => {
	const world = rotationWorld();
	const { statuses } = await world.run(world.request());
	const told = statuses as readonly { outcome?: string; now?: string; rotationId?: string }[];
	const own = told.filter(({ rotationId }) => rotationId !== undefined);
	expect(own.filter(({ outcome }) => outcome !== undefined)).toHaveLength(1);
	expect(own.at(-1)).toMatchObject({ outcome: "completed" });
	expect(own.at(-2)).toMatchObject({ now: "Ended as completed (near-expiry); writing that down" });
});

test("a status says when the run should be over, until it is", async () => {
	const world = rotationWorld();
	const expectedBy = "2026-06-01T06:22:00.000Z";
	const { statuses, result } = await world.run({ ...world.request(), expectedBy });
	const told = (statuses as readonly Partial<RotationStatus>[]).filter(({ rotationId }) => rotationId !== undefined);
	expect(told.length).toBeGreaterThan(3);
	for (const one of told) expect(one.expectedBy).toBe(one.outcome === undefined ? expectedBy : undefined);
	expect(result).not.toHaveProperty("expectedBy");
});

test.each([
	{ title: "ends well", stuck: undefined },
	{ title: "fails", stuck: "ProgressDeadlineExceeded" },
])(
	"a delivery that $title is over in every status that has its steps, so that they are not told twice",
	async ({ stuck }) => {
		const world = rotationWorld();
		world.onEffect((effect) => {
			if (effect.startsWith("roll ")) world.deployment.stuck = stuck;
		});
		const { statuses } = await world.run(world.request());
		const told = (statuses as readonly Partial<RotationStatus>[]).filter(({ rotationId }) => rotationId !== undefined);
		const withSteps = told.filter(({ steps }) => names(steps ?? []).includes("deliver"));
		expect(withSteps.length).toBeGreaterThan(0);
		expect(withSteps.filter(({ consumers }) => consumers?.some(isUnderWay))).toEqual([]);
		expect(told.some(({ consumers }) => consumers?.some(isUnderWay))).toBe(true);
	},
);

describe("an audit log that is closed for good", () => {
	const forbidden = () => new Fault("audit-forbidden", { log: "audit", right: "append to" });

	test("before anything was done ends as refused, and nothing is done", async () => {
		const world = rotationWorld();
		world.onEffect((effect) => {
			if (effect === "audit createSecret outcome") world.audit.refuse(forbidden());
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "refused", code: "audit-forbidden" });
		expect(world.database.changes(world.role)).toBe(0);
	});

	test("after publishing keeps the rotation going until it can be recorded", async () => {
		const world = rotationWorld();
		let open: (() => void) | undefined;
		world.onEffect((effect) => {
			if (effect === "write db-connection-string") {
				open = world.audit.refuse(forbidden());
				world.atTime(60, () => open?.());
			}
		});
		const { result } = await world.run(world.request());
		expect(open).toBeDefined();
		expect(result.outcome).toBe("completed");
		expect(world.values().size).toBe(2);
		expect((await world.chain()).bad).toBeUndefined();
	});
});

test("without the right to disable the pending secret the rotation is recorded, and no later run takes it up again", async () => {
	const world = rotationWorld();
	world.vault.deny("update", "db-password-pending");
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("completed");
	expect(await world.records.rotation(result.rotationId)).toMatchObject({ outcome: "completed" });
	const told = world.audit.records.findLast(({ data }) => data.step === "finish" && data.phase === "outcome");
	expect(told?.data.message).toContain("may not update secret db-password-pending");

	const later = await world.run(world.request({ actor: { kind: "timer" } }));
	expect(later.result).toMatchObject({ outcome: "skipped", code: "not-due" });
	expect(world.deployment.generation).toBe(2);
});
