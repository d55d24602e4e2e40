// A managed secret's configuration with what its id stands for, looked up again in each activity: a configuration that
// was corrected in the middle of a rotation is used from the next step on.
// MA1. Records, audit log, marks and rotations know a secret by its id, the vault by its name. Otherwise: two vaults with a
//      secret of one name mix up whose rotation is cut short. Kept by: two-vaults.test.ts.

import type { Ports } from "../app.ts";
import type { ManagedSecret } from "../config/configuration.ts";
import { azureNameOf } from "../config/configuration.ts";
import { Fault } from "../domain/fault.ts";
import { secretOfRotation } from "../domain/ids.ts";
import type { Password } from "../domain/password.ts";
import { type Content, contentOf } from "../strategies/index.ts";

export interface Managed {
	/** The configuration's key. */
	readonly id: string;
	/** The secret's name in its vault. */
	readonly name: string;
	readonly pendingName: string;
	readonly secret: ManagedSecret;
	/** What its values are, by its strategy. */
	readonly content: Content;
	/** The vault's name in Azure, as SecretProviderClasses give it. */
	readonly vaultName: string;
	readonly configHash: string;
}

const pendingNameOf = (secret: string): string => `${secret}-pending`;

/** @throws Fault `configuration-invalid`, `secret-not-configured` */
export async function managed(ports: Pick<Ports, "configuration">, id: string): Promise<Managed> {
	const { config, hash } = await ports.configuration();
	const secret = Object.hasOwn(config.secrets, id) ? config.secrets[id] : undefined;
	const vault = secret && config.vaults[secret.vault];
	if (!secret || !vault) throw new Fault("secret-not-configured", { secret: id });
	const { name } = secret;
	return {
		id,
		name,
		pendingName: pendingNameOf(name),
		secret,
		content: contentOf(secret, "server" in secret ? config.servers[secret.server] : undefined),
		vaultName: azureNameOf(vault),
		configHash: hash,
	};
}

/**
 * The account, as records and faults name it; nothing where only consumers know the value.
 * @param value whose role it is, where there are two; absent: both are named
 */
export function namesOf(content: Content, value?: Password): { readonly server?: string; readonly role?: string } {
	const { account } = content;
	if (!account) return {};
	return { server: account.server, role: (value && roleIn(content, value)) ?? account.roles.join(", ") };
}

/** Whom a value lets in; nobody where it does not have the form that the configuration gives. */
export function roleIn({ read }: Content, value: Password): string | undefined {
	const found = read(value);
	return found && "role" in found ? found.role : undefined;
}

/** Whose password a new value has, where this one is live. */
export function nextRole(content: Content, live?: Password): string {
	const roles = content.account?.roles.filter((role) => role !== undefined) ?? [];
	const current = live && roleIn(content, live);
	return roles.find((role) => role !== current) ?? roles[0] ?? "";
}

/**
 * Does this have the form of one of the secret's rotation ids? An entry that has an id of its own now was called by its name
 * before, and may have been cut short then.
 */
export function isRotationOf({ id, name }: Managed, rotationId: string): boolean {
	const secret = secretOfRotation(rotationId);
	return secret !== undefined && (secret === id || secret === name);
}
