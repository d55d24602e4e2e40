import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { stringify } from "yaml";
import type { Configuration } from "../../../src/lib/config/configuration.ts";
import { parseConfiguration } from "../../../src/lib/config/load.ts";
import { pathNames } from "../../../src/lib/paths/index.ts";

const consumer = {
	cluster: "aks",
	namespace: "titanic-api",
	kind: "Deployment",
	name: "titanic-api",
	delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" },
};
const secret = { vault: "main", server: "pg", role: "titanic_admin", login: { mode: "self" } };
const valid = {
	vaults: { main: { url: "https://titanic-kv-prod.vault.azure.net" } },
	servers: { pg: { host: "pg.example.org" } },
	clusters: { aks: { server: "https://aks.example.org" } },
	secrets: { "db-password": { ...secret, consumers: [consumer] } },
};
const admin = { mode: "admin-secret", secret: "admin-password", role: "postgres" };
const withSecret = (changes: object) => ({ ...valid, secrets: { "db-password": { ...secret, ...changes } } });

const roleName = "a PostgreSQL role name of 1 to 63 bytes without control and invisible characters";

const problemsOf = (data: unknown): string[] => {
	const parsed = parseConfiguration(stringify(data, { aliasDuplicateObjects: false }));
	return "problems" in parsed ? parsed.problems.map(({ path, message }) => `${path}: ${message}`) : [];
};

test("the example is valid and is the seed world", async () => {
	const text = await readFile(join(import.meta.dirname, "../../../rotation.config.example.yaml"), "utf8");
	expect(parseConfiguration(text)).toMatchObject({
		config: {
			vaults: { "titanic-kv-prod": { url: "https://titanic-kv-prod.vault.azure.net" } },
			secrets: {
				"db-password": {
					strategy: "single-user",
					role: "titanic_admin",
					login: { mode: "self" },
					rotateEveryDays: 90,
					expiryMarginDays: 30,
					derived: [{ secret: "db-connection-string" }],
					consumers: [{ kind: "Deployment", name: "titanic-api", copyTimeoutSeconds: 300 }],
				},
			},
		},
	});
});

