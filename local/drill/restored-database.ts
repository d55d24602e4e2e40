// The database is set back to a time before the last rotation: it has the password of then, and no session is left.
// Of a restored server only what the rotator meets is made here: the role's verifier of before, and every connection cut. In Azure the server
// is a new one, with a new name.

import { names } from "../world.ts";
import type { Drill } from "./drill.ts";
import { live, loginWith, rotated, rotator, swept } from "./operator.ts";
import { whole } from "./whole.ts";

export const restoredDatabase: Drill = {
	disaster: "the database was restored to a time before the last rotation",
	async prepare({ stack, signal, step }) {
		const { postgres } = stack;
		const old = live(stack);
		const verifier = async () => {
			const [row] = await postgres.query<{ rolpassword: string }>(
				"SELECT rolpassword FROM pg_authid WHERE rolname = $1",
				[names.role],
			);
			return row?.rolpassword ?? "";
		};
		const before = await verifier();
		await rotated(stack, signal);
		return async () => {
			await postgres.query(`ALTER ROLE ${names.role} PASSWORD '${before}'`);
			await postgres.restart("fast");
			const refused = {
				says: "after the restore the live password was refused, and the one before it was taken",
				holds: (await loginWith(stack, live(stack))) === "28P01" && (await loginWith(stack, old)) === "in",
			};
			const version = stack.vault.owner.get("db-password")?.version;
			const seen = await step("rotator", "the sweep reports database-restored, and changes nothing", () =>
				swept(stack, signal),
			);
			const told = {
				says: "the rotator reported it by its name, and left the decision to a person",
				holds:
					seen?.drift?.some(({ code }) => code === "database-restored") === true &&
					stack.vault.owner.get("db-password")?.version === version &&
					(await loginWith(stack, old)) === "in",
			};
			const args = ["reconcile", "db-password", "--direction", "database-from-vault", "--reason", "a drill"];
			const says = "rotator reconcile db-password --direction database-from-vault --wait";
			await step("person", says, () => rotator(stack, [...args, "--confirm", "db-password", "--wait"], signal));
			const kept = {
				says: "the vault's version is the one from before the disaster",
				holds: stack.vault.owner.get("db-password")?.version === version,
			};
			return [refused, told, kept, ...(await whole(stack, old))];
		};
	},
};
