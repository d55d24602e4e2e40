// What alerts and the workbook are made from: lines of JSON in the app's log, of a closed list of events.
// NT1. The queries of infra/modules/rotator read these fields by these names. Otherwise: a field is renamed, the query finds
//      nothing, and nobody is told that passwords no longer rotate. Kept by: alerts.test.ts, which runs each query over lines
//      that the app wrote.
// NT2. Names, ids, codes and numbers only, in one line (line.ts): the log is read by more people than the audit log.
// NT3. A notice may be written twice (an activity that comes again): a query counts rotations, not lines.

import type { Actor } from "./audit-entry.ts";
import type { BackupState } from "./backup.ts";
import type { Code, Outcome } from "./codes.ts";
import type { ComplianceEntry } from "./compliance.ts";
import type { FaultCode } from "./fault.ts";
import type { Health } from "./health.ts";
import { oneLine } from "./line.ts";
import type { RequestKind } from "./requests/index.ts";
import type { RotationStatus } from "./rotation.ts";

export type Notice =
	| {
			readonly event: "rotation-started";
			readonly rotationId: string;
			readonly secret: string;
			readonly request: RequestKind;
			readonly actor: Actor["kind"];
			readonly dryRun: boolean;
			/** Longer than this it takes only where it waits for something (expectation.ts). */
			readonly expectedMs: number;
	  }
	| {
			readonly event: "rotation-ended";
			readonly rotationId: string;
			readonly secret: string;
			readonly request: RequestKind;
			readonly actor: Actor["kind"];
			readonly outcome: Outcome;
			readonly code: Code | "";
			readonly dryRun: boolean;
			/** From the request to the end. */
			readonly ms: number;
			/** From ALTER ROLE to the new version readable. */
			readonly gapMs?: number;
	  }
	/** How the sweep found one secret. */
	| {
			readonly event: "secret-swept";
			readonly secret: string;
			readonly state: ComplianceEntry["state"];
			readonly action: ComplianceEntry["action"];
			readonly health?: Health["state"];
			readonly dueInDays?: number;
			/** Code of the problem that the sweep had with it. */
			readonly code?: FaultCode;
			/** Code of the drift, the cause first. */
			readonly drift?: FaultCode;
	  }
	/** The sweep is over. */
	| {
			readonly event: "swept";
			readonly secrets: number;
			readonly unmanaged: number;
			readonly problems: number;
			/** Why the audit log's head is not signed, or not kept twice; absent when it is both. */
			readonly unsigned?: FaultCode;
	  }
	/** How the backups of one secret, and of what is derived from it, are after they were looked at. */
	| {
			readonly event: "backup";
			readonly secret: string;
			readonly state: BackupState;
			/** What keeps one from being made. */
			readonly code?: FaultCode;
	  }
	/** How the notification of one happening ended: `notified`, or why the channel did not get it. */
	| { readonly event: "notified"; readonly channel: string; readonly code: FaultCode | "notified" }
	/** An order goes on without the approval that it needs. */
	| {
			readonly event: "break-glass";
			readonly rotationId: string;
			readonly secret: string;
			readonly request: RequestKind;
			/** The operator's object id. */
			readonly operator: string;
	  }
	| { readonly event: "drift"; readonly secret: string; readonly drift: FaultCode }
	/** What an activity or a trigger ended with, whether it comes again or not. */
	| {
			readonly event: "fault";
			readonly step: string;
			readonly code: FaultCode;
			readonly transient: boolean;
			readonly secret?: string;
			readonly rotationId?: string;
	  };

export type Tell = (notice: Notice) => void;

/** The event comes first: that is how the queries distinguish these lines from all others. */
export function lineOf({ event, ...fields }: Notice): string {
	return oneLine(JSON.stringify({ event, ...fields }));
}

/** @param status of a rotation that is over */
export const endedOf = (status: RotationStatus): Notice => ({
	event: "rotation-ended",
	rotationId: status.rotationId,
	secret: status.secret,
	request: status.kind,
	actor: status.requestedBy.kind,
	outcome: status.outcome ?? "interrupted",
	code: status.code ?? "",
	dryRun: status.dryRun ?? false,
	ms: Math.max(0, Date.parse(status.endedAt ?? status.requestedAt) - Date.parse(status.requestedAt)),
	...(status.gapMs !== undefined && { gapMs: status.gapMs }),
});

export const sweptOf = ({ secret, state, action, health, dueInDays, problem, drift }: ComplianceEntry): Notice => ({
	event: "secret-swept",
	secret,
	state,
	action,
	...(health && { health: health.state }),
	...(dueInDays !== undefined && { dueInDays }),
	...(problem && { code: problem.code }),
	...(drift?.[0] && { drift: drift[0].code }),
});
