// A run that is over, in a line: what lists show of it.

import type { Actor } from "./audit-entry.ts";
import type { Outcome, Reason } from "./codes.ts";
import type { FaultCode } from "./fault.ts";
import type { RequestKind } from "./requests/index.ts";
import type { RotationStatus } from "./rotation.ts";
import type { VersionId } from "./secret-version.ts";

export interface EndedRun {
	readonly rotationId: string;
	readonly secret: string;
	readonly kind: RequestKind;
	readonly dryRun?: true;
	readonly outcome: Outcome;
	readonly code?: Reason | FaultCode;
	/** Who asked for it. */
	readonly by: Actor["kind"];
	/** The version that is live since. */
	readonly version?: VersionId;
	/** When that one expires, ISO 8601. */
	readonly expires?: string;
	/** The object id of who approved it. */
	readonly approvedBy?: string;
	/** It went on without the approval that it needed. */
	readonly breakGlass?: true;
	/** ISO 8601 */
	readonly endedAt: string;
}

/** @returns `undefined` of one that is under way */
export function endedRunOf(status: RotationStatus): EndedRun | undefined {
	const {
		rotationId,
		secret,
		kind,
		dryRun,
		outcome,
		code,
		requestedBy,
		version,
		expires,
		endedAt,
		requestedAt,
		approval,
	} = status;
	if (outcome === undefined) return undefined;
	return {
		rotationId,
		secret,
		kind,
		...(dryRun && { dryRun }),
		outcome,
		...(code !== undefined && { code }),
		by: requestedBy.kind,
		...(version !== undefined && { version }),
		...(expires !== undefined && { expires }),
		...(approval?.approvedBy?.id !== undefined && { approvedBy: approval.approvedBy.id }),
		...(approval?.breakGlass && { breakGlass: approval.breakGlass }),
		endedAt: endedAt ?? requestedAt,
	};
}

/** The latest first. */
export const latestFirst = (one: EndedRun, other: EndedRun): number =>
	Date.parse(other.endedAt) - Date.parse(one.endedAt) || (one.rotationId < other.rotationId ? -1 : 1);
