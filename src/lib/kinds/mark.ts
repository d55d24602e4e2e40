// The rotator's mark in a pod template: whose roll made it, of which version, in which round.

import type { V1PodTemplateSpec } from "@kubernetes/client-node";
import type { RollMark } from "../domain/workload.ts";

const rotation = "titanic-secret-rotator/rotation";
const version = "titanic-secret-rotator/version";
const round = "titanic-secret-rotator/round";
/** Flux strips what an earlier `kubectl rollout restart` left here, which rolls once more, unless it is ours. */
const restartedAt = "kubectl.kubernetes.io/restartedAt";

export const annotationsOf = (mark: RollMark): Record<string, string> => ({
	[rotation]: mark.rotationId,
	[version]: mark.version,
	[round]: `${mark.round}`,
	[restartedAt]: mark.at,
});

const annotations = (template?: V1PodTemplateSpec) => template?.metadata?.annotations ?? {};

/** Has the template this rotation's mark, of this round or a later one? */
export const carries = (template: V1PodTemplateSpec | undefined, mark: RollMark): boolean => {
	const found = annotations(template);
	return found[rotation] === mark.rotationId && Number(found[round]) >= mark.round;
};

/**
 * Was the template made by this mark's roll, or after it by another rotation's? A template that somebody changes keeps
 * its annotations; `kubectl rollout undo` brings back those of an earlier roll, and `kubectl replace` drops them.
 */
export const descends = (template: V1PodTemplateSpec | undefined, mark: RollMark): boolean => {
	if (carries(template, mark)) return true;
	const found = annotations(template);
	if (found[rotation] === undefined || found[rotation] === mark.rotationId) return false;
	return Date.parse(found[restartedAt] ?? "") >= Date.parse(mark.at);
};
