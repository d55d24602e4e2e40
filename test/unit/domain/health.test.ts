import { expect, test } from "@jest/globals";
import { type HealthFacts, healthOf } from "../../../src/lib/domain/health.ts";
import { isRealRun, type RotationStatus } from "../../../src/lib/domain/rotation.ts";

const problem = { code: "vault-unreachable", message: "", next: "" } as const;
const drifted = { code: "database-changed-by-hand", message: "", next: "" } as const;
const drift = (seenAt: string) => ({ seenAt, findings: [drifted] });

const ended = (facts: Partial<RotationStatus>): RotationStatus => ({
	rotationId: "db-password.a",
	secret: "db-password",
	kind: "rotate",
	requestedBy: { kind: "timer" },
	requestedAt: "2026-11-01T10:00:00Z",
	endedAt: "2026-11-01T10:01:00Z",
	steps: [],
	...facts,
});

const undelivered = ended({ outcome: "published-not-delivered", code: "copy-timeout", version: "v2" });
const completed = ended({ outcome: "completed", code: "near-expiry" });
const compensated = ended({ outcome: "compensated", code: "vault-forbidden" });
const rotationId = "db-password.a";

test.each<{ what: string; facts: Partial<HealthFacts>; health: object }>([
	{ what: "nothing ever ran", facts: {}, health: { state: "healthy" } },
	{ what: "the last run completed", facts: { lastRun: completed }, health: { state: "healthy" } },
	{
		what: "the last run failed",
		facts: { lastRun: compensated, lastDelivery: completed },
		health: { state: "failed", code: "vault-forbidden", rotationId },
	},
	{
		what: "the live version was not delivered",
		facts: { version: "v2", lastDelivery: undelivered, lastRun: undelivered },
		health: { state: "not-delivered", code: "copy-timeout", rotationId },
	},
	{
		what: "the live version was not delivered, and what came after it was refused",
		facts: {
			version: "v2",
			lastDelivery: undelivered,
			lastRun: ended({ outcome: "refused", code: "database-changed-by-hand" }),
		},
		health: { state: "not-delivered", code: "copy-timeout", rotationId },
	},
	{
		what: "an earlier version than the live one was not delivered",
		facts: { version: "v3", lastDelivery: undelivered, lastRun: completed },
		health: { state: "healthy" },
	},
	{ what: "nothing says that anyone has it", facts: { undelivered: true }, health: { state: "not-delivered" } },
	{
		what: "the sweep found drift",
		facts: { drift: drift("2026-11-02T00:00:00Z"), lastRun: completed },
		health: { state: "drifted", code: "database-changed-by-hand" },
	},
	{
		what: "a completed run came after the drift",
		facts: { drift: drift("2026-10-31T00:00:00Z"), lastRun: completed },
		health: { state: "healthy" },
	},
	{
		what: "a failed run came after the drift",
		facts: { drift: drift("2026-10-31T00:00:00Z"), lastRun: compensated },
		health: { state: "drifted", code: "database-changed-by-hand" },
	},
	{ what: "a rotation was cut short", facts: { cutShort: true, lastRun: compensated }, health: { state: "cut-short" } },
	{
		what: "it cannot be looked at",
		facts: { problem, cutShort: true, lastRun: completed },
		health: { state: "unknown", code: "vault-unreachable" },
	},
])("$what: $health.state", ({ facts, health }) => {
	expect(healthOf({ cutShort: false, ...facts })).toEqual(health);
});

test("dry runs, plans, skips and what still runs are no real runs; refusals are", () => {
	const real = (facts: Partial<RotationStatus>) => isRealRun(ended(facts));
	expect([
		real({ outcome: "planned", dryRun: true }),
		real({ outcome: "refused", dryRun: true }),
		real({ outcome: "skipped" }),
		real({}),
	]).toEqual([false, false, false, false]);
	expect([real({ outcome: "refused" }), real({ outcome: "completed" }), real({ outcome: "interrupted" })]).toEqual([
		true,
		true,
		true,
	]);
});
