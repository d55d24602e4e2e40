// A new password.

import { type Asked, hasBegun, isAllowedAlike, type Running } from "./asked.ts";

export interface RotateRequest extends Asked {
	readonly kind: "rotate";
	/** The version the trigger saw; another one live now means the trigger is late. */
	readonly seenVersion?: string;
	/** Rotate although it is not due. */
	readonly force: boolean;
	/** The live value is known to somebody who must not know it: nothing old is accepted any more. `force` is true then. */
	readonly compromised?: boolean;
}

/** How it is asked for, for the audit log. */
export const told = ({ force, compromised }: Pick<RotateRequest, "force" | "compromised">): string | undefined =>
	compromised ? "compromised" : force ? "forced" : undefined;

/**
 * A rotation that acts serves everyone who wants one because it is due; one that only plans may end without it, although it is
 * due. A person who forces one may mean the very password that has just been published.
 */
export function isServed(asked: RotateRequest, running: Running): boolean {
	const { request, status } = running;
	if (request.kind !== "rotate" || request.dryRun !== asked.dryRun) return false;
	const { force, seenVersion, compromised = false } = asked;
	const isSameOrder = request.force === force && (request.compromised ?? false) === compromised;
	const isSame = isSameOrder && request.seenVersion === seenVersion && isAllowedAlike(request, asked);
	if (isSame) return !force || status?.version === undefined;
	return !force && !asked.dryRun && hasBegun(running);
}
