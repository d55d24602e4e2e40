// Drift of each kind, made in a world in memory whose secret was rotated once, and put right by one call. Then the same with
// the process dying before and after each effect.

import { describe, expect, test } from "@jest/globals";
import { driftIn } from "../../../src/lib/domain/drift.ts";
import type { Direction } from "../../../src/lib/domain/reconciliation.ts";
import { gatherDrift } from "../../../src/lib/steps/drift.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;
const recovery = { mode: "self", recovery: { secret: "admin-password", role: "rotator" } };
const admin = { mode: "admin-secret", secret: "admin-password", role: "rotator" };

async function rotatedOnce(login?: object): Promise<World> {
	const world = rotationWorld({ login });
	await world.run(world.request());
	return world;
}

const setByHand = (world: World, password: string) => world.database.alterRole(world.role, { password });
const codes = (list: readonly { code: string }[] = []) => list.map(({ code }) => code);
const pendingEnabled = (world: World) =>
	world.vault.versions("db-password-pending").filter(({ enabled }) => enabled).length;

async function driftOf(world: World): Promise<string[]> {
	const { facts } = await gatherDrift(world.ports, await managed(world.ports, "db-password"));
	return codes(driftIn(facts));
}

/** The process dies right after ALTER, and its instance with it: the database has the pending password. */
async function cutShort(): Promise<World> {
	const recorded = await rotatedOnce();
	const world = rotationWorld();
	world.loseInstanceAt(recorded.effects.indexOf("setPassword titanic_admin") + 1, "after");
	await world.run(world.request()).catch(() => {});
	return world;
}

interface Kind {
	readonly make: () => Promise<World>;
	/** The process dies at each effect of the repair in these directions: those whose ways differ. */
	readonly dies?: readonly Direction[];
	readonly found: string;
	/** What the plan says, by direction; absent: that direction is refused with the code. */
	readonly plans: Record<Direction, readonly string[]>;
}

const everywhere = ["render-derived", "deliver"];

const kinds: Record<string, Kind> = {
	"the live secret changed by hand": {
		make: async () => {
			const world = await rotatedOnce();
			world.vault.seed("db-password", "by-hand");
			return world;
		},
		dies: ["new-password"],
		found: "live-changed-by-hand",
		plans: {
			"database-from-vault": ["adopt-live", "set-password", ...everywhere],
			"new-password": ["new-password", ...everywhere],
		},
	},
	"live secret and database changed by hand": {
		make: async () => {
			const world = await rotatedOnce();
			world.vault.seed("db-password", "by-hand");
			setByHand(world, "by-hand");
			return world;
		},
		found: "live-replaced-by-hand",
		plans: {
			"database-from-vault": ["adopt-live", ...everywhere],
			"new-password": ["new-password", ...everywhere],
		},
	},
	"the database password changed by hand": {
		make: async () => {
			const world = await rotatedOnce(recovery);
			setByHand(world, "by-hand");
			return world;
		},
		found: "database-changed-by-hand",
		plans: {
			"database-from-vault": ["set-password", ...everywhere],
			"new-password": ["new-password", ...everywhere],
		},
	},
	"the database password changed by hand, with an admin's login": {
		make: async () => {
			const world = await rotatedOnce(admin);
			setByHand(world, "by-hand");
			return world;
		},
		found: "database-changed-by-hand",
		plans: {
			"database-from-vault": ["set-password", ...everywhere],
			"new-password": ["new-password", ...everywhere],
		},
	},
	"the database restored from an older backup": {
		make: async () => {
			const world = await rotatedOnce();
			setByHand(world, world.firstPassword);
			return world;
		},
		found: "database-restored",
		plans: {
			"database-from-vault": ["set-password", ...everywhere],
			"new-password": ["new-password", ...everywhere],
		},
	},
	"the live secret deleted": {
		make: async () => {
			const world = await rotatedOnce();
			world.vault.remove("db-password");
			return world;
		},
		found: "live-deleted",
		plans: {
			"database-from-vault": ["recover-live", "set-password", ...everywhere],
			"new-password": ["recover-live", "new-password", ...everywhere],
		},
	},
	"the live secret disabled": {
		make: async () => {
			const world = await rotatedOnce();
			await world.vault.store.disable({} as never, "db-password", world.live().version);
			return world;
		},
		found: "live-disabled",
		plans: {
			"database-from-vault": ["enable-live", "set-password", ...everywhere],
			"new-password": ["enable-live", "new-password", ...everywhere],
		},
	},
	"the live secret changed by hand, disabled and deleted, and the derived one too": {
		make: async () => {
			const world = await rotatedOnce();
			world.vault.seed("db-password", "by-hand", { enabled: false });
			world.vault.remove("db-password");
			world.vault.remove("db-connection-string");
			return world;
		},
		dies: ["database-from-vault"],
		found: "live-deleted",
		plans: {
			"database-from-vault": ["recover-live", "set-password", ...everywhere],
			"new-password": ["recover-live", "new-password", ...everywhere],
		},
	},
	"the live secret changed by hand, and the pending one of the rotation before deleted": {
		make: async () => {
			const world = await rotatedOnce();
			world.vault.remove("db-password-pending");
			world.vault.seed("db-password", "by-hand");
			return world;
		},
		found: "live-changed-by-hand",
		plans: {
			"database-from-vault": ["adopt-live", "set-password", ...everywhere],
			"new-password": ["new-password", ...everywhere],
		},
	},
	"the pending secret deleted in the middle of a rotation": {
		make: async () => {
			const world = await cutShort();
			world.vault.remove("db-password-pending");
			return world;
		},
		dies: ["database-from-vault", "new-password"],
		found: "pending-deleted",
		plans: {
			"database-from-vault": [
				"recover-pending",
				"adopt-live",
				"set-password",
				"render-derived",
				"retire-pending",
				"deliver",
			],
			"new-password": ["recover-pending", "new-password", "render-derived", "retire-pending", "deliver"],
		},
	},
	"a derived secret changed by hand": {
		make: async () => {
			const world = await rotatedOnce();
			world.vault.seed("db-connection-string", "by-hand");
			return world;
		},
		found: "derived-changed-by-hand",
		plans: {
			"database-from-vault": everywhere,
			"new-password": ["new-password", ...everywhere],
		},
	},
	"a derived secret deleted": {
		make: async () => {
			const world = await rotatedOnce();
			world.vault.remove("db-connection-string");
			return world;
		},
		found: "derived-changed-by-hand",
		plans: {
			"database-from-vault": ["recover-derived", ...everywhere],
			"new-password": ["recover-derived", "new-password", ...everywhere],
		},
	},
	"a pod left on an old version": {
		make: async () => {
			const world = await rotatedOnce();
			const [pod] = world.deployment.pods;
			const first = world.vault.versions("db-password")[0]!;
			Object.assign(pod!, { mounted: new Map([["db-password", { version: first.version, value: "old" }]]) });
			return world;
		},
		found: "pod-on-old-version",
		plans: { "database-from-vault": ["deliver"], "new-password": ["new-password", ...everywhere] },
	},
};

