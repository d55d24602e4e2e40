// What the sweep found, as `GET /api/compliance` serves it.

import type { BackupEntry } from "./backup.ts";
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
	/** What each vault held when it was listed; absent in reports of earlier versions. */
	readonly vaults?: readonly VaultCount[];
	/** Vaults or configuration that could not be looked at. */
	readonly problems: readonly Problem[];
}

/** How many secrets a vault has, by what the configuration knows of them; those of its certificates are left out. */
export interface VaultCount {
	readonly vault: string;
	/** When it was listed, ISO 8601. */
	readonly at: string;
	readonly listed: number;
	/** Entries of the configuration, and what is derived from them. */
	readonly managed: number;
	/** Pending secrets: the rotator's own. */
	readonly pending: number;
	/** Tagged `rotation`, without an entry: each is in `unmanaged`. */
	readonly unmanaged: number;
	/** Neither tagged nor in the configuration. */
	readonly others: number;
}

/** What a sweep found, in numbers. */
export interface SweepCounts {
	readonly at: string;
	readonly compliant: number;
	readonly due: number;
	readonly expired: number;
	readonly unreadable: number;
	/** Later than they were due. */
	readonly overdue: number;
	readonly drift: number;
	readonly unmanaged: number;
}

export function countsOf({ at, secrets, unmanaged }: ComplianceReport): SweepCounts {
	const count = (passes: (entry: ComplianceEntry) => boolean) => secrets.filter(passes).length;
	const of = (state: DateState) => count((entry) => entry.state === state);
	return {
		at,
		compliant: of("compliant"),
		due: of("due"),
		expired: of("expired"),
		unreadable: of("unreadable"),
		overdue: count(isOverdue),
		drift: count(({ drift = [] }) => drift.length > 0),
		unmanaged: unmanaged.length,
	};
}

/** A whole day or more: the sweep that finds it due on the day itself starts it. */
export const isOverdue = ({ dueInDays }: ComplianceEntry): boolean => (dueInDays ?? 0) < 0;

export const dateStates = ["compliant", "due", "expired", "unreadable"] as const;
/** By its dates alone. */
export type DateState = (typeof dateStates)[number];

export interface ComplianceEntry {
	/** The managed secret's id. */
	readonly secret: string;
	readonly state: DateState;
	/** Its health; absent in reports of earlier versions. */
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
	/** How its backups are; absent where the configuration wants none. */
	readonly backup?: BackupEntry;
	/** What is not as the last rotation left it, the cause first; absent where nothing is, or where it could not be judged. */
	readonly drift?: readonly Problem[];
}

/** @returns `undefined` where none are wanted */
export function backupsIn(
	secrets: readonly ComplianceEntry[],
): { readonly current: number; readonly lacking: readonly string[] } | undefined {
	const wanted = secrets.filter(({ backup }) => backup !== undefined);
	if (wanted.length === 0) return undefined;
	const lacking = wanted.filter(({ backup }) => backup?.state !== "current").map(({ secret }) => secret);
	return { current: wanted.length - lacking.length, lacking };
}
