// The rotator's marks in a pod template: which roll brought which versions of a secret. One mark for each secret.
// MK1. Rolls are told apart by what is in the template, never by a clock. Otherwise: of two rolls at the same time, one that
//      was tried again takes the other for somebody who rolled it back.
// MK2. A secret's mark is in a key of its own. Otherwise: another secret's roll overwrites it.
// MK3. A roll that is found again has the time that it was made with. Otherwise: a kind that
//      restarts by a point in time waits for pods that are younger than the question.
// MK4. A roll of another secret does as well only where it was made while this one's copy was new. Otherwise: its pods started
//      with the old value, and nobody rolls them.
// All kept by: mark.test.ts, workloads.test.ts.

import { createHash } from "node:crypto";
import type { V1PodTemplateSpec } from "@kubernetes/client-node";
import { Fault } from "../domain/fault.ts";
import { secretOfRotation } from "../domain/ids.ts";
import { type FoundRoll, type RollMark, type WorkloadRef, workloadText } from "../domain/workload.ts";
import type { Instead, OthersRoll } from "../ports/workload.ts";
import { secretNamesOf } from "./sources.ts";

const domain = "titanic-secret-rotator";
/** Our own: Flux strips what managers whose names begin with "kubectl" have written. */
export const fieldManager = domain;
/** Flux strips what an earlier `kubectl rollout restart` left here, which rolls once more, unless it is ours. */
const restartedAt = "kubectl.kubernetes.io/restartedAt";

/** A key's name has 63 characters at most, and a secret's name may have more. */
const keyOf = (secret: string): string =>
	`${domain}/${createHash("sha256").update(secret.toLowerCase()).digest("hex").slice(0, 32)}`;

/** What was rolled last, whichever secret's: for anyone who shows it to people, as the example does. */
const lastVersion = `${domain}/version`;

export const marksOf = ({ secret, rotationId, round, version, contents, at }: RollMark) => ({
	[keyOf(secret)]: [rotationId, round, version, contents, at].join(" "),
	[lastVersion]: version,
});

/** Of a pod template. */
export const annotationsOf = (mark: RollMark) => ({ ...marksOf(mark), [restartedAt]: mark.at });

type Named = Pick<V1PodTemplateSpec, "metadata">;

/** A patch of a workload that has its pod template in `spec.template`: annotations, and nothing that anybody else owns. */
export const patchOf = (mark: RollMark, seen?: Named) => ({
	...versionOf(seen),
	spec: { template: { metadata: { annotations: annotationsOf(mark) } } },
});

/** Of the object that was looked at: the cluster refuses the patch where it is another one by now. */
const versionOf = (seen?: Named) => seen && { metadata: { resourceVersion: seen.metadata?.resourceVersion } };

/** How marks were written before each secret had one of its own. They are left where they are. */
const former = { rotation: `${domain}/rotation`, version: lastVersion, round: `${domain}/round` };

type Marked = Partial<Pick<V1PodTemplateSpec, "metadata" | "spec">>;

const annotations = (template?: Marked): Record<string, string> => template?.metadata?.annotations ?? {};

interface Mark extends FoundRoll {
	readonly contents?: string;
}

function markIn(template: Marked | undefined, { secret }: Pick<RollMark, "secret">): Mark | undefined {
	const found = annotations(template);
	const [rotationId, round, version, contents, at] = (found[keyOf(secret)] ?? "").split(" ");
	if (rotationId && version) return { rotationId, round: Number(round), version, contents, ...(at && { at }) };
	const before = found[former.rotation] ?? "";
	if (secretOfRotation(before) !== secret.split("/").at(-1)) return undefined;
	return { rotationId: before, round: Number(found[former.round]), version: found[former.version] ?? "" };
}

/**
 * Has what a roll of its kind marks, or a pod that was made of it, this rotation's mark, of this round or a later one? `kubectl
 * rollout undo` brings back an earlier one. Where nothing is marked: does it refer to that Secret?
 */
export function carries(template: Marked | undefined, mark: RollMark): boolean {
	if (mark.refersTo !== undefined) return secretNamesOf(template).includes(mark.refersTo);
	const found = markIn(template, mark);
	return found?.rotationId === mark.rotationId && found.round >= mark.round;
}

export const unmarked = (ref: WorkloadRef, { refersTo }: RollMark): Fault => {
	const lost = refersTo === undefined ? "carries this rotation's mark" : `refers to Secret ${refersTo}`;
	const detail = `it no longer ${lost}; somebody rolled it back or replaced it`;
	return new Fault("rollout-failed", { workload: workloadText(ref), detail });
};

/**
 * The latest roll of another secret that was made in one of these windows. Anyone who writes annotations here may write
 * all of the template.
 */
export function rollInstead(template: Marked | undefined, { secrets, windows }: Instead): OthersRoll | undefined {
	const rolls = secrets.flatMap((secret): OthersRoll[] => {
		const { rotationId, round, version, at } = markIn(template, { secret }) ?? {};
		const made = Date.parse(at ?? "");
		const isWithin = windows.some(
			({ since, until }) => made >= Date.parse(since) && (until === undefined || made <= Date.parse(until)),
		);
		return isWithin ? [{ secret, rotationId, round, version, at } as OthersRoll] : [];
	});
	return rolls.toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at))[0];
}

/** The roll that brought these very versions, whichever rotation's it was. */
export function rollOf(
	template: Marked | undefined,
	sought: Pick<RollMark, "secret" | "version" | "contents">,
): FoundRoll | undefined {
	const found = markIn(template, sought);
	if (!found || found.version !== sought.version) return undefined;
	const { contents = sought.contents, ...roll } = found;
	return contents === sought.contents ? roll : undefined;
}
