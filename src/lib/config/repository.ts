// A git repository that a delivery path commits to.

import * as z from "zod";
import { Key, mapping, PemFile, SecretName, text, wanted } from "./fields.ts";
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
		.discriminatedUnion("mode", [SecretLogin, EntraLogin], wanted('mode "secret" or "entra"'))
		.describe("Who the app is there."),
});
export type RepositoryConfig = z.infer<typeof RepositoryConfig>;
