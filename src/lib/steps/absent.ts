// Why a live secret is not there, for a person: "absent" is what Key Vault says of three things.
// AT1. A secret that a rotation has published is never reported as one that was not stored yet. Otherwise: while it is
//      being deleted, which the vault shows nowhere, a person is sent to store it again. Kept by: sweep.test.ts, absent.test.ts.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { Managed } from "./managed.ts";

/** Reads only: the vault's own word, a 409 to anyone who writes, is not to be had in a look. So the records say what was there. */
export async function whyAbsent(
	ports: Ports,
	{ id, name, secret: { vault } }: Pick<Managed, "id" | "name" | "secret">,
): Promise<Fault<"secret-deleted" | "secret-nowhere" | "secret-missing">> {
	const gone = await whyGone(ports, vault, name);
	if (gone.code === "secret-deleted") return gone;
	// Where they cannot be read it is not known, and the sentence for "missing" has room for both.
	const published = await ports
		.records()
		.then((records) => records.lastDelivery(id))
		.catch(() => undefined);
	return published === undefined ? new Fault("secret-missing", { vault, secret: name }) : gone;
}

/** The same of a secret that is known to have been there. */
export async function whyGone(
	ports: Pick<Ports, "store">,
	vault: string,
	secret: string,
): Promise<Fault<"secret-deleted" | "secret-nowhere">> {
	const isDeleted = (await (await ports.store(vault)).deleted(secret)) !== undefined;
	return new Fault(isDeleted ? "secret-deleted" : "secret-nowhere", { vault, secret });
}
