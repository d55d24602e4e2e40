// What an order about a compromised value has said, for any run that continues it.
// CMP1. It is kept beside the pending secret, which outlives the order's instance. Otherwise: one that is cut short goes on as an
//       ordinary rotation: a canary is waited for, and what is known to somebody goes on opening things. Kept by: compromised.test.ts.
// CMP2. It is a tag, so anyone who may write that secret may have written it: it takes from the value before what it opens, once
//       another one is live, and does nothing else.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { RollbackRequest, RotateRequest } from "../domain/requests/index.ts";
import type { SecretVersion } from "../domain/secret-version.ts";
import { tag } from "../domain/tags.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { Managed } from "./managed.ts";

export const saysCompromised = (request: RotateRequest | RollbackRequest): boolean =>
	request.kind === "rotate" && request.compromised === true;

/** @returns when it was ordered so, as far as is known; `undefined` where nobody said that */
export async function compromisedSince(
	ports: Ports,
	{ pendingName, secret }: Managed,
	credentialId: string | undefined,
): Promise<Date | undefined> {
	if (credentialId === undefined) return undefined;
	const store = await ports.store(secret.vault);
	const latest = await store.latest(pendingName);
	const isIt = ({ tags }: SecretVersion) => tags[tag.rotationId] === credentialId;
	// While a rotation continues with it, it is the newest one; once that is over, it is disabled and only listed.
	const found = latest.state === "present" && isIt(latest.secret) ? [latest.secret] : await listed(store, pendingName);
	return found.find((one) => isIt(one) && one.tags[tag.compromised] !== undefined)?.created;
}

/** Without the right to list, an order that is over is one that said nothing. */
const listed = (store: SecretStore, name: string): Promise<readonly SecretVersion[]> =>
	store.versions(name).catch((error) => {
		if (error instanceof Fault && !error.transient) return [];
		throw error;
	});
