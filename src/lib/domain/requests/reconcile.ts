// Drift is repaired.

import type { Direction } from "../reconciliation.ts";
import { type Asked, isAllowedAlike, type Running } from "./asked.ts";

export interface ReconcileRequest extends Asked {
	readonly kind: "reconcile";
	/** Which side is right. */
	readonly direction: Direction;
	/** The live version that the operator has seen; another one by now is refused. */
	readonly version?: string;
}

/** Which way, for the audit log. */
export const told = ({ direction }: Pick<ReconcileRequest, "direction">): string => direction;

/** Only by the same one: which side is right is what a person says. */
export function isServed(asked: ReconcileRequest, { request }: Running): boolean {
	const { dryRun, direction, version } = asked;
	if (request.kind !== "reconcile" || request.dryRun !== dryRun) return false;
	return request.direction === direction && request.version === version && isAllowedAlike(request, asked);
}
