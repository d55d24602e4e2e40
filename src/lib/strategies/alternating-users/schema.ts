// What the configuration gives for a secret of this strategy, beside what every secret has.

import * as z from "zod";
import { Key, mapping, wanted, whole } from "../../config/fields.ts";
import { AdminLogin, RoleName } from "../login.ts";
import { derivedOf, LoginValue, ofLogins } from "../value.ts";

const two = "a list of two PostgreSQL role names";

/** At least some minutes between the two looks: a write that was under way at the first one has ended by the second. */
const Retire = mapping({
	afterHours: whole("hours", 1, 17_520)
		.default(24)
		.describe(
			"How long a value stays valid after another one is live, so that a rollback is instant. After that it opens nothing. More than the rotation period: until its role has its next turn.",
		),
	poolLifetimeMinutes: whole("minutes", 10, 1_440)
		.default(30)
		.describe(
			"How long a client's pool keeps a session at most (HikariCP's maxLifetime: 30 by default). Its role must have no session twice, so far apart.",
		),
});

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
	retire: Retire.prefault({}),
	derived: derivedOf("password", ofLogins),
};
