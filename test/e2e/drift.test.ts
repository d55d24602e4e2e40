// What people and backups do to a secret, made by hand on the whole stack: each is told with its own code, by the sweep or by
// the vault's event, is left alone by both, and is put right by one call of an operator.

import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Status } from "../../local/rotation-watch.ts";
import { sweptNow } from "../../local/sweep-watch.ts";
import { until } from "../../local/until.ts";
import { identities, names } from "../../local/world.ts";
import {
	administrator,
	auditLog,
	auditOf,
	configure,
	idle,
	loginWith,
	loginWithLive,
	rotated,
	stackFor,
	standing,
	type Undo,
	withoutConsumers,
} from "./support/scene.ts";

const minutes = 60_000;
const stack = stackFor();
const kubernetes = administrator(stack);
const vault = () => stack().vault.owner;
const live = () => vault().get("db-password")!;
const setByHand = (password: string) => stack().postgres.query(`ALTER ROLE ${names.role} PASSWORD '${password}'`);
const madeByHand = (): string => `by-hand-${crypto.randomUUID()}`;

interface Entry {
	readonly action: string;
	readonly drift?: readonly { readonly code: string; readonly message: string; readonly next: string }[];
}

/** One sweep, and what it reports of the secret. */
async function swept(): Promise<Entry> {
	const { secrets } = await sweptNow<{ at: string; secrets: Entry[] }>(stack());
	await idle(stack());
	return secrets[0]!;
}

const codes = (list: readonly { code: string }[] = []) => list.map(({ code }) => code);
const reconciled = (body: object): Promise<Status> => rotated(stack(), body, "reconciliations");

/** Told by the sweep, changed neither by it nor by a dry run. */
async function expectTold(found: readonly string[], direction: string, changes: readonly string[]): Promise<void> {
	const before = await standing(stack(), kubernetes());
	const { action, drift } = await swept();
	expect({ action, drift: codes(drift) }).toEqual({ action: "none", drift: found });
	expect(drift?.[0]).toMatchObject({
		message: expect.stringMatching(/\.$/),
		next: expect.stringContaining("rotator "),
	});
	const dry = await reconciled({ direction });
	expect(dry).toMatchObject({ outcome: "planned", code: direction });
	expect({ drift: codes(dry.drift), changes: codes(dry.changes) }).toEqual({ drift: found, changes });
	expect(await standing(stack(), kubernetes())).toEqual(before);
	const notes = (await auditLog(stack())).filter(({ data }) => data.step === "sweep").map(({ data }) => data.code);
	expect(notes).toEqual(expect.arrayContaining([...found]));
}

/** Put right by one call: a reader of the vault gets in, and the next sweep finds nothing. */
async function expectRepaired(direction: string): Promise<Status> {
	const status = await reconciled({ direction, dryRun: false, reason: "told by the sweep" });
	expect(status).toMatchObject({ outcome: "completed", code: "reconciled" });
	expect(await loginWithLive(stack())).toBe("in");
	const derived = vault().get("db-connection-string")!;
	expect(decodeURIComponent(derived.value)).toContain(`:${live().value}@`);
	expect(derived.enabled).toBe(true);
	const records = await auditOf(stack(), status.rotationId);
	expect(records.some(({ step, code }) => step === "trigger" && code === "reconcile-requested")).toBe(true);
	const steps = (of: string) =>
		records.flatMap(({ phase, step, attempt }) => (phase === of ? `${step} ${attempt}` : [])).sort();
	expect(steps("outcome")).toEqual(steps("intent"));
	expect(await swept()).not.toHaveProperty("drift");
	return status;
}

const undoes: Undo[] = [];
afterEach(async () => {
	for (const undo of undoes.splice(0).reverse()) await undo();
});

beforeAll(async () => {
	expect(await rotated(stack())).toMatchObject({ outcome: "completed", consumers: [{ delivered: true }] });
}, 8 * minutes);

