// What an auditor is given: who rotated what, when that was due, what proves it, and what is left out. Names, ids, times and codes
// only. Everything in it is a text, a number or a flag: its RFC 8785 form is what is signed.

import type { Actor } from "../audit-entry.ts";
import type { SweepCounts, VaultCount } from "../compliance.ts";
import type { SignedHead } from "../head.ts";

/** Why secrets are rotated as often as they are (PCI DSS 4.0.1, 8.6.3 and 12.3.1). */
export interface PolicyClass {
	readonly rationale: string;
	readonly riskAnalysis: string;
	readonly maxDays: number;
}

export interface Exemption {
	readonly vault: string;
	/** Its name in the vault. */
	readonly secret: string;
	readonly owner: string;
	readonly reason: string;
	/** As the configuration has it, with its offset. */
	readonly until: string;
}

/** As much of a configuration as evidence is made of. */
export interface Declared {
	readonly policyClasses: Readonly<Record<string, PolicyClass>>;
	readonly exemptions: readonly Exemption[];
	readonly secrets: Readonly<Record<string, DeclaredSecret>>;
}

export interface DeclaredSecret {
	readonly vault: string;
	readonly name: string;
	readonly policyClass?: string | undefined;
	readonly rotateEveryDays: number;
	readonly expiryMarginDays: number;
}

/** One run that changed something, or tried to. Numbers are records of the signed log. */
export interface EvidenceRun {
	readonly rotationId: string;
	readonly secret: string;
	readonly kind: string;
	readonly policyClass?: string;
	readonly requestedAt: string;
	readonly by: Actor["kind"];
	/** Who asked: an operator's object id, or an event's id. */
	readonly who?: string;
	/** As the log has it: `forced: INC-4711`. */
	readonly reason?: string;
	readonly approvedBy?: string;
	readonly breakGlass?: true;
	/** When what it replaced was due. Absent where nobody could know, and for what replaces no value. */
	readonly due?: string;
	/** The last moment that its class, or its own expiry, allows. */
	readonly deadline?: string;
	/** When the new value was live. */
	readonly done?: string;
	readonly late: boolean;
	readonly version?: string;
	/** How it ended; absent while it is under way. */
	readonly endedAt?: string;
	readonly code?: string;
	readonly proof: readonly { readonly workload: string; readonly at: string; readonly record: number }[];
	readonly records: { readonly first: number; readonly last: number; readonly count: number };
	readonly configHash?: string;
}

/** One managed secret on that day. */
export interface EvidenceSecret {
	readonly secret: string;
	readonly vault: string;
	readonly name: string;
	readonly policyClass?: string;
	readonly rotateEveryDays: number;
	/** When a new value was last made live, by the log. */
	readonly last?: string;
	readonly lastRotation?: string;
	/** When it is due next, by the log; else as the sweep found it. */
	readonly next?: string;
	readonly state: string;
	readonly overdue: boolean;
	readonly lateRotations: number;
	/** When what was live before was last put an end to. */
	readonly retired?: string;
	readonly drift: readonly string[];
	readonly problem?: string;
	readonly exemptUntil?: string;
}

export interface EvidenceClass {
	readonly policyClass: string;
	readonly rationale: string;
	readonly riskAnalysis: string;
	readonly maxDays: number;
	readonly secrets: number;
	readonly overdue: number;
	readonly rotations: number;
	readonly late: number;
}

export interface Evidence {
	readonly head: {
		/** A whole UTC day, or the moment of asking while that day is not over. */
		readonly asOf: string;
		readonly period: { readonly from: string; readonly to: string };
		readonly scope: { readonly vaults: readonly string[]; readonly secrets: number };
		readonly tool: string;
		readonly version: string;
		readonly configHash?: string;
		/** The configuration of that day is not among those that were kept, or cannot be read by this version. */
		readonly configurationMissing?: true;
		readonly rows: number;
		readonly log: {
			readonly name: string;
			/** `whole`: from its first record to its last one of that day, each follows the one before. */
			readonly verdict: "whole" | "broken";
			readonly flaw?: string;
			readonly records: number;
			readonly last: { readonly seq: number; readonly hash: string };
			/** The first signed head that covers these records; else the last one before. Its signature is checked by the reader. */
			readonly signedHead?: SignedHead;
			/** Whether the log has, where that head says, the record that it names. */
			readonly headAgrees?: boolean;
		};
	};
	readonly classes: readonly EvidenceClass[];
	readonly population: {
		/** The last sweep's report of that time; absent where there is none. */
		readonly sweptAt?: string;
		readonly reportDigest?: string;
		/** Whether the log has that digest. Anyone who may write records could have changed a report that it does not have. */
		readonly onLog: boolean;
		readonly vaults: readonly VaultCount[];
		readonly unmanaged: readonly { readonly vault: string; readonly secret: string; readonly rotation: string }[];
	};
	readonly exemptions: readonly (Exemption & { readonly ended: boolean; readonly managed: boolean })[];
	readonly secrets: readonly EvidenceSecret[];
	readonly rotations: readonly EvidenceRun[];
	readonly breakGlass: readonly string[];
	readonly trend: readonly SweepCounts[];
}

/** As it is kept and handed out. */
export interface SignedEvidence {
	readonly evidence: Evidence;
	/** When it was first put together; a day that is over has the same bytes from then on. */
	readonly producedAt: string;
	/** The version of the key that signed, outside the signature, as in a signed head. Absent where no key is set. */
	readonly key?: string;
	/** RFC 7515, ES256, detached: the payload is the RFC 8785 form of `{evidence, producedAt}`. */
	readonly jws?: string;
}
