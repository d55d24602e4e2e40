// What the critical section sets out from: the live secret, the password that is wanted, and the way back. index.ts has the table.
// FO1. A version is known by its id or by its value, never by a tag alone. Otherwise: anyone who writes the live or the
//      pending secret while a rotation runs chooses the password, or what the way back sets. Kept by: planted.test.ts.
// FO2. Where somebody else's version is live, the section goes on only if the database has our password already: that is the
//      way out. Otherwise: it overwrites what a person has meant.

import type { Ports } from "../../app.ts";
import { Fault } from "../../domain/fault.ts";
import type { Password } from "../../domain/password.ts";
import type { Latest, SecretVersion, VersionId } from "../../domain/secret-version.ts";
import type { Source } from "../../domain/standing.ts";
import { tag, tieOf } from "../../domain/tags.ts";
import { accepting } from "../in-force.ts";
import type { Managed } from "../managed.ts";
import { claimedVersions } from "../pending.ts";
import { credentialOf } from "../version.ts";

export type Found = {
	/** The live secret as it was read. */
	readonly latest: Latest;
	/** What is to be in force in the end. */
	readonly wanted: Password;
	/** What was in force before, for the way back; absent where nobody can read it any more. */
	readonly old?: { readonly version: VersionId; readonly value: Password };
} & (
	| { readonly state: "base" | "unreadable" | "taken-back" | "written-over" }
	| { readonly state: "published"; readonly live: SecretVersion }
);

interface Of {
	readonly credentialId: string;
	readonly baseVersion: string;
	readonly source: Source;
	readonly accepts?: true;
	readonly acceptedBy?: VersionId;
	readonly reconciles?: object;
}

/** @throws Fault `live-changed`, `pending-lost`, `pending-deleted` */
export async function findState(
	ports: Ports,
	target: Managed,
	{ live: latest, pending }: { readonly live: Latest; readonly pending: Password | undefined },
	of: Of,
): Promise<Found> {
	const { secret, name } = target;
	const { vault } = secret;
	const store = await ports.store(vault);
	const { wanted, isPublished } = await wantedOf(ports, target, latest, pending, of);
	const live = latest.state === "present" ? latest : undefined;
	const asItIs = live && { version: live.secret.version, value: live.value };
	const replaced = of.acceptedBy ?? of.baseVersion;
	const isBase = live?.secret.version === replaced;
	const value = isBase || replaced === "" ? undefined : await store.version(name, replaced).catch(whenGone);
	const base = isBase ? asItIs : value && { version: replaced, value };
	const found = { latest, wanted, ...(base && { old: base }) };
	if (!live) return { ...found, state: "unreadable" };
	if (isPublished) return { ...found, state: "published", live: live.secret };
	if (isBase) return { ...found, state: "base" };
	const accepts = accepting(ports, target);
	// Where this rotation was cut short on its way back, it starts again: what it went back for is met again, or is gone.
	const isTakenBack =
		tieOf(live.secret, of) === "taken-back" && (value?.equals(live.value) || (await accepts(live.value)));
	if (isTakenBack && asItIs) return { ...found, state: "taken-back", old: asItIs };
	if ((await accepts(live.value)) || !(await accepts(wanted))) throw new Fault("live-changed", { vault, secret: name });
	return { ...found, state: "written-over" };
}

async function wantedOf(
	ports: Ports,
	target: Managed,
	live: Latest,
	pending: Password | undefined,
	{ credentialId, source, accepts, reconciles }: Of,
): Promise<{ wanted: Password; isPublished: boolean }> {
	const { name, pendingName, secret } = target;
	const { vault } = secret;
	const ours = live.state === "present" && credentialOf(live) === credentialId ? live : undefined;
	const store = await ports.store(vault);
	if (source.secret === "live") {
		if (ours?.secret.version === source.version) return { wanted: ours.value, isPublished: true };
		// Somebody wrote over what was published. An operator has said which version is right: not this one.
		const published = reconciles ? undefined : await store.version(name, source.version).catch(whenGone);
		if (published === undefined) throw new Fault("live-changed", { vault, secret: name });
		return { wanted: published, isPublished: false };
	}
	if (pending) {
		const wanted = accepts ? acceptingOf(target, live, pending) : pending;
		return { wanted, isPublished: live.state === "present" && live.value.equals(wanted) };
	}
	// What only consumers know is proved by nobody, whatever its tag says.
	const isProved = ours && target.content.account && (await accepting(ports, target)(ours.value));
	if (ours && isProved) return { wanted: ours.value, isPublished: true };
	const deleted = (await store.latest(pendingName)).state === "absent" ? await store.deleted(pendingName) : undefined;
	const wasOurs = deleted?.tags[tag.rotationId] === credentialId;
	throw new Fault(wasOurs ? "pending-deleted" : "pending-lost", { vault, secret: pendingName });
}

/** What the first of two steps publishes; without a live value to go on with, there is nothing to keep. */
export const acceptingOf = ({ content: { keyring } }: Managed, live: Latest, pending: Password): Password =>
	keyring && live.state === "present" ? keyring.accepting(live.value, pending) : pending;

/** Passwords of rotations that were cut short and covered by a newer one: one of them may be what the database has. */
export async function coveredPasswords(ports: Ports, target: Managed): Promise<Password[]> {
	const passwords: Password[] = [];
	const store = await ports.store(target.secret.vault);
	for (const { version } of await claimedVersions(ports, target)) {
		const password = await store.version(target.pendingName, version).catch(whenGone);
		if (password) passwords.push(password);
	}
	return passwords;
}

export const whenGone = (error: unknown): undefined => {
	if (error instanceof Fault && (error.code === "secret-missing" || error.code === "secret-disabled")) return undefined;
	throw error;
};
