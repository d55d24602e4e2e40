// An earlier value once more: forward, as a new version, by the steps of a rotation.

import type { VersionId } from "../secret-version.ts";
import { type Asked, isAllowedAlike, type Running } from "./asked.ts";

export interface RollbackRequest extends Asked {
	readonly kind: "rollback";
	/** Whose value is to be live again; absent: the newest earlier version's that has another value than the live one. */
	readonly to?: VersionId;
	/** The live version that the operator has seen; another one by now is refused. */
	readonly version?: VersionId;
}

export const told = ({ to }: Pick<RollbackRequest, "to">): string | undefined =>
	to === undefined ? undefined : `to version ${to}`;

/** Only by the same one: which value is right is what a person says. */
export function isServed(asked: RollbackRequest, { request }: Running): boolean {
	const { dryRun, to, version } = asked;
	if (request.kind !== "rollback" || request.dryRun !== dryRun) return false;
	return request.to === to && request.version === version && isAllowedAlike(request, asked);
}
