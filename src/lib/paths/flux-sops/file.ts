// The file in the repository: whether it is the one that is configured, and its next version.
// FF1. It is encrypted for the keys that the configuration lists, all of them and no others. Otherwise: anyone who can write to the
//      repository adds a key of theirs, and the next rotation hands them the password.
// FF2. It makes the Secret that the workload takes. Otherwise: the next password goes where nobody expects it, and the pods never
//      get it.
// FF3. It says in clear which versions it has, because nothing else of it can be read without the right to decrypt.
// All kept by: flux-sops.test.ts.

import { Fault } from "../../domain/fault.ts";
import { contentsOf } from "../../domain/workload.ts";
import type { Consumer, Published } from "../../ports/delivery-path.ts";
import type { EncryptionKeys } from "../../ports/encryption-key.ts";
import type { Checkout, Repository } from "../../ports/repository.ts";
import { sameName } from "../copies.ts";
import type { FluxSops } from "./schema.ts";
import { encryptedFile } from "./sops/encrypted-file.ts";
import { type Recipient, recipientText, wrappedForAge, wrappedForVaultKey } from "./sops/recipients.ts";
import { type SecretFile, secretFileIn } from "./sops/secret-file.ts";

const marks = { version: "titanic-secret-rotator/version", contents: "titanic-secret-rotator/contents" };

type Annotations = Readonly<Record<string, string>>;

/** Of the file, or of the Secret that Flux made of it: do they say that they have these versions? */
export const saysItHas = (annotations: Annotations, published: readonly Published[]): boolean =>
	annotations[marks.contents] === contentsOf(published);

/** @returns the file as the checkout has it */
export async function theFile(
	checkout: Checkout,
	{ name: repository, branch }: Repository,
	{ namespace, delivery: { file, secret, keys, recipients } }: Consumer<FluxSops>,
): Promise<SecretFile | Fault> {
	const text = await checkout.read(file);
	if (text === undefined) return new Fault("sops-file-missing", { repository, branch, file });
	const found = secretFileIn(text);
	const unfit = (detail: string) => new Fault("sops-file-unfit", { repository, file, detail });
	if ("unfit" in found) return unfit(found.unfit);
	if (found.name !== secret) return unfit(`has another metadata.name than ${secret}`);
	if ((found.namespace ?? namespace) !== namespace) return unfit(`has another metadata.namespace than ${namespace}`);
	const wanted = Object.values(keys);
	const missing = wanted.find((key) => !found.keys.includes(key));
	if (missing !== undefined) return unfit(`has no key data.${missing}`);
	if (found.keys.length > wanted.length)
		return unfit("has more keys than the configuration; give each managed secret a file of its own");
	return wrongRecipient(found, recipients, { repository, file }) ?? found;
}

export function wrongRecipient(
	found: { readonly recipients: readonly Recipient[] },
	recipients: readonly string[],
	at: { readonly repository: string; readonly file: string },
): Fault | undefined {
	const held = found.recipients.map(recipientText);
	const unknown = held.find((text) => !recipients.includes(text));
	if (unknown !== undefined) return new Fault("sops-recipient-unknown", { ...at, recipient: shown(unknown) });
	const missing = recipients.find((text) => !held.includes(text));
	return missing === undefined ? undefined : new Fault("sops-recipient-missing", { ...at, recipient: missing });
}

/** Public keys, but somebody else's words. */
const shown = (recipient: string): string =>
	/^[\w:/.-]{1,200}$/.test(recipient) ? recipient : "a key of another form";

const addressOf = (recipient: Extract<Recipient, { kind: "azure_kv" }>): string =>
	`${recipientText(recipient)}/${recipient.version}`;

/** Throws where a key of the file cannot be encrypted for. */
export async function expectKeys(
	{ recipients }: { readonly recipients: readonly Recipient[] },
	keys: EncryptionKeys,
): Promise<void> {
	for (const one of recipients) if (one.kind === "azure_kv") await keys.publicKey(addressOf(one));
}

/**
 * The file with these versions.
 * @throws Fault `secret-missing` where the file has a key for a secret that nobody has published
 */
export async function nextFile(
	file: SecretFile,
	{ keys: names }: FluxSops,
	published: readonly Published[],
	keys: EncryptionKeys,
	now: Date,
): Promise<string> {
	const values = new Map<string, string>();
	for (const [name, key] of Object.entries(names)) {
		const found = published.find(({ secret }) => sameName(secret, name));
		if (!found) throw new Fault("secret-missing", { vault: published[0]?.vault ?? "", secret: name });
		values.set(key, Buffer.from(found.value.reveal()).toString("base64"));
	}
	const annotations = { [marks.version]: published[0]?.version ?? "", [marks.contents]: contentsOf(published) };
	return encryptedFile(file, { values, annotations, now, wrap: wrapWith(keys) });
}

/** The data key as a file keeps it for a recipient. */
export const wrapWith =
	(keys: EncryptionKeys) =>
	async (recipient: Recipient, dataKey: Uint8Array): Promise<string> =>
		recipient.kind === "age"
			? wrappedForAge(dataKey, recipient.publicKey)
			: wrappedForVaultKey(dataKey, await keys.publicKey(addressOf(recipient)));
