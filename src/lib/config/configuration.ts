// The rotation configuration: what is managed, where it lives, who consumes it.
// C1. Strict: an unknown key is a mistake, not an extension. Otherwise: a misspelt option silently keeps its default.
// C2. Every message names the value, the allowed range and (by its path) the place.

import * as z from "zod";

/** One sentence for type and range; the JSON Schema still gets minimum and maximum. */
function whole(unit: string, min: number, max: number) {
	const error = ({ input }: { input?: unknown }) =>
		`is ${JSON.stringify(input) ?? "missing"}; give whole ${unit}, ${min} to ${max}`;
	return z.int({ error }).min(min, { error }).max(max, { error });
}

function text(what: string, pattern: RegExp) {
	const error = ({ input }: { input?: unknown }) => `is ${JSON.stringify(input) ?? "missing"}; give ${what}`;
	return z.string({ error }).regex(pattern, { error });
}

const Key = text("a name of letters, digits and hyphens, at most 64", /^[0-9a-zA-Z-]{1,64}$/);
/** `-pending` (8 characters) is appended to it, and Key Vault allows 127. */
const SecretName = text(
	"a Key Vault secret name: letters, digits and hyphens, at most 119, not ending in -pending",
	/^(?!.*-pending$)[0-9a-zA-Z-]{1,119}$/,
);
const KubernetesName = text(
	"a Kubernetes name: lower-case letters, digits, hyphens and dots, at most 253",
	/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
);
const RoleName = text("a PostgreSQL role name of 1 to 63 characters without control characters", /^[^\p{Cc}]{1,63}$/u);

/** TLS everywhere; plain http only to loopback, where the local stack lives. */
const isSafeUrl = (value: string): boolean => {
	const url = URL.parse(value);
	if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return false;
	return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
};

export const isLoopback = (host: string): boolean =>
	host === "localhost" || host === "[::1]" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

const SafeUrl = z
	.string({ error: ({ input }) => `is ${JSON.stringify(input) ?? "missing"}; give an https URL` })
	.refine(isSafeUrl, { error: "is not an https URL without user, query or fragment (http only for loopback)" })
	.transform((value) => value.replace(/\/+$/, ""));

export const Vault = z.strictObject({
	url: SafeUrl.describe("https://<name>.vault.azure.net"),
	name: Key.optional().describe("The vault's name in Azure, where it is not the URL's first label."),
});
export type Vault = z.infer<typeof Vault>;

export const Server = z.strictObject({
	host: z.string().min(1, { error: "is empty; give a host name" }),
	port: whole("ports", 1, 65_535).default(5432),
	database: z.string().min(1).default("postgres").describe("The database to log in to."),
	tls: z
		.strictObject({
			ca: z
				.string()
				.optional()
				.describe("Path of a PEM file, relative to the configuration; default: the system's CAs."),
		})
		.default({}),
});
export type Server = z.infer<typeof Server>;

export const Cluster = z.strictObject({
	server: SafeUrl.describe("The API server, https://..."),
	ca: z.string().optional().describe("Path of a PEM file, relative to the configuration; default: the system's CAs."),
});
export type Cluster = z.infer<typeof Cluster>;

const Login = z.discriminatedUnion("mode", [
	z.strictObject({ mode: z.literal("self").describe("The role changes its own password.") }),
	z.strictObject({
		mode: z.literal("admin-secret").describe("Another role, whose password is in a vault, changes it."),
		vault: Key.optional().describe("Default: the managed secret's vault."),
		secret: SecretName,
		role: RoleName,
	}),
]);

const Derived = z.strictObject({
	secret: SecretName,
	template: z
		.string()
		.min(1)
		.max(2000)
		.refine((value) => value.includes("{password}"), { error: "has no {password}; then it need not be derived" })
		.refine((value) => [...value.matchAll(/\{([^{}]*)\}/g)].every(([, name]) => placeholders.has(name ?? "")), {
			error: "has an unknown placeholder; give {role}, {password}, {host}, {port}, {database}",
		})
		.describe("Placeholders {role}, {password}, {host}, {port}, {database}; values are URL-encoded."),
});
const placeholders = new Set(["role", "password", "host", "port", "database"]);