test(
	"a secret as its rotation left it, pods included, has not drifted",
	async () => {
		expect(await swept()).toMatchObject({ action: "none" });
		expect(await swept()).not.toHaveProperty("drift");
		const skipped = await reconciled({ direction: "database-from-vault", dryRun: false });
		expect(skipped).toMatchObject({ outcome: "skipped", code: "no-drift" });
	},
	6 * minutes,
);

test(
	"pods left on an old version are told by name, and a reconciliation delivers to them",
	async () => {
		const withConsumers = await configure(stack(), withoutConsumers);
		expect(await rotated(stack(), { force: true })).toMatchObject({ outcome: "completed" });
		await withConsumers();
		await expectTold(["pod-on-old-version"], "database-from-vault", ["deliver"]);
		const version = live().version;
		const { consumers } = await expectRepaired("database-from-vault");
		expect(consumers?.[0]?.pods.map((pod) => pod.version)).toEqual([version, version]);
		expect(live().version).toBe(version);
	},
	8 * minutes,
);

describe("without consumers", () => {
	beforeAll(async () => {
		await configure(stack(), withoutConsumers);
	});

	test(
		"a version made by hand is told by the vault's own event, and adopted as it is",
		async () => {
			const value = madeByHand();
			const { version } = vault().set("db-password", value);
			await until("the event's note", 120, async () => {
				const notes = await auditLog(stack());
				return notes.some(({ data }) => data.step === "trigger" && data.code === "live-changed-by-hand") || undefined;
			});
			expect(stack().hostLines.join("\n")).toContain("drift: live-changed-by-hand");
			await expectTold(["live-changed-by-hand", "derived-changed-by-hand"], "database-from-vault", [
				"adopt-live",
				"set-password",
				"render-derived",
			]);
			await expectRepaired("database-from-vault");
			expect(live()).toMatchObject({ version, value });
		},
		6 * minutes,
	);

	test(
		"a version made by hand that is wrong gives way to a new password",
		async () => {
			const before = live().value;
			const value = madeByHand();
			vault().set("db-password", value);
			await expectTold(["live-changed-by-hand", "derived-changed-by-hand"], "new-password", [
				"new-password",
				"render-derived",
			]);
			await expectRepaired("new-password");
			expect([value, before]).not.toContain(live().value);
			expect(await loginWith(stack(), before)).toBe("28P01");
		},
		6 * minutes,
	);

	test(
		"vault and database changed by hand alike need no repair of the database, and are adopted",
		async () => {
			const value = madeByHand();
			await setByHand(value);
			vault().set("db-password", value);
			await expectTold(["live-replaced-by-hand", "derived-changed-by-hand"], "database-from-vault", [
				"adopt-live",
				"render-derived",
			]);
			await expectRepaired("database-from-vault");
			expect(live().value).toBe(value);
		},
		6 * minutes,
	);

	test(
		"a database restored from a backup before the last rotation gets the live password again",
		async () => {
			const earlier = live();
			expect(await rotated(stack(), { force: true })).toMatchObject({ outcome: "completed" });
			const { version } = live();
			await setByHand(earlier.value);
			await expectTold(["database-restored"], "database-from-vault", ["set-password", "render-derived"]);
			await expectRepaired("database-from-vault");
			expect(live().version).toBe(version);
			expect(await loginWith(stack(), earlier.value)).toBe("28P01");
		},
		6 * minutes,
	);

	test(
		"a database password changed by hand needs a recovery login, and with one it is set again",
		async () => {
			const { version } = live();
			const byHand = madeByHand();
			await setByHand(byHand);
			const before = await standing(stack(), kubernetes());
			expect(codes((await swept()).drift)).toEqual(["database-changed-by-hand"]);
			const refused = await reconciled({ direction: "database-from-vault", dryRun: false });
			expect(refused).toMatchObject({ outcome: "refused", code: "no-way-in" });
			expect(refused.problem?.next).toContain("login.recovery");
			expect(await standing(stack(), kubernetes())).toEqual(before);
			expect(await loginWith(stack(), byHand)).toBe("in");

			const password = madeByHand();
			await stack().postgres.query(`CREATE ROLE titanic_recovery LOGIN CREATEROLE PASSWORD '${password}'`);
			await stack().postgres.query(
				`GRANT ${names.role} TO titanic_recovery WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
			);
			vault().set("titanic-recovery-password", password);
			const { objectId } = identities.rotator;
			undoes.push(
				stack().vault.grant({
					objectId,
					actions: ["Microsoft.KeyVault/vaults/secrets/getSecret/action"],
					secret: "titanic-recovery-password",
				}),
				await configure(stack(), (config) => {
					const recovery = { secret: "titanic-recovery-password", role: "titanic_recovery" };
					config.secrets["db-password"].login = { mode: "self", recovery };
				}),
			);
			await expectTold(["database-changed-by-hand"], "database-from-vault", ["set-password", "render-derived"]);
			await expectRepaired("database-from-vault");
			expect(live().version).toBe(version);
		},
		6 * minutes,
	);

	test.each([
		["deleted", "live-deleted", "recover-live", () => vault().delete("db-password")],
		[
			"disabled",
			"live-disabled",
			"enable-live",
			() => void vault().update("db-password", live().version, { enabled: false }),
		],
	])(
		"a live secret that was %s is brought back, and proved",
		async (_, code, change, make) => {
			const { version } = live();
			make();
			await expectTold([code], "database-from-vault", [change, "set-password", "render-derived"]);
			await expectRepaired("database-from-vault");
			expect(live()).toMatchObject({ version, enabled: true });
		},
		6 * minutes,
	);

	test(
		"a live secret that was disabled because it leaked gives way to a new password",
		async () => {
			const { value } = live();
			vault().update("db-password", live().version, { enabled: false });
			await expectTold(["live-disabled"], "new-password", ["enable-live", "new-password", "render-derived"]);
			await expectRepaired("new-password");
			expect(await loginWith(stack(), value)).toBe("28P01");
		},
		6 * minutes,
	);

	test.each(["new-password", "database-from-vault"])(
		"a pending secret deleted after ALTER ROLE and before publishing: %s",
		async (direction) => {
			const { version, value: old } = live();
			// As a rotation leaves it whose process dies right after ALTER ROLE.
			const pending = madeByHand();
			const tags = { "rotation-id": `db-password.${crypto.randomUUID()}`, "base-version": version };
			vault().set("db-password-pending", pending, { tags });
			await setByHand(pending);
			vault().delete("db-password-pending");
			const anew = ["recover-pending", "new-password", "render-derived", "retire-pending"];
			const back = ["recover-pending", "set-password", "render-derived", "retire-pending"];
			await expectTold(["pending-deleted"], direction, direction === "new-password" ? anew : back);
			await expectRepaired(direction);
			if (direction === "new-password") expect([pending, old]).not.toContain(live().value);
			else expect(live().value).toBe(old);
			expect(vault().versions("db-password-pending").at(-1)?.enabled).toBe(false);
		},
		6 * minutes,
	);

	test.each([
		["changed by hand", [], (): void => void vault().set("db-connection-string", "postgresql://by-hand@lusitania/x")],
		["deleted", ["recover-derived"], (): void => vault().delete("db-connection-string")],
	] as const)(
		"a derived secret that was %s is rendered again from the live one",
		async (_, first, make) => {
			const { version } = live();
			make();
			await expectTold(["derived-changed-by-hand"], "database-from-vault", [...first, "render-derived"]);
			await expectRepaired("database-from-vault");
			expect(live().version).toBe(version);
		},
		6 * minutes,
	);

	test(
		"a due secret that has drifted is held back, and its direction asked for",
		async () => {
			vault().set("db-password", madeByHand(), { expires: new Date(Date.now() + 86_400_000) });
			expect(await swept()).toMatchObject({
				action: "held-back",
				drift: [{ code: "live-changed-by-hand" }, {}],
			});
			await expectRepaired("new-password");
		},
		6 * minutes,
	);
});
