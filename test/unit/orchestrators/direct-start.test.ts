// Who may write to the task hub, or has the durable key, starts an orchestrator without a trigger: what that is worth to them,
// and how it can be told (docs/security.md).

import { expect, test } from "@jest/globals";
import { rotationWorld } from "../../support/rotation-world.ts";

const forged = { kind: "operator", id: "somebody-else", appId: "portal" } as const;

test("a rotation that no trigger asked for runs under the name that it brings, and has no trigger record", async () => {
	const world = rotationWorld();
	const { result } = await world.run(world.request({ actor: forged, force: true }));
	expect(result).toMatchObject({ outcome: "completed" });
	expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: true });
	const records = world.audit.records.map(({ data }) => data);
	expect(records.filter(({ step }) => step === "trigger")).toEqual([]);
	expect(new Set(records.map(({ actor }) => actor.user.uid))).toEqual(new Set(["somebody-else"]));
});

test("one that brings the id of an earlier request has its record before it: what tells is that its steps are there twice", async () => {
	const world = rotationWorld();
	const request = world.request({ force: true });
	const { rotationId, secret, actor } = request;
	const entry = { rotationId, secretName: secret, actor, step: "trigger", phase: "note", attempt: "event-1" } as const;
	await world.audit.append({ ...entry, code: "rotate-requested" });
	await world.run(request);
	await world.run({ ...request, actor: forged });
	const ofThisId = world.audit.records.map(({ data }) => data).filter((data) => data.rotationId === rotationId);
	expect(ofThisId[0]).toMatchObject({ step: "trigger", code: "rotate-requested" });
	const published = ofThisId.filter(({ step, phase }) => step === "finishSecret" && phase === "outcome");
	expect(published.length).toBeGreaterThan(1);
});

test("no secret that the configuration does not have can be named", async () => {
	const world = rotationWorld({ mostAttempts: 2 });
	const { result } = await world.run(world.request({ actor: forged, secret: "flask-secret-key", force: true }));
	expect(result).toMatchObject({ outcome: "refused", code: "secret-not-configured" });
	expect(world.effects.filter((effect) => /^(write|setPassword|roll)/.test(effect))).toEqual([]);
});
