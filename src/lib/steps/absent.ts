// Why a live secret is not there, for a person: "absent" is what Key Vault says of three things.
// AT1. A secret that a rotation has published is never told as one that was not stored yet. Otherwise: while it is being
//      deleted, which the vault shows nowhere, a person is sent to store it anew. Kept by: sweep.test.ts.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { Managed } from "./managed.ts";

/** Reads only: the vault's own word, a 409 to whoever writes, is not to be had in a look. So the records tell what was there. */
export async function whyAbsent(
	ports: Ports,
	{ id, name, secret: { vault } }: Pick<Managed, "id" | "name" | "secret">,
): Promise<Fault<"secret-deleted" | "secret-nowhere" | "secret-missing">> {
	const at = { vault, secret: name };
	const store = await ports.store(vault);
	if ((await store.deleted(name)) !== undefined) return new Fault("secret-deleted", at);
	// Where they cannot be read it is not known, and the sentence for "missing" has room for both.
	const published = await ports
		.records()
		.then((records) => records.lastDelivery(id))
		.catch(() => undefined);
	return new Fault(published === undefined ? "secret-missing" : "secret-nowhere", at);
}
