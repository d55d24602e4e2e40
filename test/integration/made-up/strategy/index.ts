// A strategy that nobody needs: one role, whose password says that it was made up.

import { randomBytes } from "node:crypto";
import type * as z from "zod";
import { Password } from "../../../../src/lib/domain/password.ts";
import type { Place, Strategy } from "../../../../src/lib/strategies/strategy.ts";
import { madeUpFields } from "./schema.ts";

type MadeUp = Pick<z.infer<z.ZodObject<typeof madeUpFields>>, "server" | "role" | "login" | "madeUpBytes">;

export const madeUp: Strategy<typeof madeUpFields, MadeUp, Place> = {
	fields: madeUpFields,
	of: ({ server, role, login, madeUpBytes }, { host, port, database }) => ({
		account: { server, roles: [role], login },
		fresh: () => new Password(`made-up.${randomBytes(madeUpBytes).toString("base64url")}`),
		read: (password) => ({ role, host, port, database, password }),
	}),
};
