// Which request what runs serves: nobody is answered with something else than what they asked for.

import { describe, expect, test } from "@jest/globals";
import { serves } from "../../../src/lib/domain/requests/index.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { type Changes, requestOf } from "../../support/requests.ts";

const reconciliation = { kind: "reconcile", direction: "database-from-vault" } as const;
const step = (name: string) => ({ name, ms: 1 });
const planning = { steps: [] };
const acting = { steps: [step("plan"), step("createSecret")] };
const published = { steps: [...acting.steps, step("switch")], version: "2".repeat(32) };

type Case = [running: Changes, at: Partial<RotationStatus>, asked: Changes];

const served: Record<string, Case> = {
	"the same order": [{}, planning, {}],
	"the same dry run": [{ dryRun: true }, planning, { dryRun: true }],
	"the same delivery": [{ kind: "deliver" }, planning, { kind: "deliver" }],
	"the same forced rotation, while nothing is published": [{ force: true }, acting, { force: true }],
	"the same order about a compromised key, while nothing is published": [
		{ force: true, compromised: true },
		acting,
		{ force: true, compromised: true },
	],
	"a late event, by a rotation past its plan": [{ force: true }, acting, { seenVersion: "1".repeat(32) }],
	"a delivery, by a rotation past its plan": [{}, acting, { kind: "deliver" }],
	"the same rollback": [{ kind: "rollback" }, acting, { kind: "rollback" }],
	"a delivery, by a rollback past its plan": [{ kind: "rollback" }, acting, { kind: "deliver" }],
	"a delivery, by a reconciliation past its plan": [reconciliation, acting, { kind: "deliver" }],
};

const notServed: Record<string, Case> = {
	"a rotation, by a dry run": [{ dryRun: true }, acting, {}],
	"a rotation, by a delivery": [{ kind: "deliver" }, acting, {}],
	"a rotation, by another one that still plans": [{ seenVersion: "1".repeat(32) }, planning, {}],
	"a dry run, by a rotation": [{}, acting, { dryRun: true }],
	"a dry run of a reconciliation, by one that acts": [reconciliation, acting, { ...reconciliation, dryRun: true }],
	"a forced rotation, by one that nobody forced": [{}, acting, { force: true }],
	"a forced rotation, by a forced one whose password is published: it may be the one that leaked": [
		{ force: true },
		published,
		{ force: true },
	],
	"an order about a compromised key, by a forced rotation: it leaves fallbacks": [
		{ force: true },
		acting,
		{ force: true, compromised: true },
	],
	"a forced rotation, by a delivery": [{ kind: "deliver" }, acting, { force: true }],
	"a reconciliation in the other direction": [reconciliation, acting, { ...reconciliation, direction: "new-password" }],
	"a reconciliation, by a rotation": [{}, acting, reconciliation],
	"a rollback, by a rotation": [{ force: true }, acting, { kind: "rollback" }],
	"a forced rotation, by a rollback": [{ kind: "rollback" }, acting, { force: true }],
	"a rotation, by a rollback: the earlier value may be due itself": [{ kind: "rollback" }, acting, {}],
	"a delivery, by a retirement: it delivers nothing": [{ kind: "retire" }, acting, { kind: "deliver" }],
	"a rollback, by a retirement": [{ kind: "retire" }, acting, { kind: "rollback" }],
	"a rollback to another version": [{ kind: "rollback" }, acting, { kind: "rollback", to: "1".repeat(32) }],
	"a rollback from the version that was seen, by one from any": [
		{ kind: "rollback" },
		acting,
		{ kind: "rollback", version: "1".repeat(32) },
	],
	"a dry run of a rollback, by one that acts": [{ kind: "rollback" }, acting, { kind: "rollback", dryRun: true }],
	"a delivery, by a rotation that still plans": [{}, planning, { kind: "deliver" }],
	"a delivery, by a dry run": [{ dryRun: true }, acting, { kind: "deliver" }],
	"a dry run of a delivery, by a delivery": [{ kind: "deliver" }, acting, { kind: "deliver", dryRun: true }],
	"a dry run of a forced rotation, by one that nobody forced": [
		{ dryRun: true },
		acting,
		{ dryRun: true, force: true },
	],
	"a reconciliation of the version that was seen, by one of any": [
		reconciliation,
		acting,
		{ ...reconciliation, version: "1".repeat(32) },
	],
};

const isServed = ([running, at, asked]: Case) =>
	serves({ request: requestOf(running), status: at as RotationStatus }, requestOf(asked));

describe("is served", () => {
	test.each(Object.entries(served))("%s", (_, given) => expect(isServed(given)).toBe(true));
});

describe("is not served", () => {
	test.each(Object.entries(notServed))("%s", (_, given) => expect(isServed(given)).toBe(false));
});
