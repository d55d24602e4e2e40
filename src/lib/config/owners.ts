// What a configuration names, as texts that are equal where the thing is the same.

import type { Shape } from "../domain/render.ts";
import type { Delivery } from "../paths/index.ts";
import { placeOf, serverOf } from "./spelling.ts";

export interface OtherRole {
	readonly vault?: string;
	/** Absent where it logs in with a token. */
	readonly secret?: string;
	readonly role: string;
}

export interface NamedSecret {
	readonly vault: string;
	readonly name: string;
	/** Absent where only consumers know the value, as what is below; of the roles there is one, or two with their owner. */
	readonly server?: string;
	readonly role?: string;
	readonly roles?: readonly string[];
	readonly owner?: string;
	readonly login?: { mode: "self"; recovery?: OtherRole } | ({ mode: "admin-secret" | "entra-token" } & OtherRole);
	readonly value?: Shape;
	readonly fallbacks?: object;
	readonly derived: readonly { secret: string }[];
	readonly consumers: readonly {
		cluster: string;
		namespace: string;
		kind: string;
		name: string;
		delivery: Delivery;
		canary?: boolean;
		copyTimeoutSeconds: number;
		roll?: "none" | undefined;
		application?: { readsAgain?: boolean | undefined } | undefined;
	}[];
}

/** Each with its path in the entry. */
export const rolesOf = ({ role, roles = [] }: NamedSecret): { readonly role: string; readonly at: PropertyKey[] }[] => [
	...(role === undefined ? [] : [{ role, at: ["role"] }]),
	...roles.map((one, index) => ({ role: one, at: ["roles", index] })),
];

/** As much of a configuration as is looked at here. */
export interface Named {
	readonly vaults: Readonly<Record<string, { url: string; name?: string }>>;
	readonly servers: Readonly<Record<string, { host: string; port: number; database: string }>>;
	readonly clusters: Readonly<Record<string, { server: string }>>;
	readonly repositories: Readonly<
		Record<
			string,
			{
				url: string;
				branch: string;
				login: { mode: string; vault?: string; api?: string };
				pullRequests?: { host: string; api?: string | undefined } | undefined;
			}
		>
	>;
	readonly secrets: Readonly<Record<string, NamedSecret>>;
}

export interface Writer {
	/** The entry that writes it. */
	readonly entry: string;
	readonly as: "managed" | "derived";
}

export interface Owners {
	/** The entry that manages a role, by `roleId`. */
	managerOf(role: string): string | undefined;
	/** Who writes a secret, by `secretId`. */
	writerOf(secret: string): Writer | undefined;
}

export const own = <T>(things: Readonly<Record<string, T>>, name: string) =>
	Object.hasOwn(things, name) ? things[name] : undefined;

/** A role of a server, as a text to compare. */
export function roleId({ servers }: Named, server: string, role: string): string {
	const found = own(servers, server);
	return `${found ? serverOf(found) : `unknown ${server}`}/${role}`;
}

/** A secret of a vault, as a text to compare: Key Vault's names have no case. */
export function secretId({ vaults }: Named, vault: string, secret: string): string {
	const found = own(vaults, vault);
	return `${found ? placeOf(found.url) : `unknown ${vault}`}/${secret.toLowerCase()}`;
}
