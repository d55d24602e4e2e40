// How the app gets into the database to change a role's password, as the configuration says.

import * as z from "zod";
import { identifier, Key, mapping, SecretName, wantedIn } from "../config/fields.ts";

export const RoleName = identifier("PostgreSQL role name");

const Recovery = mapping({
	vault: Key.optional().describe("Default: the managed secret's vault."),
	secret: SecretName.describe("The secret with that role's password."),
	role: RoleName.describe("A role that may change it, for reconciliations where no known password gets in."),
});

const adminSecret = {
	mode: z.literal("admin-secret").describe("Another role, whose password is in a vault, changes it."),
	vault: Key.optional().describe("Default: the managed secret's vault."),
	secret: SecretName.describe(
		"The secret with that role's password. An entry of its own may rotate it, for that role and with mode self.",
	),
	role: RoleName.describe("The role that may change it."),
};

const entraToken = {
	mode: z
		.literal("entra-token")
		.describe(
			"Another role changes it: the app's own managed identity, which logs in with an Entra token. No password of it exists.",
		),
	role: RoleName.describe(
		"The role that the server knows the app's identity by (pgaadauth_create_principal_with_oid).",
	),
};

export const Login = z.discriminatedUnion(
	"mode",
	[
		mapping({
			mode: z.literal("self").describe("The role changes its own password."),
			recovery: Recovery.optional(),
		}),
		mapping(adminSecret),
		mapping(entraToken),
	],
	wantedIn("mode", 'mode "self", "admin-secret" or "entra-token"', ["self", "admin-secret", "entra-token"]),
);
export type Login = z.infer<typeof Login>;

/** Where a role must not change its own password. */
export const AdminLogin = z.discriminatedUnion(
	"mode",
	[mapping(adminSecret), mapping(entraToken)],
	wantedIn(
		"mode",
		'mode "admin-secret" or "entra-token": with two roles neither may change its own password, nor the other one\'s',
	),
);
