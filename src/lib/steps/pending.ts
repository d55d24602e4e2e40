// The pending secret's versions: passwords that a rotation made and has not put away.
// PE1. Tags say which rotation claims a version, not whose value it is. A rotation continues with a pending password only if
//      the database accepts it or it is live already. Otherwise: anyone who may write the pending secret chooses the next
//      password. Kept by: planted.test.ts.
// PE2. A version that is enabled may be the only one with the password that the database has, also where a newer one covers
//      it: two apps on one secret, or a write that took effect late. Kept by: planted.test.ts.

import type { Ports } from "../app.ts";
import type { Password } from "../domain/password.ts";
import { reachedConsumers } from "../domain/rotation.ts";
import type { Latest, SecretVersion, VersionId } from "../domain/secret-version.ts";
import type { Claimed } from "../domain/standing.ts";
import { tag, tieOf } from "../domain/tags.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { isRotationOf, type Managed } from "./managed.ts";

/** More would be many rejected logins in a row; there is more than one only after something unusual. */
const mostTried = 5;

/** @returns what the tags claim; `undefined` where they are not a rotation's of this secret */
export function claimOf({ version, tags }: SecretVersion, target: Managed): Claimed | undefined {
	const { [tag.rotationId]: credentialId, [tag.baseVersion]: baseVersion } = tags;
	if (credentialId === undefined || !isRotationOf(target, credentialId)) return undefined;
	if (baseVersion === undefined || !/^([0-9a-f]{32})?$/.test(baseVersion)) return undefined;
	return { version, credentialId, baseVersion };
}

export const latestClaim = (pending: Latest, target: Managed): Claimed | undefined =>
	pending.state === "present" ? claimOf(pending.secret, target) : undefined;

/** The enabled versions, newest first. */
export async function enabledVersions(store: SecretStore, { pendingName }: Managed): Promise<SecretVersion[]> {
	const versions = await store.versions(pendingName);
	return versions.filter(({ enabled }) => enabled).reverse();
}

/**
 * Those that may have what the database has, likeliest first: what the audit log says a rotation stored, whatever was made
 * of its tags; then what claims it by tags.
 */
export async function claimedVersions(ports: Ports, target: Managed): Promise<Claimed[]> {
	const store = await ports.store(target.secret.vault);
	const versions = await enabledVersions(store, target);
	if (versions.length === 0) return [];
	const stored = await storedVersions(ports, target).catch(() => new Map<VersionId, Claimed>());
	const known = versions.flatMap(({ version }) => stored.get(version) ?? []);
	const others = versions.flatMap((version) => (stored.has(version.version) ? [] : (claimOf(version, target) ?? [])));
	return [...known, ...others].slice(0, mostTried);
}

/**
 * A pending password that the database accepts, but that was live before, by its value, and whose rotation is over: the database
 * is back at an earlier one. The record alone hides nothing: otherwise anyone who may write records hides the only way in.
 * @returns the version of the live secret that had it
 */
export async function publishedBefore(
	ports: Ports,
	{ name, secret }: Managed,
	live: Latest,
	claim: Claimed,
	password: Password,
): Promise<VersionId | undefined> {
	if (live.state !== "present" || !(await isOver(ports, claim))) return undefined;
	const store = await ports.store(secret.vault);
	const earlier = (await store.versions(name)).filter((one) => one.enabled && one.version !== live.secret.version);
	for (const { version } of earlier.slice(-mostTried).reverse())
		if ((await store.version(name, version)).equals(password)) return version;
	return undefined;
}

/**
 * Disabled versions since the last one that was published, newest first: nobody can read what they hold. The database had
 * what came before a version that was live until then at most.
 * @param published all of the live secret
 */
export async function disabledSincePublished(
	ports: Ports,
	target: Managed,
	published: readonly SecretVersion[],
): Promise<VersionId[]> {
	const all = await (await ports.store(target.secret.vault)).versions(target.pendingName);
	const stored = await storedVersions(ports, target).catch(() => new Map<VersionId, Claimed>());
	const disabled: VersionId[] = [];
	for (const one of [...all].reverse()) {
		const claim = stored.get(one.version) ?? claimOf(one, target);
		if (!claim) continue;
		if (await wasPublished(ports, claim, published)) break;
		if (!one.enabled) disabled.push(one.version);
		if (disabled.length === mostTried) break;
	}
	return disabled;
}

/** Its rotation is over by the records, and the live secret has had a version of it: neither alone hides anything. */
async function wasPublished(ports: Ports, claim: Claimed, published: readonly SecretVersion[]): Promise<boolean> {
	const record = await (await ports.records()).rotation(claim.credentialId);
	if (record === undefined || !reachedConsumers(record)) return false;
	return published.some((one) => one.version === record.version || tieOf(one, claim) === "published");
}

/** Its rotation is over and published: whatever has that rotation's tags now is no rotation that was cut short. */
export async function isOver(ports: Ports, { credentialId }: Claimed): Promise<boolean> {
	const record = await (await ports.records()).rotation(credentialId);
	return record !== undefined && reachedConsumers(record);
}

/** The audit log says that this rotation stored this version. */
export async function isStored(ports: Ports, target: Managed, { version, credentialId }: Claimed): Promise<boolean> {
	return (await storedVersions(ports, target)).get(version)?.credentialId === credentialId;
}

async function storedVersions(ports: Ports, { id, name }: Managed): Promise<Map<VersionId, Claimed>> {
	const stored = new Map<VersionId, Claimed>();
	for (const { data } of await (await ports.audit()).recent()) {
		if (data.secretName !== id && data.secretName !== name) continue;
		if (data.step !== "createSecret" || data.code !== "pending-stored") continue;
		const { newVersion: version, rotationId, correlationId: credentialId = rotationId, oldVersion = "" } = data;
		if (version !== undefined) stored.set(version, { version, credentialId, baseVersion: oldVersion });
	}
	return stored;
}
