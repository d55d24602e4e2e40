// What the configuration gives for a secret of this strategy, beside what every secret has.

import * as z from "zod";
import { Key, wanted } from "../../config/fields.ts";
import { Login, RoleName } from "../login.ts";
import { derivedOf, ofLogins, Value } from "../value.ts";

export const singleUserFields = {
	strategy: z
		.literal("single-user", wanted('"single-user"'))
		.optional()
		.describe("One role, whose password is changed in place. Default of strategy."),
	server: Key.describe("One of servers."),
	role: RoleName.describe("The PostgreSQL role whose password this is."),
	login: Login,
	value: Value,
	derived: derivedOf("password", ofLogins),
};
