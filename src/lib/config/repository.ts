// A git repository that a delivery path commits to.

import * as z from "zod";
import { Key, mapping, PemFile, SecretName, text, wantedIn, whole } from "./fields.ts";
import { SafeUrl } from "./safe-url.ts";

const gitHubApi = "https://api.github.com";

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
	api: SafeUrl.prefault(gitHubApi).describe(
		"GitHub's API. Elsewhere than on github.com: https://<host>/api/v3 (GitHub Enterprise Server), https://api.<subdomain>.ghe.com.",
	),
});

const PullRequests = z.discriminatedUnion(
	"host",
	[
		mapping({
			host: z
				.literal("github")
				.describe(
					"The branch takes commits by pull request only, so the app pushes each version to a branch of its own, and waits until people have merged it. It opens pull requests by GitHub's API, with what it pushes with.",
				),
			api: SafeUrl.optional().describe(
				"GitHub's API. Absent: that of the login where it is github-app, else https://api.github.com.",
			),
		}),
		mapping({
			host: z.literal("azure-devops").describe("The same, by Azure DevOps' API, at the host of url."),
		}),
		mapping({
			host: z
				.literal("none")
				.describe("The same, where the app opens nothing: people are told which branch they have to merge."),
		}),
	],
	wantedIn("host", 'host "github", "azure-devops" or "none"'),
);

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
			wantedIn("mode", 'mode "secret", "entra" or "github-app"', ["secret", "entra", "github-app"]),
		)
		.describe("Who the app is there."),
	pullRequests: PullRequests.optional().describe(
		"The branch takes commits by pull request only: the app pushes each version to a branch of its own, and waits until people have merged it. Not with strategy single-user. Absent: the app commits to the branch itself.",
	),
});
export type RepositoryConfig = z.infer<typeof RepositoryConfig>;

/** Where the app opens pull requests by GitHub's API: that API. */
export function gitHubApiOf({
	login,
	pullRequests,
}: {
	readonly login: { readonly mode: string; readonly api?: string };
	readonly pullRequests?: { readonly host: string; readonly api?: string | undefined } | undefined;
}): string | undefined {
	return pullRequests?.host === "github" ? (pullRequests.api ?? login.api ?? gitHubApi) : undefined;
}
