import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { Password } from "../../../src/lib/domain/password.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const day = 86_400_000;
const by = "SecretProviderClass titanic-api/titanic-kv-secrets";

/** What has gone wrong with the delivery of the live version, and what tells it. */
const wrong: Record<string, [(world: World) => unknown, object]> = {
	"a rollout that has failed already": [
		({ deployment }) => Object.assign(deployment, { stuck: "it made no progress for 600 s" }),
		{ code: "rollout-failed", message: expect.stringContaining("Deployment titanic-api/titanic-api failed") },
	],
	"a copy that the driver does not bring": [
		({ deployment, pass }) => {
			pass(3_600_000);
			deployment.holds([{ vault: "main", secret: "db-password", version: "older", value: new Password("older") }]);
			deployment.copyLooks = Number.POSITIVE_INFINITY;
		},
		{
			code: "copy-stale",
			message: expect.stringContaining("does not have the live value: Secret titanic-api/titanic-api"),
		},
	],
	"pods that are behind": [
		({ deployment, live }) => {
			const old = new Map([["db-password", { version: "older", value: new Password("older") }]]);
			const [first, ...others] = deployment.pods;
			Object.assign(deployment, { pods: [{ ...first, mounted: old }, ...others] });
			expect(live().version).not.toBe("older");
		},
		{ code: "pod-on-old-version", message: expect.stringContaining("titanic-api-1") },
	],
};

describe.each(Object.entries(wrong))("with %s", (_sentence, [make, problem]) => {
	test("a rotation that nobody forced is refused, and nothing is changed", async () => {
		const world = rotationWorld();
		make(world);
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "refused", problem });
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: false });
		expect(world.effects.filter((effect) => /^(write|setPassword|roll)/.test(effect))).toEqual([]);
	});

	test("a forced one makes a new password, and tells it as a warning", async () => {
		const world = rotationWorld();
		make(world);
		const { result } = await world.run(world.request({ force: true, actor: { kind: "operator", id: "me" } }));
		expect(result.warnings).toMatchObject([problem]);
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: true });
		const plan = world.audit.records.find(({ data }) => data.step === "plan" && data.phase === "outcome");
		expect(plan?.data).toMatchObject({ code: "forced", message: result.warnings?.[0]?.message });
	});

	test("a delivery of the live version is not refused", async () => {
		const world = rotationWorld();
		make(world);
		const { result } = await world.run(world.request({ kind: "deliver", dryRun: true }));
		expect(result).toMatchObject({ outcome: "planned" });
	});
});

test("a copy that is old is no obstacle while the driver may still be about to bring it; one that is missing is", async () => {
	const world = rotationWorld();
	const version = world.vault.seed("db-password", world.firstPassword, {
		expires: new Date(world.now().getTime() + day),
	});
	const { path } = world.cluster;
	Object.assign(path, { copy: async () => ({ state: "stale", waitingFor: "Secret a/b" }) });
	const { outcome } = (await world.run(world.request({ seenVersion: version, dryRun: true }))).result;
	expect(outcome).toBe("planned");
	Object.assign(path, {
		copy: async () => ({ state: "stale", waitingFor: "Secret a/b, which does not exist", isMissing: true }),
	});
	const { result } = await world.run(world.request({ seenVersion: version, dryRun: true }));
	expect(result).toMatchObject({ outcome: "refused", code: "copy-stale" });
});

