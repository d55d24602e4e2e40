// What the configuration gives for a secret of this strategy, beside what every secret has.

import * as z from "zod";
import { Key, wanted, whole } from "../../../../src/lib/config/fields.ts";
import { Login, RoleName } from "../../../../src/lib/strategies/login.ts";
import { derivedOf, ofLogins } from "../../../../src/lib/strategies/value.ts";

export const madeUpFields = {
	strategy: z.literal("made-up", wanted('"made-up"')).describe("A password that begins with how it was made."),
	server: Key.describe("One of servers."),
	role: RoleName.describe("The PostgreSQL role whose password this is."),
	login: Login,
	madeUpBytes: whole("bytes", 16, 64).default(24).describe("How many random bytes are in it."),
	derived: derivedOf("password", ofLogins),
};
