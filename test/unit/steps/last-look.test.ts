// Two steps asked by themselves, in states that a whole rotation in memory hardly comes to.

import { expect, test } from "@jest/globals";
import { activities } from "../../../src/lib/steps/index.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const run = { attempt: "a", tell: () => {} };

test("a rollout that failed after it was done ends the proof, instead of being waited for", async () => {
	const world = rotationWorld();
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("completed");
	const { rotationId, secret, requestedBy: actor, version = "" } = result;
	const [consumer] = (await world.ports.configuration()).config.secrets["db-password"]!.consumers;
	const at = world.now().toISOString();
	const input = {
		...{ rotationId, secret, actor, consumer: consumer! },
		published: [{ secret: "db-password", version }],
		mark: { rotationId, round: 1, version, at },
		copyCurrentSince: at,
	};
	world.deployment.stuck = "ProgressDeadlineExceeded";
	const seen = await activities.verify(world.ports, input, run);
	expect(seen).toMatchObject({ refused: { code: "rollout-failed" } });
});

test("the pending secret of an interrupted rotation is kept, though the live password logs in by now", async () => {
	const world = rotationWorld();
	const { rotationId, secret, actor, kind, requestedAt } = world.request();
	const ids = { rotationId, secret, actor };
	const baseVersion = world.live().version;
	await activities.createSecret(world.ports, { ...ids, credentialId: rotationId, baseVersion }, run);
	expect(await world.accepts(world.live().value)).toBe(true);
	const ended = { outcome: "interrupted", code: "switch-unsettled", endedAt: world.now().toISOString() } as const;
	const status = { rotationId, secret, kind, requestedBy: actor, requestedAt, steps: [], ...ended };
	await activities.finish(world.ports, { ...ids, credentialId: rotationId, status }, run);
	expect(world.vault.versions("db-password-pending").at(-1)?.enabled).toBe(true);
});
