// What the app's identity may do, by kind of thing: infra/rights.json, of which infra/modules/rotator/rights.tf makes its roles.
// RT1. Nothing is granted here that is not in that list. Otherwise: what works here is refused in Azure, or the identity may do
//      there what nobody tried here. Kept by: test/unit/infra/rights.test.ts; that each is needed and all suffice by
//      test/e2e/rights.test.ts, and for blobs, whose Azurite asks for no rights, by test/integration/blob-rights.test.ts.

import list from "../infra/rights.json" with { type: "json" };

export type Kind = keyof typeof list.actions;

/** Data actions without `Microsoft.KeyVault/vaults/` or `Microsoft.Storage/storageAccounts/blobServices/containers/`. */
export const rightsByKind = Object.fromEntries<readonly string[]>(
	Object.entries(list.actions).map(([kind, { rights }]) => [
		kind,
		rights.map(({ right }) => right.replace(/^.*\/(?:vaults|containers)\//, "")),
	]),
) as { readonly [kind in Kind]: readonly string[] };
