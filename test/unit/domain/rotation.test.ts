import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { fitting, type RotationStatus, withDeliveries } from "../../../src/lib/domain/rotation.ts";

const status: RotationStatus = {
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	secret: "db-password",
	kind: "rotate",
	requestedBy: { kind: "timer" },
	requestedAt: "2026-11-23T12:00:00.000Z",
	steps: [{ name: "plan", ms: 5 }],
};
const pods = (count: number) =>
	Array.from({ length: count }, (_, index) => ({ pod: `titanic-api-${index}`, ready: true, proved: true }));
const consumer = (count: number) => ({ workload: "Deployment a/b", delivered: true, pods: pods(count) });

test("however many consumers and pods there are, the status fits into durable storage and keeps its outcome", () => {
	fc.assert(
		fc.property(fc.nat(20), fc.nat(60), (consumers, count) => {
			const whole = { ...status, outcome: "completed" as const, consumers: Array(consumers).fill(consumer(count)) };
			const stored = fitting(whole);
			expect(Buffer.byteLength(JSON.stringify(stored), "utf16le")).toBeLessThanOrEqual(16 * 1024);
			expect(stored).toMatchObject({ outcome: "completed", steps: status.steps });
		}),
	);
});

test("a dry run's plan, exposure and warnings of twenty consumers fit too, and the longest exposure stays", () => {
	const workload = `Deployment ${"n".repeat(60)}/${"d".repeat(60)}`;
	const many = <T>(thing: T): T[] => Array(20).fill(thing);
	const exposed = { workload, expectedSeconds: 9, newLoginsSeconds: 9, outOfServiceSeconds: 9, assumed: [workload] };
	const warning = { code: "exposure-unlimited" as const, message: workload.repeat(2), next: workload };
	const stored = fitting<RotationStatus>({
		...status,
		outcome: "planned",
		exposure: { expectedSeconds: 9, consumers: many(exposed) },
		plan: {
			versions: [],
			roles: [],
			workloads: many({ workload }),
			checks: many({ check: workload, result: "passed" }),
		},
		warnings: many(warning),
	});
	expect(Buffer.byteLength(JSON.stringify(stored), "utf16le")).toBeLessThanOrEqual(16 * 1024);
	expect(stored).toMatchObject({ outcome: "planned", exposure: { expectedSeconds: 9 } });
});

test("a status that fits is left as it is", () => {
	const whole = { ...status, consumers: [consumer(2)] };
	expect(fitting(whole)).toBe(whole);
});

test("a single consumer's steps are the rotation's own while it is under way", () => {
	const delivery = {
		workload: "Deployment a/b",
		delivered: false,
		pods: [],
		steps: [{ name: "deliver", ms: 7 }],
		now: "x",
	};
	expect(withDeliveries(status, [delivery])).toMatchObject({
		steps: [{ name: "plan" }, { name: "deliver" }],
		now: "x",
	});
	expect(withDeliveries(status, [delivery, delivery]).steps).toEqual(status.steps);
});
