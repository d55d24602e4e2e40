// How Key Vault's secrets and keys look on the wire: which operation a path means, bodies in, bundles out, pages.
import type { Request } from "../loopback/index.ts";
import { badParameter } from "./errors.ts";
import type { KeyVersion } from "./keys.ts";
import type { DataAction, KeyAction } from "./rights.ts";
import { type Properties, retentionDays, type Secret, type SecretVersion } from "./secrets.ts";

export type Operation =
	| "set"
	| "get"
	| "update"
	| "delete"
	| "list"
	| "versions"
	| "listDeleted"
	| "getDeleted"
	| "recover"
	| "purge"
	| "backup"
	| "restore"
	| "getKey"
	| "sign";

export interface Route {
	readonly operation: Operation;
	readonly action: DataAction | KeyAction;
	readonly kind: "secret" | "key";
	readonly name?: string;
	readonly version?: string;
}

const action = <S extends string>(suffix: S) => `Microsoft.KeyVault/vaults/secrets/${suffix}` as const;

/** First match wins. `*` is one segment; the first is the name, a second one the version. */
const routes: [method: string, pattern: string, operation: Operation, action: DataAction | KeyAction][] = [
	["GET", "secrets", "list", action("readMetadata/action")],
	["GET", "secrets/*/versions", "versions", action("readMetadata/action")],
	["GET", "secrets/*", "get", action("getSecret/action")],
	["GET", "secrets/*/*", "get", action("getSecret/action")],
	["PUT", "secrets/*", "set", action("setSecret/action")],
	["PATCH", "secrets/*", "update", action("update/action")],
	["PATCH", "secrets/*/*", "update", action("update/action")],
	["DELETE", "secrets/*", "delete", action("delete")],
	// Whose it is stands in the blob, so the right is one at the vault.
	["POST", "secrets/restore", "restore", action("restore/action")],
	["POST", "secrets/*/backup", "backup", action("backup/action")],
	["GET", "deletedsecrets", "listDeleted", action("readMetadata/action")],
	["GET", "deletedsecrets/*", "getDeleted", action("readMetadata/action")],
	["POST", "deletedsecrets/*/recover", "recover", action("recover/action")],
	["DELETE", "deletedsecrets/*", "purge", action("purge/action")],
	["GET", "keys/*", "getKey", "Microsoft.KeyVault/vaults/keys/read"],
	["GET", "keys/*/*", "getKey", "Microsoft.KeyVault/vaults/keys/read"],
	// An empty version is the latest, here in the middle of the path.
	["POST", "keys/*/*/sign", "sign", "Microsoft.KeyVault/vaults/keys/sign/action"],
];

/** @param path decoded; a slash at its end means "the latest version" and is ignored */
export const routeOf = (method: string, path: string): Route | undefined => {
	const segments = path.replace(/^\/|\/$/g, "").split("/");
	for (const [verb, pattern, operation, needed] of routes) {
		const parts = pattern.split("/");
		if (verb !== method || parts.length !== segments.length) continue;
		if (!parts.every((part, index) => part === "*" || part === segments[index])) continue;
		const [name, version] = segments.filter((_, index) => parts[index] === "*");
		return { operation, action: needed, kind: pattern.startsWith("keys/") ? "key" : "secret", name, version };
	}
	return undefined;
};

/** Body of PUT and PATCH. `null` is the same as absent. */
export const bodyOf = ({ body }: Request): { value: unknown; properties: Properties } => {
	const { value, contentType, tags, attributes } = parsed(body);
	const { enabled, nbf, exp } = (attributes ?? {}) as Record<string, unknown>;
	const given = Object.entries({ contentType, tags, enabled, nbf, exp }).filter(([, each]) => (each ?? null) !== null);
	return { value, properties: Object.fromEntries(given) };
};

/** Body of `sign`. */
export const jsonOf = ({ body }: Request): Record<string, unknown> => parsed(body);

const parsed = (body: string): Record<string, unknown> => {
	try {
		const value: unknown = JSON.parse(body);
		if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
	} catch {
		// said below, without the body: it may hold a secret
	}
	throw badParameter("The request body is not a JSON object.");
};

