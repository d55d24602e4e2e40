// The rotation configuration: what is managed, where it lives, who consumes it.
// C1. Strict: an unknown key is a mistake, not an extension. Otherwise: a misspelt option silently keeps its default.
// C2. Every message names the allowed range and, by path and line, the place; of the value only what fields.ts allows.

import * as z from "zod";
import { type Format, formatOf, formats, hasForm, likelyFormat } from "../domain/render.ts";
import { kindNames } from "../kinds/index.ts";
import { Delivery } from "../paths/index.ts";
import { inconsistencies } from "./consistency.ts";
import { identifier, kubernetesName, list, mapping, oneOf, record, text, wanted, wantedIn, whole } from "./fields.ts";
import { addressOf, hostIn, hostOf } from "./spelling.ts";

const Key = text("a name of letters, digits and hyphens, at most 64", /^[0-9a-zA-Z-]{1,64}$/);
/** An entry's key too. `-pending` (8 characters) is appended to it, and Key Vault allows 127. */
const SecretName = text(
	"a Key Vault secret name: letters, digits and hyphens, at most 119, not ending in -pending",
	/^(?!.*-[pP][eE][nN][dD][iI][nN][gG]$)[0-9a-zA-Z-]{1,119}$/,
);
const host = "a host name or an IP address, without a port";
const HostName = text(host, /^[0-9a-zA-Z.:-]{1,253}$/).refine((value) => hostOf(value) !== undefined, {
	error: ({ input }) =>
		/^[^:]+:\d+$/.test(String(input)) ? "has a port in it; give that as port" : wanted(host).error({ input }),
});
const DatabaseName = identifier("database name");
const PemFile = z
	.string(wanted("a path"))
	.min(1, wanted("a path"))
	.optional()
	.describe("A PEM file with one certificate or several; by default the system's CAs.")
	.meta({ patternErrorMessage: "a path, relative to the configuration" });
const RoleName = identifier("PostgreSQL role name");

