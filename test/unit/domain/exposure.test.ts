import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
	type Application,
	type Exposure,
	exposureOf,
	exposureOfRolls,
	type Lag,
	type PodSettings,
	type Probe,
} from "../../../src/lib/domain/exposure.ts";

/** Kubernetes' own. */
const usual: Probe = { periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3, successThreshold: 1 };
/** Two pods that are replaced one after the other. */
const two: PodSettings = {
	replicas: 2,
	readiness: [usual],
	liveness: [],
	maxSurge: 1,
	maxUnavailable: 0,
	minReadySeconds: 0,
	leastStartSeconds: 0,
	endSeconds: 0,
};
const late: Lag = { fileSeconds: 150, copySeconds: 150 };
const filesAlone: Lag = { fileSeconds: 150 };
const best: Application = { readsAgain: true, keepsSessions: true, startSeconds: 20 };
const worst: Application = { ...best, readsAgain: false, keepsSessions: false };

/** With the gap before it. */
const renewed = 1 + 150;
/** The next look after that, the second one, and the steps in between. */
const copied = renewed + 15 + 5 + 10;
const atOnce = 1 + 5 + 10;

const cases: Record<string, [Partial<PodSettings>, Lag, Application, Partial<Exposure>]> = {
	"an application that reads again and keeps its sessions, in service for longer than the driver takes: no request": [
		{ readiness: [{ ...usual, failureThreshold: 30 }] },
		late,
		best,
		{ expectedSeconds: 0, newLoginsSeconds: renewed, outOfServiceSeconds: 0, assumed: [] },
	],
	"Kubernetes' default probe: no pod is in service until the next probe after the driver's look": [
		{},
		late,
		best,
		// unready 20 s after the change at the soonest, ready at the next probe after the look at the latest
		{
			expectedSeconds: renewed + 10 + 1 - 20,
			outOfServiceSeconds: renewed + 10 + 1 - 20,
			assumed: ["The readiness probe logs in."],
		},
	],
	"of two containers the first one to fail takes the pod out, and the last one to succeed brings it back": [
		{ readiness: [usual, { ...usual, periodSeconds: 30, successThreshold: 2 }] },
		late,
		best,
		{ outOfServiceSeconds: renewed + 61 - 20 },
	],
	"without a probe that may log in, pods stay in service": [
		{ readiness: [] },
		late,
		{},
		{ outOfServiceSeconds: 0, newLoginsSeconds: copied + 2 * 30 },
	],
	"a pool that opens sessions when it needs them: requests fail as long as logins do": [
		{ readiness: [] },
		late,
		{ ...best, keepsSessions: false },
		{ expectedSeconds: renewed, newLoginsSeconds: renewed, outOfServiceSeconds: 0 },
	],
	"a pool that opens sessions when it needs them, and a probe that gives up: until pods are back in service": [
		{},
		late,
		{ ...best, keepsSessions: false },
		{ expectedSeconds: renewed + 10 + 1, newLoginsSeconds: renewed, outOfServiceSeconds: renewed + 11 - 20 },
	],
	"an application that does not read again: until its last pod has been replaced, out of service until the first": [
		{},
		late,
		{ ...best, readsAgain: false },
		{ newLoginsSeconds: copied + 2 * 20, outOfServiceSeconds: copied + 20 - 20 },
	],
	"files that follow later than the copy": [
		{ readiness: [] },
		{ ...late, fileSeconds: 240 },
		{ ...best, startSeconds: 600 },
		{ newLoginsSeconds: 1 + 240 },
	],
	"a password that no pod that runs can read again: what is told of the application makes it no better": [
		{ readiness: [] },
		{ copySeconds: 150 },
		best,
		{
			newLoginsSeconds: copied + 2 * 20,
			assumed: ["The password in a pod that runs never changes: it is in the environment, or mounted by subPath."],
		},
	],
	"files alone: pods are replaced as soon as the new version was seen twice": [
		{ readiness: [] },
		filesAlone,
		worst,
		{ expectedSeconds: atOnce + 2 * 20 },
	],
	"a copy that takes long is looked at more seldom in the end": [
		{ readiness: [] },
		{ ...late, copySeconds: 3_600 },
		worst,
		{ expectedSeconds: 1 + 3_600 + 120 + 5 + 10 + 2 * 20 },
	],
	"a rollout in larger batches is over sooner": [
		{ replicas: 10, maxSurge: 3, maxUnavailable: 2, minReadySeconds: 5 },
		filesAlone,
		{ ...best, readsAgain: false },
		{ newLoginsSeconds: atOnce + 2 * (20 + 5) },
	],
	"a pod is ready no sooner than its probes begin": [
		{ readiness: [], leastStartSeconds: 45 },
		filesAlone,
		worst,
		{ expectedSeconds: atOnce + 2 * 45 },
	],
	"Recreate: all pods are out of service until those before have ended and the new ones are up, whatever they do": [
		{ readiness: [], maxSurge: 0, maxUnavailable: 2, endSeconds: 30 },
		late,
		best,
		{ expectedSeconds: 30 + 20, outOfServiceSeconds: 30 + 20 },
	],
	"a rollout with surge that may take all pods does so too": [
		{ readiness: [], maxSurge: 1, maxUnavailable: 2 },
		late,
		best,
		{ expectedSeconds: 20, outOfServiceSeconds: 20 },
	],
	"logins that fail and then all pods at once: one after the other": [
		{ readiness: [], maxSurge: 0, maxUnavailable: 2, endSeconds: 30 },
		late,
		{ ...best, keepsSessions: false },
		{ expectedSeconds: renewed + 30 + 20, outOfServiceSeconds: 50 },
	],
	"a liveness probe that would give up meanwhile is told, and one that would not is not": [
		{ readiness: [], liveness: [usual, { ...usual, failureThreshold: 100 }] },
		late,
		best,
		{ expectedSeconds: 0, assumed: ["The liveness probe opens no login."] },
	],
	"a patient liveness probe is no matter": [
		{ readiness: [], liveness: [{ ...usual, failureThreshold: 100 }] },
		late,
		best,
		{ assumed: [] },
	],
	"what nobody has told is assumed to be bad, and each assumption is said": [
		{},
		{ ...late, assumed: ["The driver looks."] },
		{},
		{
			expectedSeconds: copied + 2 * 30,
			assumed: [
				"The driver looks.",
				"The application does not read a rejected password again (application.readsAgain).",
				"Requests need new logins (application.keepsSessions).",
				"A pod is ready 30 s after it was made (application.startSeconds).",
				"The readiness probe logs in.",
			],
		},
	],
};