const attributesOf = ({ enabled, nbf, exp, created, updated }: SecretVersion) => ({
	enabled,
	nbf,
	exp,
	created,
	updated,
	recoveryLevel: "Recoverable+Purgeable",
	recoverableDays: retentionDays,
});

const withoutValue = (id: string, version: SecretVersion) => ({
	...(version.contentType !== undefined && { contentType: version.contentType }),
	id,
	attributes: attributesOf(version),
	...(Object.keys(version.tags).length > 0 && { tags: version.tags }),
	...(version.managed && { managed: true }),
});

const versionId = (url: string, { name, version }: SecretVersion) => `${url}/secrets/${name}/${version}`;

/** Answer of PATCH and recover: no value. */
export const propertiesBundle = (url: string, version: SecretVersion) => withoutValue(versionId(url, version), version);

export const secretBundle = (url: string, version: SecretVersion) => ({
	value: version.value,
	...propertiesBundle(url, version),
});

export const deletedBundle = (url: string, secret: Secret) => ({
	...propertiesBundle(url, secret.versions.at(-1)!),
	...deletion(url, secret),
});

const deletion = (url: string, { name, deletedAt = 0 }: Secret) => ({
	recoveryId: `${url}/deletedsecrets/${name}`,
	deletedDate: deletedAt,
	scheduledPurgeDate: deletedAt + retentionDays * 24 * 60 * 60,
});

const keyId = (url: string, { name, version }: KeyVersion) => `${url}/keys/${name}/${version}`;

export const keyBundle = (url: string, key: KeyVersion) => ({
	key: { kid: keyId(url, key), key_ops: key.operations, ...key.jwk },
	attributes: {
		enabled: key.enabled,
		created: key.created,
		updated: key.updated,
		recoveryLevel: "Recoverable+Purgeable",
		recoverableDays: retentionDays,
		exportable: false,
	},
});

export const signed = (url: string, { key, signature }: { key: KeyVersion; signature: Buffer }) => ({
	kid: keyId(url, key),
	value: signature.toString("base64url"),
});

/** Items of lists, each with the key by which its list is sorted. */
export const versionItem = (url: string, version: SecretVersion) => ({
	key: version.version,
	item: propertiesBundle(url, version),
});
export const secretItem = (url: string, { name, versions }: Secret) => ({
	key: name,
	item: withoutValue(`${url}/secrets/${name}`, versions.at(-1)!),
});
export const deletedItem = (url: string, secret: Secret) => ({
	key: secret.name,
	item: { ...secretItem(url, secret).item, ...deletion(url, secret) },
});

/** So many of each page's entries are left out, as recordings of Key Vault have it; one page has none at all. */
const shortBy = [1, 0, 0, 2, 25];

/**
 * One page: of at most `maxresults`, 1 to 25, the rest behind an absolute `nextLink`.
 * The link goes where the caller has asked: behind a relay that is the relay, as a private endpoint has the vault's own name.
 * The token is the page's number and the last key seen, so that a list which changes meanwhile neither repeats nor loses
 * an item.
 */
export const page = (vaultUrl: string, { url, path, headers }: Request, all: { key: string; item: object }[]) => {
	const asked = url.searchParams.get("maxresults") ?? "25";
	const size = Number(asked);
	if (!/^\d+$/.test(asked) || size < 1 || size > 25)
		throw badParameter(`maxresults is ${asked}; it must be between 1 and 25`);
	const token = url.searchParams.get("$skiptoken") ?? "";
	const [number = "0", after = ""] = Buffer.from(token, "base64url").toString().split(" ");
	const rest = all.filter(({ key }) => token === "" || key > after);
	const shown = rest.slice(0, Math.max(0, size - shortBy[Number(number) % shortBy.length]!));
	const next = Buffer.from(`${Number(number) + 1} ${shown.at(-1)?.key ?? after}`).toString("base64url");
	const query = `api-version=${encodeURIComponent(url.searchParams.get("api-version") ?? "")}&$skiptoken=${next}&maxresults=${size}`;
	const isLast = shown.length === rest.length;
	const origin = `${new URL(vaultUrl).protocol}//${headers.host}`;
	return {
		value: shown.map(({ item }) => item),
		nextLink: isLast ? null : `${origin}${encodeURI(path)}?${query}`,
	};
};
