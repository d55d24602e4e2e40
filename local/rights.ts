// What the app's identity may do, by kind of thing: what infra/modules/rotator/rights.tf grants in Azure.
// RT1. The two are the same. Otherwise: what works here is refused there, or the identity may do there what nobody tried here.
//      Kept by: test/unit/infra/rights.test.ts; that each is needed and all suffice by test/e2e/rights.test.ts, and for blobs,
//      whose Azurite asks for no rights, by test/integration/blob-rights.test.ts.

export type Kind = "managed" | "pending" | "derived" | "readable" | "vault" | "key" | "audit" | "records";

/** Data actions without `Microsoft.KeyVault/vaults/` or `Microsoft.Storage/storageAccounts/blobServices/containers/`. */
export const rightsByKind: { readonly [kind in Kind]: readonly string[] } = {
	// The last two are a reconciliation's: what was disabled or deleted by hand is brought back.
	managed: ["secrets/getSecret/action", "secrets/setSecret/action", "secrets/update/action", "secrets/recover/action"],
	pending: ["secrets/getSecret/action", "secrets/setSecret/action", "secrets/update/action", "secrets/recover/action"],
	derived: ["secrets/getSecret/action", "secrets/setSecret/action", "secrets/recover/action"],
	/** An admin role's password. */
	readable: ["secrets/getSecret/action"],
	/** Lists need the vault, without values. */
	vault: ["secrets/readMetadata/action"],
	/** To sign with, not to read: a verifier reads it, with a right of its own. */
	key: ["keys/sign/action"],
	audit: ["blobs/read", "blobs/add/action"],
	records: ["blobs/read", "blobs/write"],
};
