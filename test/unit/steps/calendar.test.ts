// What a rotation waits for, found by its plan.

import { expect, test } from "@jest/globals";
import type { Changes } from "../../support/requests.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const operator = { kind: "operator", id: "7f2a2f5e-2b1e-4e0f-8d6a-0d1c4a8f0b11", appId: "a" } as const;
const eventGrid = { kind: "event-grid", id: "1" } as const;
/** The first of January: closed for half a year, by the clock of these tests. */
const closed = {
	windows: [{ cron: "0 2 1 1 *", minutes: 600, zone: "UTC" }],
	expiryMarginDays: 365,
	rotateEveryDays: 1,
};
const freeze = { from: "2020-01-01T00:00:00Z", to: "2040-01-01T00:00:00Z", reason: "year end" };

async function ended(configured: { secret?: object; freezes?: object[] }, changes: Changes = {}) {
	const world = rotationWorld();
	Object.assign(world.config.secrets["db-password"], configured.secret);
	if (configured.freezes) Object.assign(world.config, { freezes: configured.freezes });
	const before = world.live().version;
	const { result } = await world.run(world.request(changes));
	return { ...result, isNew: world.live().version !== before, problem: result.problem?.message };
}

test.each([["timer"], ["event-grid"]] as const)(
	"what the %s starts waits for its window, and changes nothing",
	async (kind) => {
		const { outcome, code, isNew } = await ended({ secret: closed }, { actor: { ...eventGrid, kind } });
		expect({ outcome, code, isNew }).toEqual({ outcome: "skipped", code: "window-closed", isNew: false });
	},
);

test("what a person orders waits for no window, and for nobody else", async () => {
	for (const secret of [closed, { automatic: false }])
		expect(await ended({ secret }, { actor: operator })).toMatchObject({ outcome: "completed", isNew: true });
});

test("what only people start is started by no event", async () => {
	const { outcome, code } = await ended({ secret: { automatic: false } }, { actor: eventGrid });
	expect({ outcome, code }).toEqual({ outcome: "skipped", code: "people-only" });
});

test("in a freeze events wait, a person is refused and told until when and why, and force goes on", async () => {
	expect(await ended({ freezes: [freeze] }, { actor: eventGrid })).toMatchObject({
		outcome: "skipped",
		code: "frozen",
	});
	const refused = await ended({ freezes: [freeze] }, { actor: operator });
	expect(refused).toMatchObject({ outcome: "refused", code: "freeze-on", isNew: false });
	expect(refused.problem).toBe("A freeze is on for db-password until 2040-01-01T00:00:00.000Z: year end.");
	expect(await ended({ freezes: [freeze] }, { actor: operator, force: true })).toMatchObject({ outcome: "completed" });
	expect(await ended({ freezes: [{ ...freeze, secrets: [] }] }, { actor: operator })).toMatchObject({
		outcome: "completed",
	});
});

test("a dry run shows whether a freeze is on, where there is any", async () => {
	const world = rotationWorld();
	Object.assign(world.config, { freezes: [freeze] });
	const { result } = await world.run(world.request({ actor: operator, dryRun: true }));
	expect(result.plan?.checks.at(-1)).toMatchObject({
		check: "No freeze is on for db-password.",
		result: "refused",
		code: "freeze-on",
	});
});
