// A managed secret's configuration with what its name stands for, looked up anew in each activity: a configuration that
// was corrected in the middle of a rotation is used from the next step on.

import type { Ports } from "../app.ts";
import type { ManagedSecret, Server } from "../config/configuration.ts";
import { azureNameOf } from "../config/configuration.ts";
import { Fault } from "../domain/fault.ts";
import type { SecretVersion } from "../domain/secret-version.ts";

export interface Managed {
	readonly name: string;
	readonly pendingName: string;
	readonly secret: ManagedSecret;
	readonly server: Server;
	/** The vault's name in Azure, as SecretProviderClasses give it. */
	readonly vaultName: string;
	readonly configHash: string;
}

export const pendingNameOf = (secret: string): string => `${secret}-pending`;

/** @throws Fault `configuration-invalid`, `secret-not-configured` */
export async function managed(ports: Ports, name: string): Promise<Managed> {
	const { config, hash } = await ports.configuration();
	const secret = Object.hasOwn(config.secrets, name) ? config.secrets[name] : undefined;
	const server = secret && config.servers[secret.server];
	const vault = secret && config.vaults[secret.vault];
	if (!secret || !server || !vault) throw new Fault("secret-not-configured", { secret: name });
	return {
		name,
		pendingName: pendingNameOf(name),
		secret,
		server,
		vaultName: azureNameOf(vault),
		configHash: hash,
	};
}

/** Tags that a rotation writes: beside the secret's own ones, which are kept. */
export const tag = {
	rotationId: "rotation-id",
	baseVersion: "base-version",
	previousVersion: "previous-version",
	/** In place of `rotation-id`: the rotation that was taken back by this version, which has the value from before it. */
	takenBack: "taken-back",
	target: "target",
	source: "derived-from",
} as const;

/** What the next version keeps of a version's tags. */
export function keptTags(found: Pick<SecretVersion, "tags"> | undefined): SecretVersion["tags"] {
	const { [tag.takenBack]: _, ...kept } = found?.tags ?? {};
	return kept;
}
