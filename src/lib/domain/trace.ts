// What telemetry calls a rotation and a call to the outside.
// TC1. A rotation's trace is computed from its id, because its activities run in other processes, hours apart, and orchestrators
//      replay. Otherwise: each activity is a trace of its own. Kept by: trace.test.ts.
// TC2. What a metric is split by comes from closed lists: no name, no id. Otherwise: 10,000 secrets are 10,000 time series, and their
//      names are with the people who run the collector. Kept by: trace.test.ts.

import { createHash } from "node:crypto";

export interface TracePlace {
	/** 32 hex digits. */
	readonly traceId: string;
	/** 16 hex digits. */
	readonly spanId: string;
}

/** The span that all others of a rotation are in. */
export function placeOf(rotationId: string): TracePlace {
	const hex = createHash("sha256").update(rotationId).digest("hex");
	return { traceId: hex.slice(0, 32), spanId: hex.slice(32, 48) };
}

const systems = [
	...["vault", "blob", "postgres", "kubernetes", "token", "git", "github", "pulls"],
	...["webhook", "logs", "durable"],
];

const verbs = [
	...["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "get", "list", "patch", "create", "login"],
	...["ALTER", "SELECT", "BEGIN", "COMMIT", "ROLLBACK", "SET", "RESET", "status", "start", "raise", "purge"],
];

/** @param effect as it passes the seam (ports/effect.ts): `vault PUT db-password` */
export function callOf(effect: string): { readonly system: string; readonly verb: string } {
	const [system = "", verb = ""] = effect.split(" ");
	return {
		system: systems.includes(system) ? system : "other",
		verb: verbs.includes(verb) ? verb : "other",
	};
}
