// A Secret's manifest as a person would have encrypted it, for keys that the test holds: its values are nobody's.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { encryptedFile } from "../../src/lib/paths/flux-sops/sops/encrypted-file.ts";
import { type Recipient, wrappedForAge, wrappedForVaultKey } from "../../src/lib/paths/flux-sops/sops/recipients.ts";
import { type SecretFile, secretFileIn } from "../../src/lib/paths/flux-sops/sops/secret-file.ts";
import type { PublicKey } from "../../src/lib/ports/encryption-key.ts";

export const vaultKeyVersion = "babc96f9d7103a94b716623c4e4a9801";

export interface SopsKeys {
	readonly publicKey: PublicKey;
	readonly ageIdentity: string;
	readonly ageRecipient: string;
	wrap(recipient: Recipient, dataKey: Uint8Array): Promise<string>;
}

export interface OwnSopsKeys extends SopsKeys {
	readonly privateKey: KeyObject;
}

/** With an RSA key whose private half the test has. */
export async function sopsKeys(): Promise<OwnSopsKeys> {
	const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
	const { n = "", e = "" } = publicKey.export({ format: "jwk" });
	return { ...(await sopsKeysFor({ n, e })), privateKey };
}

/** @param publicKey of a vault's own key, whose private half stays there */
export async function sopsKeysFor(publicKey: PublicKey): Promise<SopsKeys> {
	const ageIdentity = await generateX25519Identity();
	return {
		publicKey,
		ageIdentity,
		ageRecipient: await identityToRecipient(ageIdentity),
		wrap: async (recipient, dataKey) =>
			recipient.kind === "age" ? wrappedForAge(dataKey, recipient.publicKey) : wrappedForVaultKey(dataKey, publicKey),
	};
}

interface Manifest {
	readonly keys?: readonly string[];
	readonly vaultUrl?: string;
	readonly version?: string;
	readonly namespace?: string;
	/** Further lines of the block `sops`. */
	readonly more?: string;
}

/** Before its first encryption by us. */
export const manifest = (
	{ ageRecipient }: Pick<SopsKeys, "ageRecipient">,
	{
		keys = ["db-password"],
		vaultUrl = "https://titanic-kv.vault.azure.net",
		namespace = "titanic-api",
		version = vaultKeyVersion,
		more = "",
	}: Manifest = {},
): string => `# titanic-api's database password; the rotator keeps it.
apiVersion: v1
kind: Secret
metadata:
    name: titanic-api-secrets
    namespace: ${namespace}
    labels:
        app: titanic-api
type: Opaque
data:
${keys.map((key) => `    ${key}: ""\n`).join("")}sops:
    azure_kv:
        - vault_url: ${vaultUrl}
          name: sops
          version: ${version}
          created_at: "2026-11-01T00:00:00Z"
          enc: bm9ib2R5J3M
    age:
        - recipient: ${ageRecipient}
          enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            bm9ib2R5J3M=
            -----END AGE ENCRYPTED FILE-----
    lastmodified: "2026-11-01T00:00:00Z"
    mac: ""
    encrypted_regex: ^(data|stringData)$
${more}    version: 3.11.0
`;

export function fitting(text: string): SecretFile {
	const found = secretFileIn(text);
	if ("unfit" in found) throw new Error(`the file ${found.unfit}`);
	return found;
}

/** With these values, in clear as the application has them. */
export const encryptedWith = (
	text: string,
	keys: SopsKeys,
	values: Readonly<Record<string, string>>,
	annotations: Readonly<Record<string, string>> = {},
): Promise<string> =>
	encryptedFile(fitting(text), {
		values: new Map(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
		annotations,
		now: new Date("2026-11-28T19:00:00.123Z"),
		wrap: keys.wrap,
	});