/** TLS everywhere; plain http only to loopback, where the local stack lives. */
const isSafeUrl = (value: string): boolean => {
	const url = URL.parse(value);
	// By the text: of an empty query, user or fragment the parsed URL knows nothing.
	if (url === null || /[?#@]/.test(value) || hostIn(url) === undefined) return false;
	return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
};

export const isLoopback = (host: string): boolean =>
	host === "localhost" || host === "[::1]" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

const SafeUrl = z
	.string(wanted("an https URL"))
	.refine(isSafeUrl, { error: "is not an https URL without user, query or fragment (http only for loopback)" })
	.transform((value) => addressOf(new URL(value)))
	.meta({ patternErrorMessage: "an https URL" });
/** Key Vault has no path; secrets of a vault with one would be asked for where there are none. */
const VaultUrl = SafeUrl.refine((value) => new URL(value).pathname === "/", {
	error: "has a path; give https://<name>.vault.azure.net",
}).meta({ patternErrorMessage: "an https URL" });

export const Vault = mapping({
	url: VaultUrl.describe("https://<name>.vault.azure.net"),
	name: Key.optional().describe("The vault's name in Azure, where it is not the URL's first label."),
});
export type Vault = z.infer<typeof Vault>;

export const Server = mapping({
	host: HostName.describe("As its certificate names it."),
	port: whole("ports", 1, 65_535).default(5432).describe("Of the server itself, not of a pooler."),
	database: DatabaseName.default("postgres").describe("The database to log in to."),
	tls: mapping({ ca: PemFile }).default({}),
});
export type Server = z.infer<typeof Server>;

const Cluster = mapping({
	server: SafeUrl.describe("The API server, https://..."),
	ca: PemFile,
});

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

const Shaped = mapping({
	secret: SecretName.describe("A further secret of the same vault, written with the new credential."),
	template: z
		.string(wanted("a text with {password} in it"))
		.max(2000, { error: "has more than 2000 characters" })
		.refine((value) => value.includes("{password}"), { error: "has no {password}; then it need not be derived" })
		// What JSON has in braces has quotation marks in it.
		.refine((value) => [...value.matchAll(/\{([^{}"]*)\}/g)].every(([, name]) => placeholders.has(name ?? "")), {
			error: "has an unknown placeholder; give {role}, {password}, {host}, {port}, {database}",
		})
		.describe("Placeholders {role}, {password}, {host}, {port}, {database}."),
	format: z
		.enum(formats, wanted(formats.join(", ")))
		.optional()
		.describe(
			"How values are written in it: URL-encoded; quoted as libpq's keyword=value; quoted as ADO.NET's keyword=value; (Npgsql); escaped in JSON; as they are. Default: url for a template that is a URL, raw for {password} alone; any other one needs it.",
		),
});
const placeholders = new Set(["role", "password", "host", "port", "database"]);
/** With the format that is given, or that its form gives. */
const Derived = Shaped.transform(({ format, ...derived }, context) => {
	const fits = format ?? formatOf(derived.template);
	const message = fits === undefined ? whyNoUrl(derived.template) : hasForm(derived.template, fits) ? "" : unfit[fits];
	if (message !== "") context.addIssue({ code: "custom", path: ["template"], message });
	return { ...derived, format: fits ?? "raw" };
});

const whyNoUrl = (template: string): string => {
	const likely = likelyFormat(template);
	const which = likely ? `it looks like ${likely}` : formats.join(", ");
	return `is no URL, and URL-encoded values would be wrong in it; give format (${which})`;
};

const unfit: Record<Format, string> = {
	url: "",
	raw: "",
	libpq: "is not in the format libpq; give keyword=value ..., with placeholders in values only",
	"ado-net": "is not in the format ado-net; give keyword=value;..., with placeholders in values only",
	json: "is not in the format json; give JSON, with quotation marks around each placeholder but {port}",
};

const ConsumerConfig = mapping({
	cluster: Key.describe("One of clusters."),
	namespace: kubernetesName.describe("The workload's namespace."),
	kind: oneOf(kindNames).describe("The workload's kind."),
	name: kubernetesName.describe("The workload's name."),
	delivery: Delivery,
	copyTimeoutSeconds: whole("seconds", 10, 86_400)
		.default(300)
		.describe("How long, in seconds, the copy may stay old: the driver's poll interval and 90 s more."),
	rolloutTimeoutSeconds: whole("seconds", 10, 86_400)
		.default(900)
		.describe("How long, in seconds, the restart of all pods may take."),
});
export type ConsumerConfig = z.infer<typeof ConsumerConfig>;

const Entry = mapping({
	vault: Key.describe("One of vaults."),
	name: SecretName.optional().describe("The secret's name in that vault. Default: the entry's own."),
	strategy: z
		.literal("single-user", wanted('"single-user"'))
		.default("single-user")
		.describe("One role, whose password is changed in place."),
	server: Key.describe("One of servers."),
	role: RoleName.describe("The PostgreSQL role whose password this is."),
	login: Login,
	rotateEveryDays: whole("days", 1, 730).default(90).describe("The rotation period, in days."),
	expiryMarginDays: whole("days", 1, 365)
		.default(30)
		.describe(
			"A new version expires so many days after it is due. Below 30, the sweep is what starts the rotation: Key Vault's near-expiry event comes 30 days before expiry, and is then too early.",
		),
	derived: list(Derived, 10).describe("Secrets made of the same credential."),
	consumers: list(ConsumerConfig, 20).describe("Workloads that use the secret."),
});
/** `name` is the secret's in its vault, given or not. */
export type ManagedSecret = z.infer<typeof Entry> & { readonly name: string };

const Shape = mapping({
	vaults: record(Key, Vault, 50),
	servers: record(Key, Server, 200),
	clusters: record(Key, Cluster, 50).default({}),
	secrets: record(SecretName, Entry, 1000),
});

/** The whole file. Keys of `secrets` are ids: what the API, the audit log and the records call the managed secrets. */
export const Configuration = Shape.transform((config) => ({ ...config, secrets: named(config.secrets) })).superRefine(
	(config, context) => {
		for (const { path, message } of inconsistencies(config)) context.addIssue({ code: "custom", path, message });
	},
);
export type Configuration = z.infer<typeof Configuration>;

const named = (entries: Readonly<Record<string, z.infer<typeof Entry>>>): Record<string, ManagedSecret> =>
	Object.fromEntries(Object.entries(entries).map(([id, entry]) => [id, { ...entry, name: entry.name ?? id }]));

/** The vault's name in Azure: what events and SecretProviderClasses call it. */
export const azureNameOf = (vault: Vault): string => vault.name ?? new URL(vault.url).hostname.split(".")[0]!;
