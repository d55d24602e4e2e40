import { describe, expect, test } from "@jest/globals";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const workload = "Deployment titanic-api/titanic-api";
const usual = { periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3, successThreshold: 1 };

/** A poll of a minute and a probe that gives up after 20 s: 52 s without a pod in service. */
function worldWith(limit?: number): World {
	const world = rotationWorld();
	Object.assign(world.deployment, { pollSeconds: 60, readiness: [usual] });
	const [consumer] = world.config.secrets["db-password"].consumers;
	if (limit !== undefined) Object.assign(consumer!, { maxExposureSeconds: limit });
	return world;
}

describe("a rotation after which no pod would be in service for 52 s", () => {
	test("is refused where 51 s are allowed, and nothing is changed", async () => {
		const world = worldWith(51);
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({
			outcome: "refused",
			code: "exposure-too-long",
			problem: {
				message: `Requests to ${workload} may fail for 52 s after the change of the password, and maxExposureSeconds is 51.`,
			},
			exposure: { expectedSeconds: 52, consumers: [{ workload, newLoginsSeconds: 61, outOfServiceSeconds: 52 }] },
		});
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: false });
		expect(world.effects.filter((effect) => /^(write|setPassword|roll)/.test(effect))).toEqual([]);
	});

	test("goes on where 52 s are allowed, without a word of warning", async () => {
		const world = worldWith(52);
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "completed", exposure: { expectedSeconds: 52 } });
		expect(result.warnings).toBeUndefined();
	});

	test("goes on where it is forced, and tells it as a warning: the old password may have leaked", async () => {
		const world = worldWith(51);
		const actor = { kind: "operator", id: "me" } as const;
		const { result } = await world.run(world.request({ force: true, actor }));
		expect(result).toMatchObject({ outcome: "completed", warnings: [{ code: "exposure-too-long" }] });
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: true });
	});

	test("goes on where nobody has said how long is too long, with a warning on record and audit log", async () => {
		const world = worldWith();
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "completed", warnings: [{ code: "exposure-unlimited" }] });
		const plan = world.audit.records.find(({ data }) => data.step === "plan" && data.phase === "outcome");
		expect(plan?.data).toMatchObject({ code: "near-expiry", message: result.warnings?.[0]?.message });
		expect(await world.records.rotation(result.rotationId)).toMatchObject({ exposure: result.exposure });
	});
});

test("the record tells how long it took from ALTER ROLE until the last pod was proved", async () => {
	const world = worldWith(60);
	let altered = 0;
	world.onEffect((effect) => {
		if (effect.startsWith("setPassword")) altered = world.now().getTime();
	});
	const { result } = await world.run(world.request());
	const { measuredSeconds } = result.exposure!;
	expect(measuredSeconds).toBe(Math.ceil((Date.parse(result.endedAt!) - altered) / 1000));
	expect(measuredSeconds).toBeGreaterThanOrEqual(5);
});

test("where a pod is never proved, nothing is measured", async () => {
	const world = worldWith(60);
	world.deployment.copyLooks = Number.POSITIVE_INFINITY;
	const { result } = await world.run(world.request({ force: true, actor: { kind: "operator", id: "me" } }));
	expect(result).toMatchObject({ outcome: "published-not-delivered", exposure: { expectedSeconds: 52 } });
	expect(result.exposure).not.toHaveProperty("measuredSeconds");
});

test("a rotation that was cut short goes on whatever the exposure is: the database has the new password already", async () => {
	const straight = worldWith(52);
	await straight.run(straight.request());
	const setAt = straight.effects.findIndex((effect) => effect.startsWith("setPassword")) + 1;
	const world = worldWith(52);
	world.loseInstanceAt(setAt, "after");
	await world.run(world.request()).catch(() => {});
	expect(world.died()).toBe(true);
	Object.assign(world.config.secrets["db-password"].consumers[0]!, { maxExposureSeconds: 0 });
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "completed", code: "pending-found" });
	expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: true });
});
