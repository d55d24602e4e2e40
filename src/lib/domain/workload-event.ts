// What a delivery says where the people of a workload look: Events on it, which `kubectl describe` shows.
// WE1. It names the managed secret, the beginning of a version's id and a code of ours, nothing else: anyone who may look at the
//      namespace reads it. Otherwise: a fault's sentence shows them servers, roles and other teams' objects. Kept by:
//      workload-event.test.ts.
// WE2. A delivery says each thing once, however often its activity comes. Otherwise: a retried activity looks like a second rotation.
//      Kept by: workload-event.test.ts.

import { createHash } from "node:crypto";
import type { FaultCode } from "./fault.ts";
import { type WorkloadRef, workloadText } from "./workload.ts";

export interface WorkloadEvent {
	/** Of the Event object: of the same happening always the same. */
	readonly name: string;
	readonly type: "Normal" | "Warning";
	readonly reason: string;
	readonly message: string;
	/** ISO 8601. */
	readonly at: string;
}

export type Happening =
	| { readonly is: "started" | "delivered" | "awaits-run" }
	| { readonly is: "failed"; readonly code: FaultCode };

const reasons = {
	started: "SecretRotationStarted",
	delivered: "SecretRotationDelivered",
	"awaits-run": "SecretRotationAwaitsRun",
	failed: "SecretRotationFailed",
} as const satisfies Record<Happening["is"], string>;

export interface Happened {
	readonly rotationId: string;
	/** The managed secret's id. */
	readonly secret: string;
	readonly version: string;
	/** Of this rotation: it may deliver twice. */
	readonly delivery: number;
	readonly happening: Happening;
	readonly at: string;
}

export function eventOf(workload: WorkloadRef, happened: Happened): WorkloadEvent {
	const { rotationId, delivery, happening, at } = happened;
	const about = [rotationId, workload.cluster, workloadText(workload), delivery, happening.is].join("\n");
	// An object's name has 253 characters at most, and neither ends nor goes on after a dot with a hyphen or a dot.
	const begin = workload.name.slice(0, 200).replace(/[-.]+$/, "");
	return {
		name: `${begin}.${createHash("sha256").update(about).digest("hex").slice(0, 16)}`,
		type: happening.is === "failed" ? "Warning" : "Normal",
		reason: reasons[happening.is],
		message: messageOf(happened),
		at,
	};
}

function messageOf({ secret, version, happening }: Happened): string {
	const which = `version ${version.slice(0, 8)} of secret ${secret}`;
	switch (happening.is) {
		case "started":
			return `Delivering ${which}.`;
		case "delivered":
			return `Every pod has proved ${which}.`;
		case "awaits-run":
			return `The next run reads ${which}.`;
		case "failed":
			return `Not delivered: ${which} (${happening.code}).`;
	}
}
