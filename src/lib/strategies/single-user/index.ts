// One role, whose password is changed in place: see README.md.

import type * as z from "zod";
import { newPassword } from "../../domain/password.ts";
import { passwordIn, render } from "../../domain/render.ts";
import type { Place, Strategy } from "../strategy.ts";
import { singleUserFields } from "./schema.ts";

type SingleUser = Pick<z.infer<z.ZodObject<typeof singleUserFields>>, "server" | "role" | "login" | "value">;

export const singleUser: Strategy<typeof singleUserFields, SingleUser, Place> = {
	fields: singleUserFields,
	of({ server, role, login, value: shape }, { host, port, database }) {
		const who = { role, host, port, database };
		return {
			account: { server, roles: [role], login },
			fresh: () => render(shape, { ...who, password: newPassword() }),
			read(value) {
				const password = passwordIn(shape, value, who);
				return password && { ...who, password };
			},
		};
	},
};
