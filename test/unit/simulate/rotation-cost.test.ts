// What simulate/measured.ts says of one rotation is what the product does.

import { expect, test } from "@jest/globals";
import { around, audit } from "../../../simulate/measured.ts";
import { requestRotation } from "../../../src/lib/triggers/request.ts";
import { rotationWorld } from "../../support/rotation-world.ts";
import { world as triggerWorld } from "../triggers/world.ts";

/** Names and ids are shorter here than they may be. */
const tenth = (said: number) => [0.9 * said, 1.1 * said] as const;
const expectNear = (lines: readonly string[], said: number) => {
	const [least, most] = tenth(said);
	const bytes = Buffer.byteLength(lines.join("\n"));
	expect(bytes).toBeGreaterThan(least);
	expect(bytes).toBeLessThan(most);
};

test("a rotation asks for these steps around its delivery, and writes so many records and bytes", async () => {
	const world = rotationWorld();
	const { asked } = await world.run(world.request());
	expect(asked.flatMap((command) => (command.ask === "activity" ? [command.name] : []))).toEqual(around);
	expect(world.audit.records).toHaveLength(audit.records);
	expectNear(world.audit.lines, audit.bytes);
});

test("a run that leaves the secret alone writes fewer", async () => {
	const world = rotationWorld();
	const { result } = await world.run(world.request({ seenVersion: "an earlier one" }));
	expect(result.outcome).toBe("skipped");
	expectNear(world.audit.lines, audit.skippedBytes);
});

test("the request of either is so long", async () => {
	const { call, audit: log } = triggerWorld();
	const wish = { secret: "db-password", kind: "rotate", seenVersion: "1", force: false, dryRun: false } as const;
	await requestRotation({ ...call, actor: { kind: "timer" } }, "c0ffee", wish);
	expectNear(log.lines, audit.requestBytes);
});
