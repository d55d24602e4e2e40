// What the app may do at each system that it works with, as far as it can be asked without doing it.
// DG1. "ok" is what a system itself said, of this very thing. What cannot be asked without an effect is "unknown", whatever there
//      is to be concluded from. Otherwise: somebody relies on a right that was taken away since. Kept by: doctor.test.ts.

import type { FaultCode } from "./fault.ts";

export const foundResults = ["ok", "missing", "unknown"] as const;
export type FoundResult = (typeof foundResults)[number];

export interface FoundRight {
	/** A right (`get secrets/db-password in namespace titanic-api`), or a sentence that is true where it is ok. */
	readonly right: string;
	readonly result: FoundResult;
	/** Rotations do without it. */
	readonly optional?: true;
	/** Why it is missing or unknown, or what it is for. */
	readonly says?: string;
	readonly code?: FaultCode;
	/** The command that gives it, or that finds it out; else what to do. */
	readonly next?: string;
}

export interface FoundSystem {
	/** `Key Vault titanic-kv-prod` */
	readonly system: string;
	readonly rights: readonly FoundRight[];
}

export interface FoundSecret {
	readonly secret: string;
	readonly systems: readonly FoundSystem[];
}

export interface Diagnosis {
	/** The app's clock, ISO 8601. */
	readonly at: string;
	readonly version: string;
	/** What every rotation needs, whatever it rotates. */
	readonly app: readonly FoundSystem[];
	readonly secrets: readonly FoundSecret[];
	readonly counts: Readonly<Record<FoundResult, number>>;
}

/** Those that rotations do without are not counted. */
export function countsIn(systems: readonly FoundSystem[]): Record<FoundResult, number> {
	const counts = { ok: 0, missing: 0, unknown: 0 };
	for (const { rights } of systems) for (const { result, optional } of rights) if (!optional) counts[result]++;
	return counts;
}
