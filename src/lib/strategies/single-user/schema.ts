// What the configuration gives for a secret of this strategy, beside what every secret has.

import * as z from "zod";
import { identifier, Key, mapping, SecretName, wanted, wantedIn } from "../../config/fields.ts";

const RoleName = identifier("PostgreSQL role name");

const Recovery = mapping({
	vault: Key.optional().describe("Default: the managed secret's vault."),
	secret: SecretName.describe("The secret with that role's password."),
	role: RoleName.describe("A role that may change it, for reconciliations where no known password gets in."),
});

const Login = z.discriminatedUnion(
	"mode",
	[
		mapping({
			mode: z.literal("self").describe("The role changes its own password."),
			recovery: Recovery.optional(),
		}),
		mapping({
			mode: z.literal("admin-secret").describe("Another role, whose password is in a vault, changes it."),
			vault: Key.optional().describe("Default: the managed secret's vault."),
			secret: SecretName.describe(
				"The secret with that role's password. An entry of its own may rotate it, for that role and with mode self.",
			),
			role: RoleName.describe("The role that may change it."),
		}),
	],
	wantedIn("mode", 'mode "self" or "admin-secret"'),
);

export const singleUserFields = {
	strategy: z
		.literal("single-user", wanted('"single-user"'))
		.default("single-user")
		.describe("One role, whose password is changed in place."),
	server: Key.describe("One of servers."),
	role: RoleName.describe("The PostgreSQL role whose password this is."),
	login: Login,
};
