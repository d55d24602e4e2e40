// What is certain to be refused of all that will be written, as far as it can be computed from what can be read.
// WR1. The way back is written too: the live password must be one that can be set again. Otherwise: the vault refuses the new
//      version, and the database keeps a password that nobody can read. Kept by: rotation.test.ts.
// WR2. Each limit of the vault is met by every version that a rotation writes. Otherwise: the live secret is published, and a
//      derived one is not taken. Kept by: rotation.test.ts.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { SecretVersion } from "../domain/secret-version.ts";
import { keptTags, mostTags, tag } from "../domain/tags.ts";
import { unsuited } from "../domain/verifier.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { passwordOf } from "./in-force.ts";
import type { Managed } from "./managed.ts";

/** @returns the first refusal that is certain; nothing of a live secret that is not there, which is reported elsewhere */
export async function writesRefusal(ports: Ports, target: Managed): Promise<Fault | undefined> {
	const { name, secret } = target;
	const store = await ports.store(secret.vault);
	const live = await store.latest(name);
	if (live.state !== "present") return undefined;
	const old = passwordOf(target, live.value);
	if (!old) return new Fault("value-unreadable", { vault: secret.vault, secret: name });
	const fault = (target.content.account && unsuited(old, name)) ?? tooManyTags(target, name, live.secret, liveTags);
	if (fault) return fault;
	for (const { secret: derived } of secret.derived) {
		const refusal = await derivedRefusal(store, target, derived);
		if (refusal) return refusal;
	}
	return undefined;
}

/** Its value is short enough: the configuration limits the template. */
async function derivedRefusal(store: SecretStore, target: Managed, of: string): Promise<Fault | undefined> {
	const { vault } = target.secret;
	const found = await store.latest(of);
	// Its name is taken until somebody recovers it.
	if (found.state === "absent" && (await store.deleted(of)) !== undefined)
		return new Fault("secret-deleted", { vault, secret: of });
	return tooManyTags(target, of, found.state === "present" ? found.secret : undefined, derivedTags);
}

export const liveTags = [tag.rotationId, tag.previousVersion];
export const derivedTags = [tag.rotationId, tag.source, tag.previousVersion];

/**
 * @param found as it is now, if it is there
 * @param ours what a rotation's version has besides
 */
export function tooManyTags(
	{ secret: { vault } }: Pick<Managed, "secret">,
	of: string,
	found: Pick<SecretVersion, "tags"> | undefined,
	ours: readonly string[],
): Fault | undefined {
	const kept = Object.keys(keptTags(found));
	const count = new Set([...kept, ...ours]).size;
	if (count <= mostTags) return undefined;
	const detail = `a rotation's version would have ${count} tags, and ${mostTags} is the most`;
	return new Fault("vault-rejected", { vault, secret: of, detail });
}
