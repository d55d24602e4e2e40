// A git repository that a delivery path commits to.

import * as z from "zod";
import { Key, mapping, PemFile, SecretName, text, wanted, whole } from "./fields.ts";
import { SafeUrl } from "./safe-url.ts";

const SecretLogin = mapping({
	mode: z.literal("secret").describe("A token in a vault, as the password of HTTP's basic authentication."),
	vault: Key.describe("One of vaults."),
	secret: SecretName.describe("The token's secret in that vault."),
	user: text("a user name of 1 to 100 letters, digits, hyphens, dots, underscores and @", /^[\w.@-]{1,100}$/)
		.default("titanic-secret-rotator")
		.describe("Its user name; most servers take any with a token."),
});
const EntraLogin = mapping({
	mode: z.literal("entra").describe("The app's own identity, at Azure DevOps: nothing is stored."),
});

const GitHubAppLogin = mapping({
	mode: z
		.literal("github-app")
		.describe("An installation of a GitHub App, whose key in Key Vault does nothing but sign."),
	app: text("a GitHub App's client id, Iv..., or its id as a text, in quotes", /^(Iv[\w.]{5,60}|\d{1,15})$/).describe(
		"The GitHub App: its client id, or its id.",
	),
	installation: whole("numbers", 1, 999_999_999_999_999).describe(
		"Its installation in the owner's account: the number at the end of the address of its settings.",
	),
	key: text(
		"https://<vault>.vault.azure.net/keys/<name>, with or without a version",
		/^(https:\/\/[a-z0-9.-]+|http:\/\/(127\.0\.0\.1|localhost):\d+)\/keys\/[0-9a-zA-Z-]{1,127}(\/[0-9a-f]{32})?$/,
	).describe(
		"Its private key, imported into Key Vault as an RSA key with the operation sign. Without a version the newest signs.",
	),
	api: SafeUrl.default("https://api.github.com").describe(
		"GitHub's API, https://api.github.com where this is left out. Elsewhere: https://<host>/api/v3 (GitHub Enterprise Server), https://api.<subdomain>.ghe.com.",
	),
});

export const RepositoryConfig = mapping({
	url: SafeUrl.describe(
		"Its address for git over HTTPS: https://dev.azure.com/<organization>/<project>/_git/<name>, https://github.com/<owner>/<name>",
	),
	branch: text(
		"a branch name of letters, digits, hyphens, dots, underscores and slashes",
		/^(?!.*(\.\.|\/\/|\/\.))[A-Za-z0-9][\w./-]{0,199}(?<![./])$/,
	)
		.default("main")
		.describe("The branch that Flux reads."),
	ca: PemFile,
	email: text("an e-mail address", /^[\w.+-]{1,64}@[\w.-]{1,190}$/)
		.default("titanic-secret-rotator@localhost")
		.describe("Of the commits' author, where the server has rules for it."),
	login: z
		.discriminatedUnion(
			"mode",
			[SecretLogin, EntraLogin, GitHubAppLogin],
			wanted('mode "secret", "entra" or "github-app"'),
		)
		.describe("Who the app is there."),
});
export type RepositoryConfig = z.infer<typeof RepositoryConfig>;
