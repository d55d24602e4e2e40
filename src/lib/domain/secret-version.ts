// A version of a secret, and what a vault says of the newest one.

import type { Password } from "./password.ts";

/** Key Vault's version id: 32 hexadecimal characters. */
export type VersionId = string;

export interface SecretVersion {
	readonly version: VersionId;
	readonly created: Date;
	readonly expires?: Date;
	readonly enabled: boolean;
	readonly tags: Readonly<Record<string, string>>;
	readonly contentType?: string;
}

export type Latest =
	| { readonly state: "present"; readonly secret: SecretVersion; readonly value: Password }
	/** The vault refuses to read the newest version because it is disabled (403 SecretDisabled). */
	| { readonly state: "disabled" }
	| { readonly state: "absent" };
