// The keys of a Secret that a delivery gives, held against the secrets that it is to bring.

import { sameName } from "./copies.ts";
import type { Unfit } from "./path.ts";

/** @param keys the Secret's key by the secret's name in the vault */
export function unfitKeys(
	keys: Readonly<Record<string, string>>,
	[managed = "", ...derived]: readonly string[],
): Unfit | undefined {
	const names = Object.keys(keys);
	if (!names.some((name) => sameName(name, managed)))
		return { at: ["keys"], message: `has no key for ${managed}, the managed secret` };
	const foreign = names.find((name) => ![managed, ...derived].some((secret) => sameName(name, secret)));
	// Not the name that is there: see FI1 of fields.ts.
	const known = [managed, ...derived].join(", ");
	return foreign === undefined
		? undefined
		: { at: ["keys", foreign], message: `is not a secret of this entry; give: ${known}` };
}
