// Two roles that take turns: see README.md.
// ALU1. A new value is for the role that the live one does not name. Otherwise: the password that clients use stops working
//      before they have the new one. Kept by: alternating-users.test.ts.
// ALU2. Whose a value is, is one of the two configured roles or nobody: never a name that only the value has. Otherwise: anyone
//       who may write the secret chooses whose password is set. Kept by: alternating-users.test.ts.

import type * as z from "zod";
import { newPassword } from "../../domain/password.ts";
import { passwordIn, render, type Values } from "../../domain/render.ts";
import type { Place, Strategy } from "../strategy.ts";
import { alternatingUsersFields } from "./schema.ts";

type Fields = z.infer<z.ZodObject<typeof alternatingUsersFields>>;
type AlternatingUsers = Pick<Fields, "server" | "roles" | "owner" | "login" | "value" | "retire">;

export const alternatingUsers: Strategy<typeof alternatingUsersFields, AlternatingUsers, Place> = {
	fields: alternatingUsersFields,
	of({ server, roles: given, owner, login, value: shape, retire }, { host, port, database }) {
		// Whatever order they are written in: one of them has the lock of both.
		const [first = "", second = ""] = [...given].sort();
		const roles = [first, second] as const;
		const at = { host, port, database };
		const read = (value: Parameters<typeof passwordIn>[1]): Values | undefined => {
			const [found, other] = roles.flatMap((role) => {
				const password = passwordIn(shape, value, { role, ...at });
				return password ? [{ role, password, ...at }] : [];
			});
			return other ? undefined : found;
		};
		return {
			account: { server, roles, owner, login, retire },
			fresh(live) {
				const role = (live && read(live))?.role === first ? second : first;
				return render(shape, { role, password: newPassword(), ...at });
			},
			read,
		};
	},
};
