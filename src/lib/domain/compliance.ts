// What the sweep found, as `GET /api/compliance` serves it.

import type { Held } from "./calendar.ts";
import type { Problem } from "./fault.ts";
import type { Health } from "./health.ts";

/** Which sweep: the invocation that began it, and when that was (ISO 8601). */
export interface SweepId {
	readonly id: string;
	readonly startedAt: string;
}

export interface ComplianceReport extends Swept {
	readonly at: string;
	/** Absent in reports of earlier versions. */
	readonly sweep?: SweepId;
}

/** What a sweep found, all of it or a page. */
export interface Swept {
	readonly secrets: readonly ComplianceEntry[];
	/** Tagged `rotation` in a configured vault, but without an entry in the configuration. */
	readonly unmanaged: readonly { readonly vault: string; readonly secret: string; readonly rotation: string }[];
	/** Vaults or configuration that could not be looked at. */
	readonly problems: readonly Problem[];
}

export const dateStates = ["compliant", "due", "expired", "unreadable"] as const;
/** By its dates alone. */
export type DateState = (typeof dateStates)[number];

export interface ComplianceEntry {
	/** The managed secret's id. */
	readonly secret: string;
	readonly state: DateState;
	/** How it fares; absent in reports of earlier versions. */
	readonly health?: Health;
	readonly version?: string;
	readonly expires?: string;
	/** Days until it is due; negative when overdue. */
	readonly dueInDays?: number;
	/**
	 * What the sweep did about it; `delivering`: the live version goes again to consumers that did not get it; `held-back`: it
	 * is due, but a rotation would put an end to drift that a person may have meant; `retiring`: what was live before is to open
	 * nothing any more; `waiting`: it is due, and `waits` says for what.
	 */
	readonly action: "waiting" | "none" | "started" | "delivering" | "already-running" | "held-back" | "retiring";
	readonly waits?: Held;
	readonly rotationId?: string;
	readonly problem?: Problem;
	/** What was live before is due to be retired, and this keeps it: sessions, most often, and whose they are. */
	readonly unretired?: Problem;
	/** What is not as the last rotation left it, the cause first; absent where nothing is, or where it could not be judged. */
	readonly drift?: readonly Problem[];
}