describe("how long requests may fail", () => {
	test.each(Object.entries(cases))("%s", (_, [pods, lag, application, expected]) => {
		expect(exposureOf({ ...two, ...pods }, lag, application)).toMatchObject(expected);
	});
});

describe("where old and new value are accepted by everybody", () => {
	test("probes and logins fail nothing, however late a copy is", () => {
		expect(exposureOfRolls(two, 2, {})).toEqual({
			...{ expectedSeconds: 0, newLoginsSeconds: 0, outOfServiceSeconds: 0, assumed: [] },
		});
	});

	test("a rollout that takes all pods at once does, each time", () => {
		const all = { ...two, maxUnavailable: 2, endSeconds: 5 };
		expect(exposureOfRolls(all, 2, { startSeconds: 10 })).toMatchObject({
			...{ expectedSeconds: 30, outOfServiceSeconds: 30, assumed: [] },
		});
		expect(exposureOfRolls(all, 1, {}).assumed).toEqual([
			"A pod is ready 30 s after it was made (application.startSeconds).",
		]);
	});
});

const probes = fc.record({
	periodSeconds: fc.integer({ min: 1, max: 60 }),
	timeoutSeconds: fc.integer({ min: 1, max: 10 }),
	failureThreshold: fc.integer({ min: 1, max: 30 }),
	successThreshold: fc.integer({ min: 1, max: 3 }),
});

test("a shorter wait, a more patient probe and an application that reads again never make it longer", () => {
	fc.assert(
		fc.property(probes, fc.integer({ min: 1, max: 300 }), fc.boolean(), fc.boolean(), (probe, seconds, ...told) => {
			const [copied, keepsSessions] = told;
			const after = (fileSeconds: number): Lag => ({ fileSeconds, ...(copied && { copySeconds: fileSeconds }) });
			const of = (lag: Lag, pods: Partial<Probe> = {}, application: Partial<Application> = {}): number =>
				exposureOf({ ...two, readiness: [{ ...probe, ...pods }] }, lag, {
					keepsSessions,
					readsAgain: false,
					...application,
				}).expectedSeconds;
			const readsAgain = { readsAgain: true };
			const later = after(seconds + 1);
			expect(of(after(seconds))).toBeLessThanOrEqual(of(later));
			expect(of(after(seconds), {}, readsAgain)).toBeLessThanOrEqual(of(later, {}, readsAgain));
			expect(of(later, { failureThreshold: probe.failureThreshold + 1 })).toBeLessThanOrEqual(of(later));
		}),
	);
});

test("a roll that waits for other secrets lasts so much longer, and the plan says so", () => {
	const application = { ...best, readsAgain: false };
	const [alone, together] = [0, 25].map((seconds) => exposureOf(two, late, application, seconds));
	expect(together?.newLoginsSeconds).toBe((alone?.newLoginsSeconds ?? 0) + 25);
	expect(together?.expectedSeconds).toBe((alone?.expectedSeconds ?? 0) + 25);
	expect(together?.assumed.join()).toContain("waits 25 s for other secrets");
	expect(alone?.assumed.join()).not.toContain("other secrets");
});