test("the example's calendar is valid too, as it stands there behind #", async () => {
	const text = await readFile(join(import.meta.dirname, "../../../rotation.config.example.yaml"), "utf8");
	const { config } = parseConfiguration(
		text.replace(/^( *)#( *(?:- |freezes:|to:|reason:|windows:|minutes:|zone:|expiryBeats))/gm, "$1$2"),
	) as { config: Configuration };
	expect(config).toMatchObject({
		freezes: [{ reason: "the year's end" }],
		secrets: { "db-password": { windows: [{ zone: "Europe/Berlin" }], expiryBeatsWindowDays: 7 } },
	});
});

const night = { cron: "0 22 * * *", minutes: 240, zone: "Europe/Berlin" };
const freeze = { from: "2026-12-20T00:00:00Z", to: "2027-01-05T00:00:00Z", reason: "year end" };

test.each(["2026-12-20T00:00Z", "2026-12-20T00:00:00+01:00", "2026-12-20T00:00:00.000Z"])(
	"a freeze may begin at %s, as people and programs write a time",
	(from) => {
		expect(problemsOf({ ...valid, freezes: [{ ...freeze, from }] })).toEqual([]);
	},
);

const plain = (keys: object, changes: object = {}) => ({
	...consumer,
	delivery: { path: "kubernetes-secret", secret: "titanic-api-secrets", keys },
	...changes,
});
const repository = {
	url: "https://dev.azure.com/example/titanic/_git/gitops",
	login: { mode: "secret", vault: "main", secret: "git-token" },
};
const inGit = (name: string, changes: object = {}) => ({
	...consumer,
	...changes,
	delivery: {
		...{ path: "flux-sops", repository: "gitops", file: "titanic/secret.sops.yaml", secret: `${name}-secrets` },
		recipients: ["https://titanic-kv-prod.vault.azure.net/keys/sops"],
		keys: { [name]: name },
		kustomization: "titanic-api",
	},
});
const withRepositories = (repositories: object, changes: object = { consumers: [inGit("db-password")] }) => ({
	...withSecret(changes),
	repositories,
});

test.each([
	"https://dev.azure.com/example/titanic/_git/gitops",
	"https://example.visualstudio.com/titanic/_git/gitops",
	"http://127.0.0.1:8080/titanic.git",
])("the app's own identity may log in at %s", (url) => {
	expect(problemsOf(withRepositories({ gitops: { url, login: { mode: "entra" } } }))).toEqual([]);
});

const gitHubApp = {
	url: "https://github.com/example/gitops",
	login: {
		...{ mode: "github-app", app: "Iv23liExample", installation: 77 },
		key: "https://titanic-kv-prod.vault.azure.net/keys/github-app",
	},
};
const gitHubAppWith = (changes: object, url = gitHubApp.url) =>
	withRepositories({ gitops: { url, login: { ...gitHubApp.login, ...changes } } });

test.each([
	["github.com", {}, gitHubApp.url],
	[
		"its id and a version of its key",
		{ app: "123456", key: `${gitHubApp.login.key}/${"0".repeat(32)}` },
		gitHubApp.url,
	],
	["GitHub Enterprise Server", { api: "https://git.example.com/api/v3" }, "https://git.example.com/example/gitops.git"],
	["a subdomain of ghe.com", { api: "https://api.example.ghe.com" }, "https://example.ghe.com/example/gitops"],
])("a GitHub App may log in: %s", (_, changes, url) => {
	expect(problemsOf(gitHubAppWith(changes, url))).toEqual([]);
});

const hook = {
	kind: "webhook",
	url: "https://ops.example.com/hook",
	signing: [{ vault: "main", secret: "signing-key" }],
};
const chat = { kind: "slack", address: { vault: "main", secret: "slack-url", host: "hooks.slack.com" } };
const telling = (channel: object) => ({ ...valid, notifications: { ops: channel } });

test("channels of each kind may be given", () => {
	const notifications = {
		...{ hook, chat, teams: { ...chat, kind: "teams" } },
		grid: { kind: "event-grid", url: "https://t.westeurope-1.eventgrid.azure.net/api/events" },
		secret: { ...hook, url: undefined, address: chat.address, on: ["started", "sweep"], secrets: ["db-password"] },
		home: { ...hook, privateAddresses: ["10.1.2.0/28", "fd00::/8"], namespaces: ["titanic-api"], retryingMinutes: 5 },
	};
	expect(problemsOf({ ...valid, notifications })).toEqual([]);
});

test.each<[string, object, RegExp]>([
	["a URL without TLS", { ...hook, url: "http://127.0.0.1/hook" }, /ops\.url: is not an https URL/],
	["a URL with a credential in it", { ...hook, url: "https://ops.example.com/hook?code=1" }, /ops\.url: has more than/],
	["neither a URL nor where it is", { ...hook, url: undefined }, /ops: has neither url nor address, or both/],
	["both", { ...hook, address: chat.address }, /ops: has neither url nor address, or both/],
	["no signing key", { ...hook, signing: [] }, /ops\.signing: is empty/],
	["a Slack URL in the file", { kind: "slack", url: "https://hooks.slack.com/services/T/B/x" }, /ops\.address/],
	[
		"a vault that there is not",
		{ ...chat, address: { ...chat.address, vault: "other" } },
		/ops\.address\.vault: .*not one of vaults/,
	],
	[
		"the very secret that is rotated",
		{ ...chat, address: { ...chat.address, secret: "DB-password" } },
		/is a secret that is rotated/,
	],
	[
		"its pending one",
		{ ...hook, signing: [{ vault: "main", secret: "db-password-pending" }] },
		/ops\.signing\[0\]\.secret/,
	],
	["a secret that there is not", { ...hook, secrets: ["db-pasword"] }, /ops\.secrets\[0\]: .*not one of secrets/],
	["a kind of event that there is not", { ...hook, on: ["fail"] }, /ops\.on\[0\]/],
	["nothing to send", { ...hook, on: [] }, /ops\.on: is empty/],
	["every address", { ...hook, privateAddresses: ["0.0.0.0/0"] }, /ops\.privateAddresses\[0\]: is no range/],
	["a kind that there is not", { ...hook, kind: "mail" }, /ops(\.kind)?: .*"webhook"/],
])("a channel with %s is refused", (_, channel, message) => {
	expect(problemsOf(telling(channel)).join("\n")).toMatch(message);
});

test("one repository may be there once a branch", () => {
	expect(problemsOf(withRepositories({ gitops: repository, next: { ...repository, branch: "next" } }))).toEqual([]);
});

const inPlainSecret = 'secrets["db-password"].consumers[0].delivery';

test("two workloads may take one secret from one Secret, and keys go by the secret's name in its vault", () => {
	const both = [plain({ "DB-password": "pw" }), plain({ "db-password": "pw" }, { name: "worker" })];
	expect(problemsOf(withSecret({ consumers: both }))).toEqual([]);
	const named = { id: { ...secret, name: "db-password", consumers: [plain({ "db-password": "pw" })] } };
	expect(problemsOf({ ...valid, secrets: named })).toEqual([]);
});

const inVault = (delivery: object = {}) => ({ ...consumer, delivery: { path: "workload-identity", ...delivery } });

test("pods that read the vault themselves need nothing else, and their sessions may be named by the pod", () => {
	expect(problemsOf(withSecret({ consumers: [inVault()] }))).toEqual([]);
	expect(problemsOf(withSecret({ consumers: [inVault({ applicationName: "pod" })] }))).toEqual([]);
});

test("pods that read again by themselves need not be restarted, where it is said when they do", () => {
	const roll = "none";
	const csi = { ...consumer, roll, delivery: { ...consumer.delivery, pollSeconds: 120 } };
	const consumers = [
		csi,
		{ ...plain({ "db-password": "pw" }), name: "second", roll },
		{ ...inVault({ reloadSeconds: 60 }), name: "third", roll },
	];
	expect(problemsOf(withSecret({ consumers }))).toEqual([]);
});

const unrolled = (change: object) => withSecret({ consumers: [{ ...consumer, roll: "none", ...change }] });
const first = 'secrets["db-password"].consumers[0]';

const wrong: Record<string, [unknown, string]> = {
	"another way not to restart": [unrolled({ roll: "never" }), `${first}.roll: is "never"; give "none"`],
	"files of a driver of which nobody says when it looks": [
		unrolled({}),
		`${first}.delivery.pollSeconds: is missing; with roll: none give the driver's rotationPollInterval, and turn its rotation on`,
	],
	"pods that read the vault again, and nobody says how often": [
		unrolled({ delivery: { path: "workload-identity" } }),
		`${first}.delivery.reloadSeconds: is missing; with roll: none say how often the pods read the vault again`,
	],
	"pods that read the vault again, and are restarted": [
		withSecret({ consumers: [inVault({ reloadSeconds: 60 })] }),
		`${first}.delivery.reloadSeconds: is for roll: none, and this workload is restarted`,
	],
	"an application that does not read again, and is not restarted": [
		unrolled({ delivery: { ...consumer.delivery, pollSeconds: 120 }, application: { readsAgain: false } }),
		`${first}.application.readsAgain: is false, and roll is "none"; take one of them out`,
	],
	"a name of sessions that is not one of the pods'": [
		withSecret({ consumers: [inVault({ applicationName: "titanic-api" })] }),
		'secrets["db-password"].consumers[0].delivery.applicationName: is "titanic-api"; give "pod"',
	],
	"sessions where there is no database": [
		{
			...valid,
			secrets: { key: { vault: "main", strategy: "random-value", consumers: [inVault({ applicationName: "pod" })] } },
		},
		"secrets.key.consumers[0].delivery.applicationName: is for the sessions of a database, and the strategy has none",
	],
	"a plain Secret without a key for the managed secret": [
		withSecret({
			derived: [{ secret: "db-dsn", template: "postgresql://{password}@h/d" }],
			consumers: [plain({ "db-dsn": "dsn" })],
		}),
		`${inPlainSecret}.keys: has no key for db-password, the managed secret`,
	],
	"a plain Secret with a key for a secret of another entry": [
		withSecret({ consumers: [plain({ "db-password": "pw", "other-password": "other" })] }),
		`${inPlainSecret}.keys["other-password"]: is not a secret of this entry; give: db-password`,
	],
	"a key of a Secret that no Secret can have": [
		withSecret({ consumers: [plain({ "db-password": "a/b" })] }),
		`${inPlainSecret}.keys["db-password"]: is a text of 3 characters; give a Secret's key: letters, digits, hyphens, underscores and dots, at most 253`,
	],
	"two secrets that would write one key of a Secret": [
		{
			...valid,
			secrets: {
				"db-password": { ...secret, consumers: [plain({ "db-password": "pw" })] },
				other: { ...secret, role: "other", consumers: [plain({ other: "pw" }, { name: "other-api" })] },
			},
		},
		'secrets.other.consumers[0].delivery: writes key pw of Secret titanic-api-secrets, which is "db-password"\'s',
	],
	"two secrets that would write one file of a repository, for two namespaces": [
		{
			...withRepositories({ gitops: repository }),
			secrets: {
				"db-password": { ...secret, consumers: [inGit("db-password")] },
				other: { ...secret, role: "other", consumers: [inGit("other", { namespace: "other" })] },
			},
		},
		'secrets.other.consumers[0].delivery: writes file titanic/secret.sops.yaml of repository gitops, which is "db-password"\'s',
	],
	"one branch of a repository under two names": [
		withRepositories({
			gitops: repository,
			again: { ...repository, url: "https://DEV.azure.com/Example/titanic/_git/gitops.git/" },
		}),
		'repositories.again: is the repository "gitops" again; use that name',
	],
	"the app's own identity at a git server that is not Azure DevOps": [
		withRepositories({ gitops: { url: "https://github.com/example/gitops", login: { mode: "entra" } } }),
		'repositories.gitops.login.mode: is "entra", which is for Azure DevOps; give mode "secret"',
	],
	"the app's own identity at a host whose name only begins like Azure DevOps": [
		withRepositories({ gitops: { url: "https://dev.azure.com.example.org/gitops", login: { mode: "entra" } } }),
		'repositories.gitops.login.mode: is "entra", which is for Azure DevOps; give mode "secret"',
	],
	"a GitHub App whose token would go to another server than it comes from": [
		gitHubAppWith({}, "https://github.com.example.org/example/gitops"),
		"repositories.gitops.login.api: is at api.github.com, which is not the API of github.com.example.org",
	],
	"a GitHub App at an address that is no repository": [
		gitHubAppWith({}, "https://github.com/gitops"),
		"repositories.gitops.url: is not a repository of GitHub's; give https://<host>/<owner>/<name>",
	],
	"a GitHub App's id that is a number": [
		gitHubAppWith({ app: 123456 }),
		"repositories.gitops.login.app: is 123456; give a GitHub App's client id, Iv..., or its id as a text, in quotes",
	],
	"an installation that is a text": [
		gitHubAppWith({ installation: "77" }),
		'repositories.gitops.login.installation: is "77" in quotation marks; give the number without them, 1 to 999999999999999',
	],
	"a key of a GitHub App that is a file": [
		gitHubAppWith({ key: "app.pem" }),
		'repositories.gitops.login.key: is "app.pem"; give https://<vault>.vault.azure.net/keys/<name>, with or without a version',
	],
	"an unknown repository": [
		withRepositories({}),
		'secrets["db-password"].consumers[0].delivery.repository: is "gitops", which is not one of repositories; give: (there are none)',
	],
	"a token in an unknown vault": [
		withRepositories({ gitops: { ...repository, login: { ...repository.login, vault: "mian" } } }),
		'repositories.gitops.login.vault: is "mian", which is not one of vaults; did you mean main?',
	],
	...Object.fromEntries(
		["/secret.yaml", "a/../secret.yaml", "./secret.yaml", "a//secret.yaml", "a/", "a\nb"].map(
			(file): [string, [unknown, string]] => {
				const { delivery, ...rest } = inGit("db-password");
				const held = `a text of ${file.length} characters`;
				return [
					`a file ${JSON.stringify(file)}, which is no place in a repository`,
					[
						withRepositories({ gitops: repository }, { consumers: [{ ...rest, delivery: { ...delivery, file } }] }),
						`secrets["db-password"].consumers[0].delivery.file: is ${held}; give a path in the repository, without . and .. and without a slash at either end`,
					],
				];
			},
		),
	),
	...Object.fromEntries(
		["-main", "a..b", "a//b", "a/.b", "a b", "main/", "main.", "refs:main", "a^b", "a\nb"].map(
			(branch): [string, [unknown, string]] => [
				`a branch ${JSON.stringify(branch)}, which git does not take or takes for something else`,
				[
					withRepositories({ gitops: { ...repository, branch } }),
					`repositories.gitops.branch: is a text of ${branch.length} characters; give a branch name of letters, digits, hyphens, dots, underscores and slashes`,
				],
			],
		),
	),
	"two secrets that claim one role": [
		{ ...valid, secrets: { "db-password": secret, "other-password": secret } },
		'secrets["other-password"].role: is the role of secret "db-password"; let one secret own it',
	],
	"two secrets that claim one role by two names of one server": [
		{
			...valid,
			servers: { pg: { host: "pg.example.org" }, again: { host: "PG.example.org", port: 5432 } },
			secrets: { "db-password": secret, "other-password": { ...secret, server: "again" } },
		},
		'secrets["other-password"].role: is the role of secret "db-password"; let one secret own it',
	],
	"an unknown vault": [
		withSecret({ vault: "mian" }),
		'secrets["db-password"].vault: is "mian", which is not one of vaults; did you mean main?',
	],
	"an unknown server": [
		withSecret({ server: "toString" }),
		'secrets["db-password"].server: is "toString", which is not one of servers; give: pg',
	],
	"an unknown cluster": [
		{ ...withSecret({ consumers: [consumer] }), clusters: {} },
		'secrets["db-password"].consumers[0].cluster: is "aks", which is not one of clusters; give: (there are none)',
	],
	"one vault under two names": [
		{ ...valid, vaults: { main: valid.vaults.main, twin: { url: "https://Titanic-kv-prod.vault.azure.net/" } } },
		'vaults.twin: is the vault "main" again; use that name',
	],
	"a derived secret that is another managed one": [
		{
			...valid,
			secrets: {
				"db-password": secret,
				"other-password": { ...secret, role: "other", derived: [{ secret: "DB-password", template: "{password}" }] },
			},
		},
		'secrets["other-password"].derived[0].secret: is written for "db-password" already; give another name',
	],
	...Object.fromEntries(
		[
			["an ADO.NET template", "Host={host};Password={password}", "it looks like ado-net"],
			["a libpq template", "host={host} password={password}", "it looks like libpq"],
			["a JSON template", '{"password": "{password}"}', "it looks like json"],
			["a line of an environment", "PGPASSWORD={password}", "it looks like env"],
			["no form at all", "{role}-{password}", "url, libpq, jdbc, ado-net, json, env, raw"],
		].map(([name, template, which]) => [
			`${name} without a format`,
			[
				withSecret({ derived: [{ secret: "dsn", template }] }),
				`secrets["db-password"].derived[0].template: is no URL, and URL-encoded values would be wrong in it; give format (${which})`,
			],
		]),
	),
	"a template that has not the format that is given": [
		withSecret({ derived: [{ secret: "dsn", template: "{password}", format: "ado-net" }] }),
		'secrets["db-password"].derived[0].template: is not in the format ado-net; give keyword=value;..., with placeholders in values only',
	],
	"a format that there is not": [
		withSecret({ derived: [{ secret: "dsn", template: "{password}", format: "toml" }] }),
		'secrets["db-password"].derived[0].format: is "toml"; give url, libpq, jdbc, ado-net, json, env, raw',
	],
	"one secret of a vault under two ids": [
		{ ...valid, secrets: { "db-password": secret, again: { ...secret, role: "other", name: "DB-password" } } },
		'secrets.again.name: is written for "db-password" already; give another name',
	],
	"a secret whose id is another entry's name in that vault": [
		{ ...valid, secrets: { first: { ...secret, name: "db-password" }, "db-password": { ...secret, role: "other" } } },
		'secrets["db-password"]: is written for "first" already; give another name',
	],
	"a derived secret that is another entry's by its name": [
		{
			...valid,
			secrets: {
				first: { ...secret, name: "db-password" },
				second: { ...secret, role: "other", derived: [{ secret: "db-password", template: "{password}" }] },
			},
		},
		'secrets.second.derived[0].secret: is written for "first" already; give another name',
	],
	"an admin secret that is the managed one by its name": [
		withSecret({ name: "admin-password", login: admin }),
		'secrets["db-password"].login.secret: is the managed secret itself; give the admin role\'s',
	],
	"a name that is a pending secret's": [
		withSecret({ name: "db-password-pending" }),
		'secrets["db-password"].name: is "db-password-pending"; give a Key Vault secret name: letters, digits and hyphens, at most 119, not ending in -pending',
	],
	"an admin secret of the managed role itself": [
		withSecret({ login: { mode: "admin-secret", secret: "admin-password", role: "titanic_admin" } }),
		'secrets["db-password"].login.role: is the managed role itself; give mode "self"',
	],
	"a token for the managed role itself": [
		withSecret({ login: { mode: "entra-token", role: "titanic_admin" } }),
		'secrets["db-password"].login.role: is the managed role itself; give mode "self"',
	],
	"a token for a role that another entry manages": [
		{
			...valid,
			secrets: {
				"db-password": { ...secret, login: { mode: "entra-token", role: "rotator" } },
				"other-password": { ...secret, derived: [], role: "rotator" },
			},
		},
		'secrets["db-password"].login.role: is the role that "other-password" manages, which has a password; give the one of the app\'s identity',
	],
	"a token with a secret": [
		withSecret({ login: { mode: "entra-token", role: "rotator", secret: "admin-password" } }),
		'secrets["db-password"].login: has the unknown key "secret"; give mode, role',
	],
	"an admin secret that is the managed secret": [
		withSecret({ login: { mode: "admin-secret", secret: "db-password", role: "postgres" } }),
		'secrets["db-password"].login.secret: is the managed secret itself; give the admin role\'s',
	],
	"a recovery login of the managed role itself": [
		withSecret({ login: { mode: "self", recovery: { secret: "admin-password", role: "titanic_admin" } } }),
		'secrets["db-password"].login.recovery.role: is the managed role itself; give another role',
	],
	"a recovery login with the managed secret": [
		withSecret({ login: { mode: "self", recovery: { secret: "DB-password", role: "postgres" } } }),
		'secrets["db-password"].login.recovery.secret: is the managed secret itself; give the admin role\'s',
	],
	"a recovery login in an unknown vault": [
		withSecret({ login: { mode: "self", recovery: { vault: "other", secret: "admin-password", role: "postgres" } } }),
		'secrets["db-password"].login.recovery.vault: is "other", which is not one of vaults; give: main',
	],
	"a derived secret that is another entry's admin secret": [
		{
			...valid,
			secrets: {
				"db-password": { ...secret, derived: [{ secret: "Admin-password", template: "{password}" }] },
				"other-password": { ...secret, role: "other", login: { ...admin, vault: "main" } },
			},
		},
		'secrets["other-password"].login.secret: is derived from "db-password"; give a secret that no rotation writes',
	],
	"a derived secret that is the recovery login's": [
		withSecret({
			login: { mode: "self", recovery: { secret: "admin-password", role: "postgres" } },
			derived: [{ secret: "admin-password", template: "{password}" }],
		}),
		'secrets["db-password"].login.recovery.secret: is derived from "db-password"; give a secret that no rotation writes',
	],
	"an admin secret that is managed for another role": [
		{
			...valid,
			secrets: {
				"db-password": secret,
				"other-password": { ...secret, role: "other", login: { ...admin, secret: "db-password" } },
			},
		},
		'secrets["other-password"].login.secret: is "db-password", which is managed for another role; give the admin role\'s',
	],
	"an admin secret that is managed for the role of that name on another server": [
		{
			...valid,
			servers: { ...valid.servers, other: { host: "other.example.org" } },
			secrets: {
				"admin-password": { ...secret, server: "other", role: "postgres" },
				"db-password": { ...secret, login: admin },
			},
		},
		'secrets["db-password"].login.secret: is "admin-password", which is managed for another role; give the admin role\'s',
	],
	"an admin role whose password another secret has": [
		{
			...valid,
			secrets: {
				"root-password": { ...secret, role: "postgres" },
				"db-password": { ...secret, login: admin },
			},
		},
		'secrets["db-password"].login.secret: is not the secret of that role, which "root-password" manages; give that one',
	],
	"two roles that change each other": [
		{
			...valid,
			secrets: {
				"admin-password": { ...secret, role: "postgres" },
				"db-password": { ...secret, login: admin },
				"third-password": {
					...secret,
					role: "third",
					login: { ...admin, secret: "db-password", role: "titanic_admin" },
				},
			},
		},
		'secrets["third-password"].login.secret: is "db-password", whose role is changed by another one; let it change itself (mode "self")',
	],
	"an admin secret whose value is more than the password": [
		{
			...valid,
			secrets: {
				"admin-password": { ...secret, role: "postgres", value: { template: '{"p": "{password}"}', format: "json" } },
				"db-password": { ...secret, login: admin },
			},
		},
		'secrets["db-password"].login.secret: is "admin-password", whose value is not the password alone; give it no value',
	],
	"one port of this machine under two schemes, of which it can speak one": [
		{
			...valid,
			vaults: {
				...valid.vaults,
				one: { url: "https://127.0.0.1", name: "one" },
				again: { url: "http://localhost:443", name: "again" },
			},
		},
		'vaults.again: is the vault "one" again; use that name',
	],
	"one server under two spellings": [
		{ ...valid, servers: { pg: { host: "pg.example.org" }, again: { host: "PG.Example.Org." } } },
		'servers.again: is the server "pg" again; use that name',
	],
	"one cluster under two spellings": [
		{ ...valid, clusters: { aks: valid.clusters.aks, again: { server: "https://AKS.example.org:443/" } } },
		'clusters.again: is the cluster "aks" again; use that name',
	],
	"a name of a vault in Azure that is another vault's URL": [
		{
			...valid,
			vaults: { main: valid.vaults.main, twin: { url: "https://a.vault.azure.net", name: "Titanic-kv-prod" } },
		},
		'vaults.twin.name: is the name of vault "main" too',
	],
	"one vault under two domains": [
		{ ...valid, vaults: { main: valid.vaults.main, twin: { url: "https://titanic-kv-prod.vaultcore.azure.net" } } },
		'vaults.twin: is the vault "main" again; use that name',
	],
	"a vault with a path": [
		{ ...valid, vaults: { main: { url: "https://titanic-kv-prod.vault.azure.net/secrets" } } },
		"vaults.main.url: has a path; give https://<name>.vault.azure.net",
	],
	"a host with a port": [
		{ ...valid, servers: { pg: { host: "pg.example.org:5432" } } },
		"servers.pg.host: has a port in it; give that as port",
	],
	"a pending secret as an admin secret": [
		withSecret({ login: { ...admin, secret: "db-password-Pending" } }),
		'secrets["db-password"].login.secret: is "db-password-Pending"; give a Key Vault secret name: letters, digits and hyphens, at most 119, not ending in -pending',
	],
	"a workload listed twice": [
		withSecret({ consumers: [consumer, consumer] }),
		'secrets["db-password"].consumers[1]: is Deployment titanic-api/titanic-api again; list it once',
	],
	"a misspelt option": [
		withSecret({ rotateEvryDays: 30 }),
		'secrets["db-password"]: has the unknown key "rotateEvryDays" (did you mean rotateEveryDays?)',
	],
	"a period of no days": [
		withSecret({ rotateEveryDays: 0 }),
		'secrets["db-password"].rotateEveryDays: is 0; give whole days, 1 to 730',
	],
	"a period in words": [
		withSecret({ rotateEveryDays: "90 days" }),
		'secrets["db-password"].rotateEveryDays: is "90 days"; give the number alone, 1 to 730',
	],
	"a window in a zone that there is not": [
		withSecret({ windows: [{ ...night, zone: "CET+1" }] }),
		'secrets["db-password"].windows[0].zone: is not an IANA time zone; give one such as Europe/Berlin',
	],
	"a window by six parts": [
		withSecret({ windows: [{ ...night, cron: "0 0 22 * * *" }] }),
		'secrets["db-password"].windows[0].cron: is not a cron expression of five parts; give minute (0-59), hour (0-23), day of the month, month and day of the week (0-7)',
	],
	"a window that is shorter than a rotation may take": [
		withSecret({ windows: [{ ...night, minutes: 30 }], consumers: [{ ...consumer, rolloutTimeoutSeconds: 7200 }] }),
		'secrets["db-password"].windows[0].minutes: is less than a rotation may take, by the timeouts of its consumers: 127 minutes',
	],
	"a window in which both roles of a pair could have their turn": [
		withSecret({
			...{ strategy: "alternating-users", role: undefined, roles: ["titanic_a", "titanic_b"], owner: "titanic_owner" },
			...{ login: { ...admin, vault: "main" }, rotateEveryDays: 5, spreadDays: 1 },
			value: { template: "postgresql://{role}:{password}@titanic-db/titanic", format: "url" },
			windows: [
				{ ...night, minutes: 5_761 },
				{ ...night, minutes: 5_760 },
			],
		}),
		'secrets["db-password"].windows[0].minutes: is longer than the time between two rotations (4 days), so both roles could be changed in one window',
	],
	"a window that opens too rarely": [
		withSecret({ windows: [{ ...night, cron: "0 2 1 */2 *" }] }),
		'secrets["db-password"].windows: do not open for up to 62 days, but a version expires 30 days after it is due (expiryMarginDays)',
	],
	"a spread that is as long as the period": [
		withSecret({ rotateEveryDays: 30, spreadDays: 30 }),
		'secrets["db-password"].spreadDays: is not below rotateEveryDays (30)',
	],
	"a freeze that ends before it begins": [
		{ ...valid, freezes: [{ ...freeze, to: "2026-12-19T00:00:00Z" }] },
		"freezes[0].to: is not later than from",
	],
	"a freeze without an offset": [
		{ ...valid, freezes: [{ ...freeze, from: "2026-12-20T00:00:00" }] },
		"freezes[0].from: is not a time with its offset; give one such as 2026-12-20T00:00:00+01:00",
	],
	"a freeze of a secret that there is not": [
		{ ...valid, freezes: [{ ...freeze, secrets: ["other"] }] },
		'freezes[0].secrets[0]: is "other", which is not one of secrets; give: db-password',
	],
	"a freeze without a reason": [
		{ ...valid, freezes: [{ ...freeze, reason: undefined }] },
		"freezes[0].reason: is missing; give a sentence",
	],
	"a margin beyond its range": [
		withSecret({ expiryMarginDays: 366 }),
		'secrets["db-password"].expiryMarginDays: is 366; give whole days, 1 to 365',
	],
	"half a second": [
		withSecret({ consumers: [{ ...consumer, copyTimeoutSeconds: 10.5 }] }),
		'secrets["db-password"].consumers[0].copyTimeoutSeconds: is 10.5; give whole seconds, 10 to 86400',
	],
	"an unknown way to log in": [
		withSecret({ login: { mode: "sudo" } }),
		'secrets["db-password"].login.mode: is "sudo"; give mode "self", "admin-secret" or "entra-token"',
	],
	"an unknown delivery path": [
		withSecret({ consumers: [{ ...consumer, delivery: { path: "pigeon" } }] }),
		`secrets["db-password"].consumers[0].delivery.path: is "pigeon"; give ${pathNames.map((name) => `path "${name}"`).join(" or ")}`,
	],
	"no role": [
		withSecret({ role: undefined }),
		'secrets["db-password"].role: is missing; give a PostgreSQL role name of 1 to 63 bytes without control and invisible characters',
	],
	"a role whose name the server would cut": [
		withSecret({ role: `${"ü".repeat(31)}xy` }),
		`secrets["db-password"].role: is a text of 33 characters; give ${roleName}`,
	],
	"a role on two lines": [
		withSecret({ role: "titanic\u2028admin" }),
		`secrets["db-password"].role: is a text of 13 characters; give ${roleName}`,
	],
	...Object.fromEntries(
		["..", "a/b", "a%2fb", "A", "a\nb", "a?b", "a#b"].flatMap((name) => {
			const held = name === "A" ? JSON.stringify(name) : `a text of ${name.length} characters`;
			return (["namespace", "name"] as const).map((field): [string, [unknown, string]] => [
				`a workload's ${field} ${JSON.stringify(name)}, which is another place in a URL`,
				[
					withSecret({ consumers: [{ ...consumer, [field]: name }] }),
					`secrets["db-password"].consumers[0].${field}: is ${held}; give a Kubernetes name: lower-case letters, digits, hyphens and dots, at most 253`,
				],
			]);
		}),
	),
	...Object.fromEntries(
		["..", "a/b", "x'; DROP ROLE y; --", "{a: 1}", "db password", "dß", "a\nb"].map(
			(name): [string, [unknown, string]] => [
				`a secret called ${JSON.stringify(name)}`,
				[
					{ ...valid, secrets: { [name]: secret } },
					`secrets[a key of ${name.length} characters]: cannot be a name here; give a Key Vault secret name: letters, digits and hyphens, at most 119, not ending in -pending`,
				],
			],
		),
	),
	"a secret named like a pending one": [
		{ ...valid, secrets: { "db-password-Pending": secret } },
		'secrets["db-password-Pending"]: cannot be a name here; give a Key Vault secret name: letters, digits and hyphens, at most 119, not ending in -pending',
	],
	"a template without the password": [
		withSecret({ derived: [{ secret: "dsn", template: "{role}" }] }),
		'secrets["db-password"].derived[0].template: has no {password}',
	],
	"a strategy that there is not": [
		withSecret({ strategy: "random" }),
		'secrets["db-password"].strategy: is "random"; did you mean random-value?',
	],
	"a role of a value that no server knows": [
		{ ...valid, secrets: { key: { vault: "main", strategy: "random-value", role: "app" } } },
		'secrets.key: has the unknown key "role"; give vault, name, strategy, random, fallbacks, derived, rotateEveryDays, expiryMarginDays, policyClass, automatic, windows, expiryBeatsWindowDays, spreadDays, approval, consumers',
	],
	"a random value of too few bits": [
		{ ...valid, secrets: { key: { vault: "main", strategy: "random-value", random: { bits: 64 } } } },
		"secrets.key.random.bits: is 64; give whole bits, 128 to 4096",
	],
	"fallbacks for no session at all": [
		{ ...valid, secrets: { key: { vault: "main", strategy: "random-value", fallbacks: { sessionLifetimeHours: 0 } } } },
		"secrets.key.fallbacks.sessionLifetimeHours: is 0; give whole hours, 1 to 17520",
	],
	"a random value of hardly any characters": [
		{
			...valid,
			secrets: {
				key: {
					vault: "main",
					strategy: "random-value",
					random: { format: "characters", classes: [{ characters: "abc" }] },
				},
			},
		},
		"secrets.key.random.classes: has fewer than 10 characters; give more, or another format",
	],
	"a random value with a character twice": [
		{
			...valid,
			secrets: {
				key: {
					vault: "main",
					strategy: "random-value",
					random: { format: "characters", classes: [{ characters: "abcdefgh" }, { characters: "hijk" }] },
				},
			},
		},
		"secrets.key.random.classes: has a character twice, which would be likelier than others",
	],
	"a password in what is derived from a random value": [
		{
			...valid,
			secrets: {
				key: { vault: "main", strategy: "random-value", derived: [{ secret: "keys", template: "key" }] },
			},
		},
		"secrets.key.derived[0].template: has no {value}",
	],
	"a value that the password cannot be read back from": [
		withSecret({ value: { template: "{role}:{password}", format: "url" } }),
		'secrets["db-password"].value.template: is a text that the password cannot be read back from; give a URL, or another format',
	],
	"a value whose template is not in its format": [
		withSecret({ value: { template: "PGPASSWORD='{password}'", format: "env" } }),
		'secrets["db-password"].value.template: is not in the format env; give lines of NAME=value, with placeholders in values only and no quotation marks around them',
	],
	"a template with an unknown placeholder": [
		withSecret({ derived: [{ secret: "dsn", template: "{password}{user}" }] }),
		'secrets["db-password"].derived[0].template: has an unknown placeholder; give {role}, {password}, {host}, {port}, {database}',
	],
	"a vault without TLS": [
		{ ...valid, vaults: { main: { url: "http://titanic-kv-prod.vault.azure.net" } } },
		"vaults.main.url: begins with http://, where anyone on the way could read along; give https://",
	],
	"no secrets at all": [{ ...valid, secrets: undefined }, "secrets: is missing; give a mapping of names"],
	"a list in place of the file": [
		[],
		"(the whole file): is a list; give a mapping of vaults, servers, clusters, repositories, approvals, freezes, policyClasses, exemptions, notifications, backups, secrets, defaults, include",
	],
};

test.each(Object.entries(wrong))("%s: the only problem, with its place and what is allowed", (_, [data, message]) => {
	expect(problemsOf(data)).toEqual([message]);
});

test.each([
	...[
		"https://titanic-kv-prod.vault.azure.net:443",
		"https://titanic-kv-prod.vault.azure.net/",
		"HTTPS://TITANIC-KV-PROD.vault.azure.net",
	],
	...[
		"https://titanic-kv-prod.vault.azure.net.",
		"https://titanic-kv-prod.vault.azure.net.:443//",
		"https://titanic%2Dkv%2Dprod.vault.azure.net",
	],
	...[
		"https:titanic-kv-prod.vault.azure.net",
		"https://titanic-kv-prod。vault.azure.net",
		" https://titanic-kv-prod.vault.azure.net ",
	],
	"https://titanic-kv-\u00adprod.vault.azure.net",
])("the vault under %j besides is one vault twice, and alone the one that it is", (url) => {
	expect(problemsOf({ ...valid, vaults: { main: valid.vaults.main, twin: { url } } })).toEqual([
		'vaults.twin: is the vault "main" again; use that name',
	]);
	expect(parseConfiguration(stringify({ ...valid, vaults: { main: { url } } }))).toMatchObject({
		config: { vaults: { main: valid.vaults.main } },
	});
});

test.each([
	...[
		"https://u@titanic-kv-prod.vault.azure.net",
		"https://@titanic-kv-prod.vault.azure.net",
		"https://:@a.vault.azure.net",
	],
	...[
		"https://titanic-kv-prod.vault.azure.net?",
		"https://titanic-kv-prod.vault.azure.net/#",
		"https://titanic-kv-prod.vault.azure.net/?x=y",
	],
	...[
		"https://.",
		"https://titanic-kv-prod.vault.azure.net:99999",
		"https://titanic-kv-prod.vault.azure.net/%2e%2e/x",
		"ftp://a.b",
	],
])("%s is no vault", (url) => {
	expect(problemsOf({ ...valid, vaults: { main: { url } } })).toHaveLength(1);
});

const secretsOf = (...entries: object[]) => ({
	"db-password": { ...secret, ...entries[0] },
	"other-password": { ...secret, ...entries[1] },
});

test.each([
	["a role of one server, in capitals", "pg.example.org", "PG.EXAMPLE.ORG"],
	["a role of one server, with the root's dot", "pg.example.org", "pg.example.org."],
	["a role of this machine", "localhost", "127.0.0.1"],
	["a role of this machine, by IPv6", "127.0.0.1", "::1"],
	["a role of this machine, by another of its addresses", "0:0:0:0:0:0:0:1", "127.0.0.2"],
	["a role of an address in short", "10.0.0.1", "10.1"],
	["a role of an address as a number", "10.0.0.1", "0x0a000001"],
	["a role of an address within IPv6", "10.0.0.1", "::ffff:10.0.0.1"],
	["a role of an address within IPv6, in hexadecimal", "10.0.0.1", "::FFFF:a00:1"],
	["a role of an IPv6 address, in full", "2001:db8::1", "2001:0DB8:0:0:0:0:0:1"],
])("%s is one role, though its server has two names", (_, host, again) => {
	const secrets = secretsOf({}, { server: "again" });
	// Another database is no other server: roles are the server's.
	for (const database of ["postgres", "titanic"]) {
		expect(problemsOf({ ...valid, servers: { pg: { host }, again: { host: again, database } }, secrets })).toEqual([
			'secrets["other-password"].role: is the role of secret "db-password"; let one secret own it',
		]);
	}
});

test("a secret that is written through two spellings of its vault is told, besides the vault", () => {
	const vaults = { main: valid.vaults.main, twin: { url: "https://titanic-kv-prod.vault.azure.net:443" } };
	const secrets = secretsOf(
		{},
		{ role: "other", vault: "twin", derived: [{ secret: "DB-password", template: "{password}" }] },
	);
	expect(problemsOf({ ...valid, vaults, secrets })).toEqual([
		'vaults.twin: is the vault "main" again; use that name',
		'secrets["other-password"].derived[0].secret: is written for "db-password" already; give another name',
	]);
});

const accepted: Record<string, object> = {
	"two databases of one server": {
		...valid,
		servers: { pg: { host: "pg.example.org" }, again: { host: "pg.example.org", database: "titanic" } },
		secrets: secretsOf({}, { role: "other", server: "again" }),
	},
	"roles that differ in case": { ...valid, secrets: secretsOf({}, { role: "Titanic_admin" }) },
	"one role name on two servers": {
		...valid,
		servers: { ...valid.servers, other: { host: "pg.example.org", port: 5433 } },
		secrets: secretsOf({}, { server: "other" }),
	},
	"an admin role that changes itself": {
		...valid,
		secrets: { "admin-password": { ...secret, role: "postgres" }, "db-password": { ...secret, login: admin } },
	},
	"a recovery login that changes itself": {
		...valid,
		secrets: {
			"admin-password": { ...secret, role: "postgres" },
			"db-password": { ...secret, login: { mode: "self", recovery: { secret: "admin-password", role: "postgres" } } },
		},
	},
	"one admin secret for two roles": { ...valid, secrets: secretsOf({ login: admin }, { role: "other", login: admin }) },
	"a derived secret of an admin secret's name in another vault": {
		...valid,
		vaults: { ...valid.vaults, admins: { url: "https://admins.vault.azure.net" } },
		secrets: secretsOf(
			{ login: { ...admin, vault: "admins" } },
			{ role: "other", derived: [{ secret: "admin-password", template: "{password}" }] },
		),
	},
	"two vaults on loopback, which have names in Azure": {
		...valid,
		vaults: { main: { url: "http://127.0.0.1:1", name: "a" }, twin: { url: "http://127.0.0.1:2", name: "b" } },
	},
};

test.each([
	["postgresql://{role}:{password}@{host}:{port}/{database}", undefined, "url"],
	["{password}", undefined, "raw"],
	["host={host} user={role} password={password}", "libpq", "libpq"],
	["PASSWORD={password}", "raw", "raw"],
])("the template %s with the format %s is rendered as %s", (template, format, rendered) => {
	const derived = [{ secret: "dsn", template, ...(format && { format }) }];
	expect(parseConfiguration(stringify(withSecret({ derived })))).toMatchObject({
		config: { secrets: { "db-password": { derived: [{ secret: "dsn", template, format: rendered }] } } },
	});
});

test("a secret's name in its vault is its id, unless it has a name of its own", () => {
	const { secrets } = withSecret({});
	const text = stringify({ ...valid, secrets: { ...secrets, other: { ...secret, role: "other", name: "DB-key" } } });
	expect(parseConfiguration(text)).toMatchObject({
		config: { secrets: { "db-password": { name: "db-password" }, other: { name: "DB-key" } } },
	});
});

test.each(Object.entries(accepted))("%s: no problem", (_, data) => {
	expect(problemsOf(data)).toEqual([]);
});

test("secrets that each have an admin secret are checked at a cost that grows with their number, not with its square", () => {
	const cpuMsOf = (count: number): number => {
		const secrets = Object.fromEntries(
			Array.from({ length: count }, (_, at) => [`s${at}`, { ...secret, role: `r${at}`, login: admin }]),
		);
		const before = process.cpuUsage();
		expect(problemsOf({ ...valid, secrets })).toEqual([]);
		const { user, system } = process.cpuUsage(before);
		return (user + system) / 1_000;
	};
	cpuMsOf(200);
	// With the square it would be 25.
	expect(cpuMsOf(1_000) / cpuMsOf(200)).toBeLessThan(15);
});

test("roles that are SQL, YAML, JSON or a format are names like any other", () => {
	const names = ['x"; DROP ROLE titanic_admin; --', "a'b", '{"a":1}', "- x: y", "%s $1 {role}", " ", "ü".repeat(31)];
	for (const role of names) {
		const parsed = parseConfiguration(stringify(withSecret({ role })));
		expect(parsed).toMatchObject({ config: { secrets: { "db-password": { role } } } });
	}
});

test("plain http is taken for loopback only", () => {
	expect(problemsOf({ ...valid, vaults: { main: { url: "http://127.0.0.1:8200", name: "titanic-kv-prod" } } })).toEqual(
		[],
	);
	expect(problemsOf({ ...valid, vaults: { main: { url: "http://127.0.0.1.example.org" } } })).toHaveLength(1);
});

describe.each([
	"postgresql://titanic_admin:iceberg-1912@pg.example.org",
	"iceberg-1912",
	"Iceberg1912AAbbCCddEEffGGhhIIjj",
	"1912191219121912",
])("a credential in the wrong place, like %s, is not repeated", (pasted) => {
	const everywhere: Record<string, unknown> = {
		"a host": { ...valid, servers: { pg: { host: `${pasted} ` } } },
		"a vault's URL": { ...valid, vaults: { main: { url: pasted } } },
		"a vault's name": { ...valid, vaults: { main: { ...valid.vaults.main, name: `_${pasted}` } } },
		"a number": withSecret({ rotateEveryDays: pasted }),
		"a number, as one": withSecret({ rotateEveryDays: Number(pasted.replaceAll(/\D/g, "")) * 1e9 }),
		"a word of a few": withSecret({ strategy: pasted }),
		"the name of a vault": withSecret({ vault: pasted }),
		"the name of a server": withSecret({ server: pasted }),
		"a kind of login": withSecret({ login: { mode: pasted } }),
		"a mapping": withSecret({ login: pasted }),
		"a whole entry": { ...valid, secrets: { "db-password": pasted } },
		"a delivery path": withSecret({ consumers: [{ ...consumer, delivery: { path: pasted } }] }),
		"the kind of a consumer": withSecret({ consumers: [{ ...consumer, kind: pasted }] }),
		"a template": withSecret({ derived: [{ secret: "dsn", template: pasted }] }),
		"a placeholder": withSecret({ derived: [{ secret: "dsn", template: `{password}{${pasted}}` }] }),
		"a list": withSecret({ consumers: pasted }),
		"an option's name": withSecret({ [`${pasted}1`]: true }),
		"a secret's name": { ...valid, secrets: { [`${pasted}_`]: secret } },
		"the whole file": pasted,
	};
	test.each(Object.entries(everywhere))("as %s", (_, data) => {
		const problems = problemsOf(data);
		expect(problems.length).toBeGreaterThan(0);
		expect(problems.join()).not.toContain("iceberg");
		expect(problems.join()).not.toContain(pasted);
	});
});

test("a credential in a file that is no YAML is not repeated", () => {
	for (const text of ["a: b: iceberg-1912", "password: 'iceberg-1912", "? iceberg-1912\n: {", "*iceberg-1912"]) {
		const parsed = parseConfiguration(text);
		expect("problems" in parsed && parsed.problems.length > 0).toBe(true);
		expect(JSON.stringify(parsed)).not.toContain("iceberg");
	}
});

test("a problem has the line it is in", () => {
	const text = "vaults:\n  main:\n    url: https://a.example.org\n    nmae: x\nservers: {}\nsecrets: {}\n";
	expect(parseConfiguration(text)).toEqual({
		problems: [{ path: "vaults.main", line: 4, column: 5, message: 'has the unknown key "nmae" (did you mean name?)' }],
	});
});

test("an alias that contains itself and one that explodes are problems, not a crash", () => {
	const bomb = [
		"a: &a [x, x]",
		..."bcdefgh".split("").map((name, at) => `${name}: &${name} [${Array(20).fill(`*${"abcdefgh"[at]}`)}]`),
	];
	for (const text of ["vaults: &a {main: *a}\nservers: *a\nsecrets: {}\n", bomb.join("\n")]) {
		expect(parseConfiguration(text)).toHaveProperty("problems");
	}
});

test("whatever the file holds, the answer is a configuration or its problems", () => {
	const yamlish = fc.array(
		fc.constantFrom(
			"vaults",
			"secrets",
			":",
			" ",
			"\n",
			"  ",
			"- ",
			"&a",
			"*a",
			"{",
			"}",
			"[",
			"]",
			"!x ",
			"? ",
			"|",
			"'",
			'"',
			"#",
			"<<",
			"null",
			"__proto__",
			"\t",
			"\u0000",
			"é",
		),
		{ maxLength: 40 },
	);
	const check = (text: string) => {
		const parsed = parseConfiguration(text);
		if ("problems" in parsed)
			expect(parsed.problems.every(({ path, message }) => path !== "" && message !== "")).toBe(true);
		return true;
	};
	fc.assert(fc.property(fc.string({ unit: "binary" }), check));
	fc.assert(
		fc.property(yamlish, (parts) => check(parts.join(""))),
		{ numRuns: 500 },
	);
	fc.assert(fc.property(fc.jsonValue(), (value) => check(JSON.stringify(value))));
});

test("whatever is put in place of one value, the answer is a configuration or its problems, and says nothing twice", () => {
	const paths = [
		["vaults"],
		["vaults", "main"],
		["vaults", "main", "url"],
		["servers", "pg", "host"],
		["servers", "pg", "tls"],
		["secrets"],
		["secrets", "db-password"],
		["secrets", "db-password", "login"],
		["secrets", "db-password", "derived"],
		["secrets", "db-password", "consumers"],
	];
	const odd = fc.oneof(
		fc.jsonValue(),
		fc.constant(undefined),
		fc.constantFrom("__proto__", "constructor", Number.NaN, Infinity, -0),
	);
	fc.assert(
		fc.property(fc.constantFrom(...paths), odd, (path, value) => {
			const data = structuredClone(valid) as Record<string, unknown>;
			const parent = path.slice(0, -1).reduce((node, key) => node[key] as Record<string, unknown>, data);
			parent[path.at(-1)!] = value;
			const parsed = parseConfiguration(stringify(data, { aliasDuplicateObjects: false }));
			const problems = "problems" in parsed ? parsed.problems.map((problem) => JSON.stringify(problem)) : [];
			expect(new Set(problems).size).toBe(problems.length);
		}),
		{ numRuns: 500 },
	);
});

const canary = { ...consumer, canary: true };
const others = { ...consumer, name: "titanic-worker" };
const withKey = (changes: object) => ({
	...valid,
	secrets: { key: { vault: "main", strategy: "random-value", ...changes } },
});

test("a canary is for values of which the one before stays valid, and there is somebody who waits for it", () => {
	const fallbacks = { sessionLifetimeHours: 744 };
	expect(problemsOf(withKey({ fallbacks, consumers: [others, canary] }))).toEqual([]);
	expect(problemsOf(withKey({ consumers: [others, { ...canary, canary: false }] }))).toEqual([]);
	const unfit = "is for values of which the one before stays valid";
	const [single, ...more] = problemsOf(withSecret({ consumers: [others, canary] }));
	expect(single).toContain(`secrets["db-password"].consumers[1].canary: ${unfit}`);
	expect(more).toEqual([]);
	expect(problemsOf(withKey({ consumers: [others, canary] }))).toEqual([expect.stringContaining(unfit)]);
	expect(problemsOf(withKey({ fallbacks, consumers: [others, { ...canary, kind: "CronJob" }] }))).toEqual([
		"secrets.key.consumers[1].canary: is for pods that prove a version; of a CronJob only its next run reads it",
	]);
	expect(problemsOf(withKey({ fallbacks, consumers: [canary, { ...others, canary: true }] }))).toEqual([
		"secrets.key.consumers: are all canary, so none of them is tried before another; take it from one",
	]);
});
