// What the configuration gives for a secret of this strategy, beside what every secret has.

import * as z from "zod";
import { Key, wanted } from "../../config/fields.ts";
import { AdminLogin, RoleName } from "../login.ts";
import { derivedOf, LoginValue, ofLogins } from "../value.ts";

const two = "a list of two PostgreSQL role names";

export const alternatingUsersFields = {
	strategy: z
		.literal("alternating-users", wanted('"alternating-users"'))
		.describe("Two roles that take turns; the one that is in use is left alone."),
	server: Key.describe("One of servers."),
	roles: z
		.array(RoleName, wanted(two))
		.length(2, wanted(two))
		.refine(([first, second]) => first !== second, { error: "names one role twice; give two" })
		.describe("The two login roles that take turns."),
	owner: RoleName.describe("The role without LOGIN that both are members of and act as, and that owns every object."),
	login: AdminLogin,
	value: LoginValue,
	derived: derivedOf("password", ofLogins),
};
