// What is written to the vault around the live version: the derived secrets, and the way back when they cannot be written.
// PB1. A derived secret is written once per credential (its `rotation-id` tag tells), so a repeated run adds no versions.

import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import { render } from "../domain/render.ts";
import type { Latest, SecretVersion } from "../domain/secret-version.ts";
import { keptTags, tag } from "../domain/tags.ts";
import type { Intent } from "../ports/audit-log.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { Managed } from "./managed.ts";
import { credentialOf } from "./version.ts";

/** So many rotations may have gone on while one was held up, or else its next run finds that the database has none of it. */
const mostOvertaking = 5;

interface Write {
	readonly credentialId: string;
	readonly intent: Intent;
	/** Asked right before each write. @throws Fault where this run is not the one that may write any more */
	readonly mayWrite: () => Promise<void>;
}

/** The derived secrets as they are: read before anything is changed, so that nothing has to be read in the gap. */
export const readDerived = async (store: SecretStore, { secret }: Managed): Promise<ReadonlyMap<string, Latest>> =>
	new Map(await Promise.all(secret.derived.map(async (of) => [of.secret, await store.latest(of.secret)] as const)));

/** Renders and writes every derived secret; its own tags and content type are kept, it expires with the live version. */
export async function publishDerived(
	store: SecretStore,
	{ name, secret, server }: Managed,
	{ credentialId, intent, mayWrite }: Write,
	{ password, live }: { readonly password: Password; readonly live: SecretVersion },
	before: ReadonlyMap<string, Latest>,
): Promise<{ secret: string; version: string }[]> {
	const written: { secret: string; version: string }[] = [];
	for (const derived of secret.derived) {
		const found = before.get(derived.secret) ?? { state: "absent" };
		const value = render(derived, { role: secret.role, password, ...server });
		if (found.state === "present" && credentialOf(found) === credentialId && found.value.equals(value)) {
			written.push({ secret: derived.secret, version: found.secret.version });
			continue;
		}
		const kept = found.state === "present" ? found.secret : undefined;
		await mayWrite();
		const { version } = await store.write(intent, derived.secret, {
			value,
			tags: {
				...keptTags(kept),
				[tag.rotationId]: credentialId,
				[tag.source]: name,
				...(kept && { [tag.previousVersion]: kept.version }),
			},
			expires: live.expires,
			contentType: kept?.contentType,
		});
		written.push({ secret: derived.secret, version });
	}
	return written;
}

/**
 * The way back: publishes the old password again wherever this credential is live, since the derived secrets could not follow.
 * @param setAgain sets the old password in the database. It comes right after the live secret: until then, whoever reads that
 * secret is refused, and the derived ones may take long
 * @returns whether the database has the old password again
 */
export async function takeBack(
	store: SecretStore,
	{ name, secret, server }: Managed,
	{ credentialId, intent, mayWrite }: Write,
	old: { readonly value: Password; readonly inPlaceOf: Password; readonly expires?: Date; readonly now: Date },
	setAgain: () => Promise<boolean>,
): Promise<boolean> {
	// Where the old expiry is not known any more it is due at once, so that the sweep looks at it again.
	const expires = old.expires ?? new Date(old.now.getTime() + secret.expiryMarginDays * 86_400_000);
	const restore = async (of: string, ours: Password, value: Password) => {
		const found = await store.latest(of);
		if (found.state !== "present" || !found.value.equals(ours)) return found;
		await mayWrite();
		const { [tag.rotationId]: _, ...tags } = found.secret.tags;
		await store.write(intent, of, {
			value,
			tags: { ...tags, [tag.takenBack]: credentialId, [tag.previousVersion]: found.secret.version },
			expires,
			contentType: found.secret.contentType,
		});
		return { ...found, value };
	};
	const live = await restore(name, old.inPlaceOf, old.value);
	// The database follows what is live, never what is not.
	if (live.state !== "present" || !live.value.equals(old.value)) {
		throw new Fault("live-overwritten", { vault: secret.vault, secret: name });
	}
	if (!(await setAgain())) return false;
	for (const derived of secret.derived) {
		const rendered = (password: Password) => render(derived, { role: secret.role, password, ...server });
		await restore(derived.secret, rendered(old.inPlaceOf), rendered(old.value)).catch((error) => {
			// The others all the same; whether this one is as it was is asked at the end (settled.ts).
			if (!(error instanceof Fault) || error.transient) throw error;
		});
	}
	return true;
}

/**
 * This run's version went live although the database has another password by now: whoever changed it published it before, and
 * that value is made live again.
 * @param accepts asks the database
 * @returns what this run ends with: `live-overtaken`; or `live-overwritten`, where no earlier version is what the database has
 */
export async function overtaken(
	store: SecretStore,
	{ name, secret: { vault } }: Managed,
	{ credentialId, intent }: Omit<Write, "mayWrite">,
	{ version: ours }: SecretVersion,
	accepts: (password: Password) => Promise<boolean>,
): Promise<Fault> {
	const others = (await store.versions(name)).filter(({ version, enabled }) => enabled && version !== ours);
	for (const found of others.slice(-mostOvertaking).reverse()) {
		const value = await store.version(name, found.version);
		if (!(await accepts(value))) continue;
		const { [tag.rotationId]: _, ...tags } = found.tags;
		await store.write(intent, name, {
			value,
			tags: { ...tags, [tag.takenBack]: credentialId, [tag.previousVersion]: ours },
			expires: found.expires,
			contentType: found.contentType,
		});
		return new Fault("live-overtaken", { vault, secret: name, version: found.version });
	}
	return new Fault("live-overwritten", { vault, secret: name });
}
