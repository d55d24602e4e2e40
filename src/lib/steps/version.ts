// Who made a version of a live secret: a rotation marks its own, everybody else's is made by hand.
// VN1. Before any rotation every version is made by hand, and none is drift: so a secret begins. Kept by: drift.test.ts.
// VN2. A rotation that was taken back leaves things as it found them. Otherwise: the first one lacks a right, and once that is
//      granted, what was there before any rotation counts as changed by hand. Kept by: crash.test.ts.

import type { Latest, SecretVersion, VersionId } from "../domain/secret-version.ts";
import { tag } from "../domain/tags.ts";
import type { RecordStore } from "../ports/record-store.ts";
import { isRotationOf, type Managed } from "./managed.ts";

/** `first`: somebody, before any rotation that lasted; `hand`: somebody, after one. */
export type Maker = "rotation" | "first" | "hand";

/** The rotation that wrote what is there, where one did. */
export const credentialOf = (found: Latest): string | undefined =>
	found.state === "present" ? found.secret.tags[tag.rotationId] : undefined;

/**
 * The records say that a rotation published this version, whatever its tags are now; or that one took back its own by it.
 * A tag alone is only what somebody wrote there.
 * @throws Fault what the record store throws
 */
export async function isOnRecord(
	records: RecordStore,
	target: Managed,
	{ version, tags }: SecretVersion,
): Promise<boolean> {
	if ((await records.lastDelivery(target.id))?.version === version) return true;
	const credentialId = tags[tag.rotationId] ?? tags[tag.takenBack];
	if (credentialId === undefined || !isRotationOf(target, credentialId)) return false;
	// A rotation that went on with another one's password has a record of its own.
	const record = await records.rotation(credentialId);
	return tags[tag.rotationId] === undefined ? record?.outcome === "compensated" : record?.version === version;
}

/** A rotation had to give up, and wrote the value from before it again. */
export const isTakingBack = ({ tags }: SecretVersion): boolean =>
	tags[tag.takenBack] !== undefined && tags[tag.rotationId] === undefined;

export const isOfRotation = (version: SecretVersion): boolean =>
	version.tags[tag.rotationId] !== undefined || isTakingBack(version);

/** @param versions all of the secret */
export function makerOf(version: SecretVersion, versions: readonly SecretVersion[]): Maker {
	if (version.tags[tag.rotationId] !== undefined) return "rotation";
	// By versions: the same rotation may have published again what it had taken back.
	const takenBack = new Set(versions.filter(isTakingBack).map(({ tags }) => tags[tag.previousVersion]));
	const hasLasted = versions.some((one) => one.tags[tag.rotationId] !== undefined && !takenBack.has(one.version));
	if (!hasLasted) return "first";
	return isTakingBack(version) ? "rotation" : "hand";
}

/**
 * @param versions all of the secret
 * @returns `gone` for a version that does not exist, or that has a newer one
 */
export function whoMade(versions: readonly SecretVersion[], version: VersionId): Maker | "gone" {
	const made = versions.find((one) => one.version === version);
	if (made === undefined || versions.some(({ created }) => created > made.created)) return "gone";
	return isOfRotation(made) ? "rotation" : makerOf(made, versions);
}
