import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
	type Application,
	type Exposure,
	exposureOf,
	type Lag,
	type PodSettings,
	type ReadinessProbe,
} from "../../../src/lib/domain/exposure.ts";

/** Kubernetes' own. */
const usual: ReadinessProbe = { periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3, successThreshold: 1 };
/** Two pods that are replaced one after the other. */
const two: PodSettings = { replicas: 2, readiness: [usual], maxSurge: 1, maxUnavailable: 0, minReadySeconds: 0 };
const minute: Lag = { pollSeconds: 60, copied: true };
const best: Application = { readsAgain: true, keepsSessions: true, startSeconds: 20 };

const cases: Record<string, [Partial<PodSettings>, Lag, Application, Partial<Exposure>]> = {
	"an application that reads again and keeps its sessions, in service for longer than the driver takes: no request": [
		{ readiness: [{ ...usual, failureThreshold: 30 }] },
		minute,
		best,
		{ expectedSeconds: 0, newLoginsSeconds: 61, outOfServiceSeconds: 0, assumed: [] },
	],
	"Kubernetes' default probe and a poll of a minute: no pod is in service until the next probe after the poll": [
		{},
		minute,
		best,
		// unready 20 s after the change at the soonest, ready 61 + 10 + 1 s after it at the latest
		{ expectedSeconds: 52, outOfServiceSeconds: 52, assumed: ["The readiness probe logs in."] },
	],
	"of two containers the first one to fail takes the pod out, and the last one to succeed brings it back": [
		{ readiness: [usual, { ...usual, periodSeconds: 30, successThreshold: 2 }] },
		minute,
		best,
		{ outOfServiceSeconds: 61 + 61 - 20 },
	],
	"without a probe that may log in, pods stay in service": [
		{ readiness: [] },
		minute,
		{},
		{ outOfServiceSeconds: 0, newLoginsSeconds: 61 + 20 + 2 * 30 },
	],
	"a pool that opens sessions when it needs them: requests fail as long as logins do": [
		{ readiness: [] },
		minute,
		{ ...best, keepsSessions: false },
		{ expectedSeconds: 61, newLoginsSeconds: 61, outOfServiceSeconds: 0 },
	],
	"an application that does not read again: until its last pod has been replaced, out of service until the first": [
		{},
		minute,
		{ ...best, readsAgain: false },
		{ newLoginsSeconds: 61 + 20 + 2 * 20, outOfServiceSeconds: 61 + 20 + 20 - 20 },
	],
	"files alone: pods are replaced at once": [
		{ readiness: [] },
		{ pollSeconds: 60, copied: false },
		{ ...best, readsAgain: false, keepsSessions: false },
		{ expectedSeconds: 1 + 2 * 20 },
	],
	"a rollout in larger batches is over sooner": [
		{ replicas: 10, maxSurge: 3, maxUnavailable: 2, minReadySeconds: 5 },
		{ pollSeconds: 60, copied: false },
		{ ...best, readsAgain: false },
		{ newLoginsSeconds: 1 + 2 * (20 + 5) },
	],
	"Recreate: all pods are out of service while the new ones start, whatever they do": [
		{ readiness: [], maxSurge: 0, maxUnavailable: 2 },
		minute,
		best,
		{ expectedSeconds: 20, outOfServiceSeconds: 20 },
	],
	"what nobody has told is assumed to be bad, and each assumption is said": [
		{},
		{ copied: true },
		{},
		{
			expectedSeconds: 121 + 20 + 2 * 30,
			assumed: [
				"The driver looks for new versions every 120 s (delivery.pollSeconds).",
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

const probes = fc.record({
	periodSeconds: fc.integer({ min: 1, max: 60 }),
	timeoutSeconds: fc.integer({ min: 1, max: 10 }),
	failureThreshold: fc.integer({ min: 1, max: 30 }),
	successThreshold: fc.integer({ min: 1, max: 3 }),
});

test("a shorter poll, a more patient probe and an application that reads again never make it longer", () => {
	fc.assert(
		fc.property(probes, fc.integer({ min: 1, max: 300 }), fc.boolean(), fc.boolean(), (probe, pollSeconds, ...told) => {
			const [copied, keepsSessions] = told;
			const of = (
				lag: Partial<Lag> = {},
				pods: Partial<ReadinessProbe> = {},
				application: Partial<Application> = {},
			): number =>
				exposureOf(
					{ ...two, readiness: [{ ...probe, ...pods }] },
					{ pollSeconds: pollSeconds + 1, copied, ...lag },
					{ keepsSessions, readsAgain: false, ...application },
				).expectedSeconds;
			const readsAgain = { readsAgain: true };
			expect(of({ pollSeconds })).toBeLessThanOrEqual(of());
			expect(of({ pollSeconds }, {}, readsAgain)).toBeLessThanOrEqual(of({}, {}, readsAgain));
			expect(of({}, { failureThreshold: probe.failureThreshold + 1 })).toBeLessThanOrEqual(of());
		}),
	);
});
