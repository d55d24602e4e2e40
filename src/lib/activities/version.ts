// Who made a version of a live secret: a rotation marks its own, everybody else's is made by hand.
// VE1. Before any rotation every version is made by hand, and none is drift: so a secret begins. Kept by: drift.test.ts.

import type { SecretVersion, VersionId } from "../ports/secret-store.ts";
import { tag } from "./managed.ts";

/** `first`: somebody, before any rotation; `hand`: somebody, after one. */
export type Maker = "rotation" | "first" | "hand";

/** A rotation writes `rotation-id`; one that had to give up writes the old value anew, with `previous-version` only. */
export const isOfRotation = ({ tags }: SecretVersion): boolean =>
	tags[tag.rotationId] !== undefined || tags[tag.previousVersion] !== undefined;

/**
 * @param versions all of the secret
 * @returns `gone` for a version that there is not, or that has a newer one
 */
export function whoMade(versions: readonly SecretVersion[], version: VersionId): Maker | "gone" {
	const made = versions.find((one) => one.version === version);
	if (made === undefined || versions.some(({ created }) => created > made.created)) return "gone";
	if (isOfRotation(made)) return "rotation";
	return versions.some(isOfRotation) ? "hand" : "first";
}