const CsiDriver = z.strictObject({ path: z.literal("csi-driver"), secretProviderClass: KubernetesName });

const ConsumerConfig = z.strictObject({
	cluster: Key,
	namespace: KubernetesName,
	kind: z.literal("Deployment"),
	name: KubernetesName,
	delivery: z.discriminatedUnion("path", [CsiDriver]),
	copyTimeoutSeconds: whole("seconds", 10, 86_400)
		.default(300)
		.describe("How long the copy may stay old: the driver's poll interval and 90 s more."),
	rolloutTimeoutSeconds: whole("seconds", 10, 86_400).default(900),
});
export type ConsumerConfig = z.infer<typeof ConsumerConfig>;

export const ManagedSecret = z.strictObject({
	vault: Key,
	strategy: z.literal("single-user").default("single-user"),
	server: Key,
	role: RoleName.describe("The PostgreSQL role whose password this is."),
	login: Login,
	rotateEveryDays: whole("days", 1, 730).default(90),
	expiryMarginDays: whole("days", 1, 365)
		.default(30)
		.describe(
			"A new version expires so long after it is due. Key Vault's near-expiry event comes 30 days before expiry.",
		),
	derived: z.array(Derived).max(10).default([]),
	consumers: z.array(ConsumerConfig).max(20).default([]),
});
export type ManagedSecret = z.infer<typeof ManagedSecret>;

const record = <T extends z.ZodType>(key: z.ZodString, value: T, max: number) =>
	z
		.record(key, value)
		.refine((entries) => Object.keys(entries).length <= max, { error: `has more than ${max} entries` });

const Shape = z.strictObject({
	vaults: record(Key, Vault, 50),
	servers: record(Key, Server, 200),
	clusters: record(Key, Cluster, 50).default({}),
	secrets: record(SecretName, ManagedSecret, 1000),
});

/** The whole file. Keys of `secrets` are the secrets' names in their vault. */
export const Configuration = Shape.superRefine((config, context) => {
	const problem = (path: PropertyKey[], message: string) => context.addIssue({ code: "custom", path, message });
	const known = (kind: "vaults" | "servers" | "clusters", name: string, path: PropertyKey[]) => {
		if (Object.hasOwn(config[kind], name)) return;
		problem(path, `is "${name}"; give one of ${kind}: ${Object.keys(config[kind]).join(", ") || "(none)"}`);
	};
	const owners = new Map<string, string>();
	const writers = new Map<string, string>();
	const claim = (claims: Map<string, string>, what: string, owner: string, path: PropertyKey[], says: string) => {
		const first = claims.get(what);
		if (first === undefined) claims.set(what, owner);
		else
			problem(
				path,
				`${says} "${first}"; ${says.startsWith("is the role") ? "let one secret own it" : "give another name"}`,
			);
	};
	for (const [name, secret] of Object.entries(config.secrets)) {
		const at = ["secrets", name];
		known("vaults", secret.vault, [...at, "vault"]);
		known("servers", secret.server, [...at, "server"]);
		claim(owners, `${secret.server}/${secret.role}`, name, [...at, "role"], "is the role of secret");
		claim(writers, `${secret.vault}/${name.toLowerCase()}`, name, at, "is written for");
		if (secret.login.mode === "admin-secret") {
			if (secret.login.vault !== undefined) known("vaults", secret.login.vault, [...at, "login", "vault"]);
			if (secret.login.role === secret.role)
				problem([...at, "login", "role"], 'is the managed role itself; give mode "self"');
		}
		for (const [index, derived] of secret.derived.entries()) {
			claim(
				writers,
				`${secret.vault}/${derived.secret.toLowerCase()}`,
				name,
				[...at, "derived", index, "secret"],
				"is written for",
			);
		}
		for (const [index, consumer] of secret.consumers.entries())
			known("clusters", consumer.cluster, [...at, "consumers", index, "cluster"]);
	}
});
export type Configuration = z.infer<typeof Configuration>;

/** The vault's name in Azure: what events and SecretProviderClasses call it. */
export const azureNameOf = (vault: Vault): string => vault.name ?? new URL(vault.url).hostname.split(".")[0]!;