/** What was changed, apart from what is written down. */
const isChange = (effect: string) => /^(write|update|recover|setPassword|roll) /.test(effect);
const changesSince = (world: World, from: number) => world.effects.slice(from).filter(isChange);

const directions = ["database-from-vault", "new-password"] as const;
const all = Object.entries(kinds).flatMap(([name, kind]) =>
	directions.map((direction) => [name, direction, kind] as const),
);

describe.each(["straight", "replayed"] as const)("%s", (mode) => {
	test.each(all)("%s is planned and put right by %s", async (_, direction, { make, found, plans }) => {
		const world = await make();
		const wanted = world.vault.versions("db-password").at(-1)!.value;
		const before = world.effects.length;
		const dry = await world.run(world.request({ kind: "reconcile", direction, dryRun: true }), mode);
		expect(dry.result).toMatchObject({ outcome: "planned", code: direction, direction });
		expect([codes(dry.result.drift)[0], codes(dry.result.changes)]).toEqual([found, plans[direction]]);
		expect(changesSince(world, before)).toEqual([]);

		const { result } = await world.run(world.request({ kind: "reconcile", direction }), mode);
		expect(result).toMatchObject({ outcome: "completed", code: "reconciled", kind: "reconcile" });
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: true });
		expect(await driftOf(world)).toEqual([]);
		expect(pendingEnabled(world)).toBe(0);
		const isOld = world.live().value === wanted;
		expect(isOld).toBe(direction === "database-from-vault");
		if (direction === "database-from-vault")
			expect(world.vault.versions("db-password").filter(({ value }) => value === wanted)).toHaveLength(1);
		expect(await world.chain()).toMatchObject({ openIntents: [] });
		const next = await world.run(world.request({ actor: { kind: "timer" } }), mode);
		// Where the version that is due is kept, the next rotation is a new one; nothing is gone on with.
		expect(["not-due", "near-expiry"]).toContain(next.result.code);
	});
});

