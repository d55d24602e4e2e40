// The secrets that are rendered from the same value.
// PB1. A derived secret is written once per credential (its `rotation-id` tag and its value show that), so a repeated run
//      adds no versions.
// PB2. One that somebody has disabled stays so: nobody reads it, and the person who disabled it had a reason. The plan says so
//      beforehand; a reconciliation, which an operator has ordered, enables it by its new version.

import type { Password } from "../../domain/password.ts";
import { render } from "../../domain/render.ts";
import type { Latest, SecretVersion } from "../../domain/secret-version.ts";
import { keptTags, tag } from "../../domain/tags.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import { readable } from "../in-force.ts";
import type { Managed } from "../managed.ts";
import { credentialOf } from "../version.ts";
import type { Way } from "./at.ts";

/** The derived secrets as they are: read before anything is changed, so that nothing has to be read in the gap. */
export const readDerived = async (store: SecretStore, { secret }: Managed): Promise<ReadonlyMap<string, Latest>> =>
	new Map(await Promise.all(secret.derived.map(async (of) => [of.secret, await store.latest(of.secret)] as const)));

/**
 * What each derived secret has where the live one has this value.
 * @throws Fault `value-unreadable`
 */
export function rendered(target: Managed, value: Password): ReadonlyMap<string, Password> {
	const { derived } = target.secret;
	if (derived.length === 0) return new Map();
	const values = readable(target, value);
	return new Map(derived.map((of) => [of.secret, render(of, values)]));
}

/**
 * Writes every derived secret; its own tags and content type are kept, it expires with the live version.
 * @param options.mayWrite asked right before each write. Throws Fault where this run is not the one that may write any more
 * @param options.atOnce a throttling vault is not waited for here: the section comes again, which shows, and holds no session
 */
export async function publishDerived(
	{ store, target, journal, credentialId, before }: Way,
	live: { readonly value: Password; readonly version: SecretVersion },
	options: { readonly mayWrite: () => Promise<void>; readonly enables: boolean; readonly atOnce: boolean },
): Promise<{ secret: string; version: string }[]> {
	const { mayWrite, enables, atOnce } = options;
	const written: { secret: string; version: string }[] = [];
	for (const [secret, value] of rendered(target, live.value)) {
		const found = before.get(secret) ?? { state: "absent" };
		if (found.state === "disabled" && !enables) continue;
		if (found.state === "present" && credentialOf(found) === credentialId && found.value.equals(value)) {
			written.push({ secret, version: found.secret.version });
			continue;
		}
		const kept = found.state === "disabled" ? (await store.versions(secret)).at(-1) : presentOf(found);
		await mayWrite();
		const tags = {
			...keptTags(kept),
			[tag.rotationId]: credentialId,
			[tag.source]: target.name,
			...(kept && { [tag.previousVersion]: kept.version }),
		};
		const content = { value, tags, expires: live.version.expires, contentType: kept?.contentType };
		const { version } = await store.write(journal.intent("finishSecret"), secret, content, { atOnce });
		written.push({ secret, version });
	}
	return written;
}

const presentOf = (found: Latest): SecretVersion | undefined => (found.state === "present" ? found.secret : undefined);