describe("another secret that the mount needs", () => {
	const refused = async (make: (world: World) => void) => {
		const world = rotationWorld();
		make(world);
		const run = async (force: boolean) => (await world.run(world.request({ force }))).result;
		return [await run(false), await run(true)];
	};

	test("is named where it does not exist, also to whoever forces: no pod could mount the new version", async () => {
		const results = await refused(({ deployment }) => {
			deployment.needs = [{ secret: "smtp-password", by }];
		});
		for (const result of results)
			expect(result).toMatchObject({
				outcome: "refused",
				code: "object-unreadable",
				problem: {
					message: `${by} needs secret smtp-password of vault main too, which does not exist, so no new pod can mount anything of it.`,
				},
			});
	});

	test("is named where it is disabled, or the version that it is pinned to is", async () => {
		const [latest] = await refused(({ vault, deployment }) => {
			vault.seed("smtp-password", "x", { enabled: false });
			deployment.needs = [{ secret: "smtp-password", by }];
		});
		expect(latest?.problem?.message).toContain("is disabled");
		const [pinned] = await refused(({ vault, deployment }) => {
			const version = String(vault.seed("smtp-password", "x", { enabled: false }));
			vault.seed("smtp-password", "y", {});
			deployment.needs = [{ secret: "smtp-password", version, by }];
		});
		expect(pinned?.problem?.message).toContain("is disabled");
	});

	test("is left out where it is readable, or where the app may not ask for it", async () => {
		const world = rotationWorld();
		world.vault.seed("smtp-password", "x", {});
		world.deployment.needs = [{ secret: "smtp-password", by }];
		expect((await world.run(world.request())).result.outcome).toBe("completed");
		const other = rotationWorld();
		const { latest } = other.vault.store;
		Object.assign(other.vault.store, {
			latest: async (name: string) => {
				if (name === "tls")
					throw new Fault("vault-forbidden", { vault: "main", right: "read", secret: "tls" } as never);
				return latest(name);
			},
		});
		other.deployment.needs = [{ secret: "tls", by }];
		expect((await other.run(other.request())).result.outcome).toBe("completed");
	});
});

describe("a delivery that comes again", () => {
	const rolls = ({ effects }: World) => effects.filter((effect) => effect.startsWith("roll ")).length;

	test("rolls no pod that proves the live version, at no sweep", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		expect(rolls(world)).toBe(1);
		for (let sweep = 0; sweep < 2; sweep++) {
			const { result } = await world.run(world.request({ kind: "deliver", actor: { kind: "timer" } }));
			expect(result.outcome).toBe("completed");
		}
		expect(rolls(world)).toBe(1);
	});

	test("is over although a pod of before ends and is never gone", async () => {
		const world = rotationWorld();
		world.deployment.lingers = true;
		expect((await world.run(world.request())).result.outcome).toBe("completed");
		expect((await world.run(world.request({ kind: "deliver" }))).result.outcome).toBe("completed");
		expect(rolls(world)).toBe(1);
	});

	test("does not roll again at a sweep what has failed, and does when a person orders it", async () => {
		const world = rotationWorld();
		world.onEffect((effect) => {
			if (effect.startsWith("roll ")) world.deployment.stuck ??= "it made no progress for 600 s";
		});
		expect((await world.run(world.request())).result.code).toBe("rollout-failed");
		const timer = await world.run(world.request({ kind: "deliver", actor: { kind: "timer" } }));
		expect(timer.result.code).toBe("rollout-failed");
		expect(rolls(world)).toBe(1);
		world.onEffect((effect) => {
			if (effect.startsWith("roll ")) delete world.deployment.stuck;
		});
		const person = await world.run(world.request({ kind: "deliver", actor: { kind: "operator", id: "me" } }));
		expect(person.result.outcome).toBe("completed");
		expect(rolls(world)).toBe(2);
	});

	test("takes the pods that a slow rollout brought after the time was up", async () => {
		const world = rotationWorld();
		world.deployment.rolloutLooks = Number.POSITIVE_INFINITY;
		const first = (await world.run(world.request())).result;
		expect(first).toMatchObject({ code: "rollout-timeout", consumers: [{ copyNew: [{}] }] });
		world.deployment.rolloutLooks = 0;
		const { result } = await world.run(world.request({ kind: "deliver", actor: { kind: "timer" } }));
		expect(result.outcome).toBe("completed");
	});
});