/** One repair for each effect, with the process dying before it and after it. */
async function* dying(how: "dieAt" | "loseInstanceAt", at: (effect: string) => boolean) {
	for (const [name, direction, { make, dies }] of all) {
		if (!dies?.includes(direction)) continue;
		const recorded = await make();
		const from = recorded.effects.length;
		await recorded.run(recorded.request({ kind: "reconcile", direction }));
		for (const [index, effect] of recorded.effects.slice(from).entries()) {
			if (!at(effect)) continue;
			for (const when of ["before", "after"] as const) {
				const world = await make();
				world[how](world.effects.length + index + 1, when);
				yield {
					at: { name, direction, effect, when },
					world,
					request: world.request({ kind: "reconcile", direction }),
				};
			}
		}
	}
}
const sound = { drift: [], liveLogsIn: true, derivedAgrees: true, isNew: expect.any(Boolean) };

test("every effect can be the last one before the process dies, and the reconciliation is brought to its end", async () => {
	let cases = 0;
	for await (const { at, world, request } of dying("dieAt", () => true)) {
		const { outcome } = (await world.run(request)).result;
		const whole = (await world.chain()).bad === undefined;
		const seen = { outcome, whole, drift: await driftOf(world), ...(await world.agreement()) };
		expect({ at, ...seen }).toEqual({ at, outcome: "completed", whole: true, ...sound });
		cases++;
	}
	expect(cases).toBeGreaterThan(150);
}, 240_000);

test("a reconciliation whose instance is lost at any effect leaves what the next sweep or the next call brings to its end", async () => {
	for await (const { at, world, request } of dying("loseInstanceAt", isChange)) {
		await world.run(request).catch(() => {});
		await world.run(world.request({ actor: { kind: "timer" } }));
		if ((await driftOf(world)).length > 0)
			await world.run({ ...world.request(), ...request, rotationId: world.request().rotationId });
		expect({ at, drift: await driftOf(world), ...(await world.agreement()) }).toEqual({ at, ...sound });
	}
}, 240_000);

test("a pending secret deleted under a running rotation ends it at once, and one call goes on with its password", async () => {
	const recorded = await rotatedOnce();
	const world = rotationWorld();
	world.dieAt(recorded.effects.indexOf("setPassword titanic_admin") + 1, "after");
	world.onEffect((effect) => {
		if (effect === "setPassword titanic_admin") world.vault.remove("db-password-pending");
	});
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "interrupted", code: "pending-deleted" });
	expect(await driftOf(world)).toEqual(["pending-deleted"]);
	const repaired = await world.run(world.request({ kind: "reconcile", direction: "new-password" }));
	expect(repaired.result).toMatchObject({ outcome: "completed" });
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
});

test("a pending secret deleted before ALTER ROLE refuses its rotation, and nothing is lost", async () => {
	const world = rotationWorld();
	world.onEffect((effect) => {
		if (effect === "write db-password-pending") world.vault.remove("db-password-pending");
	});
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "refused", code: "pending-lost" });
	expect(await driftOf(world)).toEqual([]);
});

test("a secret that is being deleted is waited for, and then recovered", async () => {
	const world = await rotatedOnce();
	const end = world.vault.beginRemoving("db-password");
	world.atTime(5, end);
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(result).toMatchObject({ outcome: "completed", code: "reconciled" });
	expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
});

test("a secret that was purged refuses its reconciliation after a while, and says what to do", async () => {
	const world = await rotatedOnce();
	world.vault.purge("db-password");
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "new-password" }));
	expect(result).toMatchObject({
		outcome: "refused",
		code: "secret-nowhere",
		problem: { next: expect.stringContaining("docs/runbook.md") },
	});
});

test("a pending secret that is being deleted delays a rotation, and its next password goes under the same name", async () => {
	const world = await rotatedOnce();
	world.atTime(5, world.vault.beginRemoving("db-password-pending"));
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({ outcome: "completed" });
	expect(world.vault.versions("db-password-pending")).toHaveLength(2);
});

test("with no way in, nothing is changed and the next step is named", async () => {
	for (const direction of directions) {
		const world = await rotatedOnce();
		setByHand(world, "by-hand");
		const before = world.effects.length;
		const { result } = await world.run(world.request({ kind: "reconcile", direction }));
		expect(result).toMatchObject({
			outcome: "refused",
			code: "no-way-in",
			problem: { next: expect.stringContaining("login.recovery") },
			drift: [{ code: "database-changed-by-hand" }],
		});
		expect(changesSince(world, before)).toEqual([]);
		expect(await world.accepts("by-hand")).toBe(true);
	}
});

test("the recovery login is used by reconciliations alone: a rotation is refused as before", async () => {
	const world = await rotatedOnce(recovery);
	setByHand(world, "by-hand");
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({ outcome: "refused", code: "password-rejected" });
	expect(await world.accepts("by-hand")).toBe(true);
});

