import { expect, test } from "@jest/globals";
import { requestRotation } from "../../../src/lib/triggers/request.ts";
import { inDays, world } from "./world.ts";

const secret = "db-password";
const actor = { kind: "timer" } as const;
const wish = { secret, kind: "rotate", force: true, dryRun: false } as const;

/** A rotation runs, and was cut short after ALTER ROLE: the database has the pending password, the vault the old one. */
async function cutShort() {
	const made = world();
	const { vaults, database, records, call } = made;
	const base = vaults.main.seed(secret, "iceberg", { expires: inDays(3) });
	const { request } = await requestRotation({ ...call, actor }, "c0ffee", wish);
	const tags = { "rotation-id": request.rotationId, "base-version": base };
	vaults.main.seed(`${secret}-pending`, "newer", { tags });
	database.alterRole("titanic_admin", { password: "newer" });
	await records.markSwitch(secret);
	return made;
}
const live = ({ vaults }: ReturnType<typeof world>) => vaults.main.versions(secret).at(-1)?.value;

test("a request that finds a rotation running finishes its switch, where that was cut short", async () => {
	const made = await cutShort();
	const { served } = await requestRotation({ ...made.call, attempt: "invocation-2", actor }, "c0ffee", wish);
	expect(served).toBeDefined();
	expect(live(made)).toBe("newer");
	expect(await made.records.openSwitches()).toEqual([]);
});

test("a start is told with what may be expected of it; a request that is served by what runs is no start", async () => {
	const made = world();
	made.vaults.main.seed(secret, "iceberg", { expires: inDays(3) });
	const { request } = await requestRotation({ ...made.call, actor }, "c0ffee", wish);
	await requestRotation({ ...made.call, attempt: "invocation-2", actor }, "c0ffee", wish);
	const { rotationId } = request;
	expect(made.notices.filter(({ event }) => event === "rotation-started")).toEqual([
		{
			event: "rotation-started",
			rotationId,
			secret,
			request: "rotate",
			actor: "timer",
			dryRun: false,
			expectedMs: 120_000,
		},
	]);
});

test("a request for another secret leaves it alone", async () => {
	const made = await cutShort();
	made.vaults.side.seed("side-password", "lifeboat", { expires: inDays(3) });
	for (const attempt of ["invocation-2", "invocation-3"]) {
		await requestRotation({ ...made.call, attempt, actor }, "c0ffee", { ...wish, secret: "side-password" });
	}
	expect(live(made)).toBe("iceberg");
});

test("a request is answered although the switch cannot be finished", async () => {
	const made = await cutShort();
	made.vaults.main.cut();
	const { served } = await requestRotation({ ...made.call, attempt: "invocation-2", actor }, "c0ffee", wish);
	expect(served).toBeDefined();
	expect(made.notices).toContainEqual(expect.objectContaining({ event: "fault", code: "vault-unreachable" }));
});
