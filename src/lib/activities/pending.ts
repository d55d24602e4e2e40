// The pending secret's versions: passwords that a rotation made and has not put away.
// PE1. Tags say which rotation claims a version, not whose value it is. A pending password is gone on with only if the
//      database accepts it or it is live already. Otherwise: whoever may write the pending secret chooses the next password.
//      Kept by: planted.test.ts.
// PE2. A version that is enabled may be the only one with the password that the database has, also where a newer one covers
//      it: two apps on one secret, or a write that took effect late. Kept by: planted.test.ts.

import { secretOfRotation } from "../domain/rotation.ts";
import type { Latest, SecretStore, SecretVersion, VersionId } from "../ports/secret-store.ts";
import { type Managed, tag } from "./managed.ts";

/** A version of the pending secret that a rotation claims. */
export interface Claimed {
	readonly version: VersionId;
	/** The rotation that its tags name. */
	readonly credentialId: string;
	/** The version that was live then, as the tags say; empty where there was none. */
	readonly baseVersion: VersionId;
}

/** More would be many rejected logins in a row; there is more than one only after something unusual. */
const mostTried = 5;

/** @returns what the tags claim; `undefined` where they are not a rotation's of this secret */
export function claimOf({ version, tags }: SecretVersion, secret: string): Claimed | undefined {
	const { [tag.rotationId]: credentialId, [tag.baseVersion]: baseVersion } = tags;
	if (credentialId === undefined || secretOfRotation(credentialId) !== secret) return undefined;
	if (baseVersion === undefined || !/^([0-9a-f]{32})?$/.test(baseVersion)) return undefined;
	return { version, credentialId, baseVersion };
}

export const latestClaim = (pending: Latest, secret: string): Claimed | undefined =>
	pending.state === "present" ? claimOf(pending.secret, secret) : undefined;

/** The enabled versions, newest first. */
export async function enabledVersions(store: SecretStore, { pendingName }: Managed): Promise<SecretVersion[]> {
	const versions = await store.versions(pendingName);
	return versions.filter(({ enabled }) => enabled).reverse();
}

/** Those of them that may have what the database has. */
export async function claimedVersions(store: SecretStore, target: Managed): Promise<Claimed[]> {
	const versions = await enabledVersions(store, target);
	return versions.flatMap((version) => claimOf(version, target.name) ?? []).slice(0, mostTried);
}