test("where nothing has drifted, nothing is done", async () => {
	const world = await rotatedOnce();
	const before = world.effects.length;
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(result).toMatchObject({ outcome: "skipped", code: "no-drift" });
	expect(changesSince(world, before)).toEqual([]);
});

test("a secret that was never rotated is put right too", async () => {
	const world = rotationWorld();
	world.vault.seed("db-password", "by-hand");
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(result).toMatchObject({ outcome: "completed" });
	expect(world.live().value).toBe("by-hand");
	expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: true });
	expect(await driftOf(world)).toEqual([]);
});

test("an adopted version keeps its own tags", async () => {
	const world = await rotatedOnce();
	world.vault.seed("db-password", "by-hand", { tags: { owner: "smith" } });
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(world.live().tags).toEqual({ owner: "smith", "rotation-id": result.rotationId });
});

test("a workload that cannot be rolled refuses the reconciliation before anything is changed", async () => {
	const world = await rotatedOnce();
	setByHand(world, world.firstPassword);
	world.deployment.paused = true;
	const before = world.effects.length;
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(result).toMatchObject({ outcome: "refused", code: "workload-paused" });
	expect(changesSince(world, before)).toEqual([]);
});

test("what was brought back stays, when what is behind it has no way in; the outcome does not claim that nothing changed", async () => {
	const world = await rotatedOnce();
	setByHand(world, "by-hand");
	world.vault.remove("db-password");
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(result).toMatchObject({ outcome: "interrupted", code: "no-way-in" });
	expect(world.vault.names()).toContain("db-password");
	expect(await driftOf(world)).toEqual(["database-changed-by-hand"]);
});

/** Somebody changes the database's password once the last plan was made, so that the switch finds no way in. */
function shutOutAfterPlan(world: World, isLast: () => boolean): void {
	world.onEffect((effect) => {
		if (effect === "audit plan outcome" && isLast()) setByHand(world, "by-hand");
	});
}

test("what was brought back stays, when the switch after it is refused; the outcome does not claim that nothing changed", async () => {
	const world = await rotatedOnce();
	world.vault.remove("db-password");
	shutOutAfterPlan(world, () => world.vault.names().includes("db-password"));
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(result).toMatchObject({ outcome: "interrupted", code: "password-rejected" });
	expect(await world.accepts("by-hand")).toBe(true);
});

test("a pending secret stays enabled when the switch of the version that it made live is refused", async () => {
	const recorded = await rotatedOnce();
	const world = rotationWorld();
	world.loseInstanceAt(recorded.effects.indexOf("write db-password") + 1, "after");
	await world.run(world.request()).catch(() => {});
	shutOutAfterPlan(world, () => true);
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(result).toMatchObject({ outcome: "refused", code: "password-rejected" });
	expect(pendingEnabled(world)).toBe(1);
});

test("where a derived secret cannot be written, the live version that was said to be right stays, and another call ends it", async () => {
	const world = rotationWorld({ mostAttempts: 3 });
	await world.run(world.request());
	setByHand(world, world.firstPassword);
	world.vault.seed("db-connection-string", "by-hand");
	const live = world.live();
	const allow = world.vault.deny("write", "db-connection-string");
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(result).toMatchObject({ outcome: "interrupted", code: "switch-unsettled" });
	expect(world.live()).toEqual(live);
	expect(await world.accepts(live.value)).toBe(true);
	allow();
	const again = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(again.result).toMatchObject({ outcome: "completed" });
	expect(await driftOf(world)).toEqual([]);
});

test("without the right to recover, nothing is changed", async () => {
	const world = await rotatedOnce();
	world.vault.remove("db-password");
	world.vault.deny("recover");
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "new-password" }));
	expect(result).toMatchObject({ outcome: "refused", code: "vault-forbidden" });
	expect(await driftOf(world)).toEqual(["live-deleted"]);
});

test("no value is in the plan, the statuses or the audit log", async () => {
	const world = await rotatedOnce();
	world.vault.seed("db-password", "by-hand-iceberg");
	const run = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(JSON.stringify([run, world.audit.lines])).not.toContain("iceberg");
});

test("of several disabled versions the newest is enabled, and no older one", async () => {
	const world = await rotatedOnce();
	for (const { version } of world.vault.versions("db-password"))
		await world.vault.store.disable({} as never, "db-password", version);
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(result.outcome).toBe("completed");
	expect(world.vault.versions("db-password").map(({ enabled }) => enabled)).toEqual([false, true]);
});
