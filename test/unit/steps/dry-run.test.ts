import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { Changes } from "../../support/requests.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const workload = "Deployment titanic-api/titanic-api";
const sentences = [
	"The app may read db-password and its pending secret in vault main.",
	"Vault main has a live version of db-password with a value.",
	"Server titanic-db shows which password is in force.",
	"The password of role titanic_admin on server titanic-db can be changed, and changed back.",
	"Vault main can take every version that the rotation writes.",
	`${workload} can be restarted.`,
	`csi-driver can bring a new version to ${workload}.`,
	"Derived secret db-connection-string of vault main is not disabled.",
	"Nothing was changed by hand.",
	`${workload} has the live version.`,
	`Requests to ${workload} fail for no longer than its maxExposureSeconds.`,
];

async function dry(world: World, changes: Changes = {}) {
	const before = world.effects.filter((effect) => /^(write|setPassword|roll)/.test(effect));
	const { result } = await world.run(world.request({ dryRun: true, ...changes }));
	expect(world.effects.filter((effect) => /^(write|setPassword|roll)/.test(effect))).toEqual(before);
	return result;
}

test("a dry run shows versions, role, restarts, exposure and each check that was made", async () => {
	const world = rotationWorld();
	const derived = world.vault.versions("db-connection-string").at(-1)!.version;
	const result = await dry(world);
	expect(result).toMatchObject({
		outcome: "planned",
		exposure: { expectedSeconds: 0 },
		plan: {
			versions: [
				{ secret: "db-password", live: world.live().version, replaced: true },
				{ secret: "db-connection-string", live: derived, replaced: true },
			],
			roles: [{ server: "titanic-db", role: "titanic_admin" }],
			workloads: [{ workload, restarts: 2, exposureSeconds: 0 }],
		},
	});
	expect(result.plan?.checks).toEqual(sentences.map((check) => ({ check, result: "passed" })));
	expect(await world.records.rotation(result.rotationId)).toMatchObject({ plan: { checks: result.plan?.checks } });
});

/** What stands in the way, by the last check that is shown. */
const refusals: [string, (world: World) => unknown, number, string][] = [
	["no right to read the secret", ({ vault }) => vault.deny("read", "db-password"), 1, "vault-forbidden"],
	["an empty live secret", ({ vault }) => vault.seed("db-password", "", {}), 2, "secret-empty"],
	[
		"a password that was changed by hand",
		({ database, role }) => database.alterRole(role, { password: "by-hand" }),
		9,
		"database-changed-by-hand",
	],
	["a paused workload", ({ deployment }) => Object.assign(deployment, { paused: true }), 6, "workload-paused"],
	[
		"a pinned object",
		({ deployment }) => {
			deployment.refusal = new Fault("object-pinned", { providerClass: "a/b", object: "db-password" });
		},
		7,
		"object-pinned",
	],
	[
		"a rollout that failed",
		({ deployment }) => Object.assign(deployment, { stuck: "it made no progress" }),
		10,
		"rollout-failed",
	],
	[
		"an exposure that is too long",
		({ config, deployment }) => {
			Object.assign(config.secrets["db-password"].consumers[0]!, { maxExposureSeconds: 0 });
			Object.assign(deployment, {
				readiness: [{ periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3, successThreshold: 1 }],
			});
		},
		11,
		"exposure-too-long",
	],
];

describe("a refused dry run shows the checks up to the one that refused", () => {
	test.each(refusals)("with %s", async (_, make, count, code) => {
		const world = rotationWorld();
		make(world);
		const { outcome, problem, plan } = await dry(world);
		expect({ outcome, code: problem?.code }).toEqual({ outcome: "refused", code });
		expect(plan?.checks.map(({ check }) => check)).toEqual(sentences.slice(0, count));
		expect(plan?.checks.at(-1)).toMatchObject({ result: "refused", code, message: problem?.message });
	});
});

test("what a forced rotation goes on in spite of is shown as warned", async () => {
	const world = rotationWorld();
	world.deployment.stuck = "it made no progress";
	const result = await dry(world, { force: true, actor: { kind: "operator", id: "me" } });
	expect(result).toMatchObject({ outcome: "planned", code: "forced" });
	const warned = result.plan?.checks.filter(({ result: is }) => is !== "passed");
	expect(warned).toMatchObject([
		{ check: `${workload} has the live version.`, result: "warned", code: "rollout-failed" },
	]);
});

test("of what is not due nothing is replaced or restarted", async () => {
	const world = rotationWorld();
	const inDays = (days: number) => new Date(world.now().getTime() + days * 86_400_000);
	world.vault.seed("db-password", world.firstPassword, { created: world.now(), expires: inDays(100) });
	const { outcome, code, plan } = await dry(world);
	expect({ outcome, code }).toEqual({ outcome: "skipped", code: "not-due" });
	expect(plan).toMatchObject({ versions: [{ replaced: false }, { replaced: false }], roles: [], workloads: [] });
});

describe("a delivery's dry run", () => {
	test("shows that the secret may not be read", async () => {
		const world = rotationWorld();
		world.vault.deny("read", "db-password");
		const { outcome, plan } = await dry(world, { kind: "deliver" });
		expect(outcome).toBe("refused");
		expect(plan?.checks).toMatchObject([{ result: "refused", code: "vault-forbidden" }]);
	});

	test("shows that no password is changed, whom it restarts, and its checks", async () => {
		const result = await dry(rotationWorld(), { kind: "deliver" });
		expect(result).toMatchObject({
			outcome: "planned",
			code: "deliver",
			plan: { versions: [{ replaced: false }, { replaced: false }], roles: [], workloads: [{ workload, restarts: 2 }] },
		});
		expect(result.plan?.checks.every((check) => check.result === "passed")).toBe(true);
	});

	test("shows the check that refused it, and none after it", async () => {
		const world = rotationWorld();
		world.deployment.paused = true;
		const { outcome, code, problem, plan } = await dry(world, { kind: "deliver" });
		expect({ outcome, code }).toEqual({ outcome: "refused", code: "workload-paused" });
		expect(plan?.checks.map(({ result }) => result)).toEqual(["passed", "passed", "passed", "refused"]);
		expect(plan?.checks.at(-1)).toMatchObject({ check: `${workload} can be restarted.`, message: problem?.message });
	});
});

test("a rotation in earnest carries no plan", async () => {
	const world = rotationWorld();
	expect((await world.run(world.request())).result).not.toHaveProperty("plan");
});

test("a cluster that cannot be reached for a moment refuses nothing: the checks are made anew", async () => {
	const world = rotationWorld();
	world.cluster.outage = new Fault("cluster-unreachable", { cluster: "titanic-aks", detail: "no answer" });
	world.atTime(1, () => delete world.cluster.outage);
	expect((await world.run(world.request())).result).toMatchObject({ outcome: "completed" });
});
