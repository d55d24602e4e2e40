// Tags that a rotation writes, and what they tie together. A tag claims, a value proves (docs/adr/0011): anyone who may write a
// secret chooses its tags.

import type { SecretVersion, VersionId } from "./secret-version.ts";

/** Beside the secret's own ones, which are kept. */
export const tag = {
	rotationId: "rotation-id",
	baseVersion: "base-version",
	previousVersion: "previous-version",
	/** In place of `rotation-id`: the rotation that was taken back by this version, which has the value from before it. */
	takenBack: "taken-back",
	target: "target",
	source: "derived-from",
	/** Of a pending secret: the person who ordered it said that the value before is compromised. */
	compromised: "replaces-compromised",
} as const;

/** Of a version, its own ones included. */
export const mostTags = 15;

/** What the next version keeps of a version's tags. */
export function keptTags(found: Pick<SecretVersion, "tags"> | undefined): SecretVersion["tags"] {
	const { [tag.takenBack]: _, ...kept } = found?.tags ?? {};
	return kept;
}

/** What a live version is to a rotation, by the tags of both: the one it replaces, published, or took itself back by. */
export type Tie = "replaced" | "published" | "taken-back" | "none";

export function tieOf(
	{ version, tags }: SecretVersion,
	{ credentialId, baseVersion }: { readonly credentialId: string; readonly baseVersion: VersionId },
): Tie {
	const isOfRotation = tags[tag.rotationId] === credentialId;
	if (isOfRotation && (tags[tag.previousVersion] ?? "") === baseVersion) return "published";
	if (tags[tag.rotationId] === undefined && tags[tag.takenBack] === credentialId) return "taken-back";
	return version === baseVersion ? "replaced" : "none";
}
