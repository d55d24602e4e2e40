// Finished rotations and compliance reports, kept beside the audit log: durable history is purged and replaced.

import type { Announced } from "../domain/announced.ts";
import type { Approval, ApprovalLine } from "../domain/approval.ts";
import type { LastBackup } from "../domain/backup.ts";
import type { ComplianceReport, SweepCounts, SweepId, Swept } from "../domain/compliance.ts";
import type { EndedRun } from "../domain/ended-run.ts";
import type { StoredFreeze } from "../domain/freeze.ts";
import type { Tried } from "../domain/gap.ts";
import type { Place } from "../domain/place.ts";
import type { RotationStatus } from "../domain/rotation.ts";

/** Throws Fault `records-unavailable`, `token-unavailable` (transient). */
export interface RecordStore {
	/** Idempotent: the same rotation again replaces its record. */
	saveRotation(status: RotationStatus): Promise<void>;
	rotation(rotationId: string): Promise<RotationStatus | undefined>;
	/** The secret's last finished rotation. Secrets are known by their ids here. */
	lastRotation(secret: string): Promise<RotationStatus | undefined>;
	/** The last finished one that was neither a dry run nor skipped. */
	lastRun(secret: string): Promise<RotationStatus | undefined>;
	/** The last one that got as far as the consumers: not one that was skipped, refused or compensated after it. */
	lastDelivery(secret: string): Promise<RotationStatus | undefined>;
	/** Runs that are over, the latest first; of each no more than a line. A page may be empty and have a next one. */
	endedRuns(asked: EndedRuns): Promise<{ readonly runs: readonly EndedRun[]; readonly next?: string }>;
	/** All runs of one secret that are over, the latest first; those that an earlier version of the app recorded are left out. */
	runsOf(secret: string): Promise<readonly EndedRun[]>;
	/** Keeps the text of a configuration. Idempotent. @param hash SHA-256 of it, hex */
	keepConfiguration(hash: string, text: string): Promise<void>;
	/** As it was kept; whether it has its hash, the reader has to look. */
	configurationOf(hash: string): Promise<string | undefined>;
	/** The last report that was saved at this time or before. */
	reportAt(time: Date): Promise<ComplianceReport | undefined>;
	/** How many of what there were in each sweep since, the oldest first; those of an earlier version of the app are left out. */
	reportCounts(since: Date): Promise<readonly SweepCounts[]>;
	/** A document of evidence that was signed for this digest, as its text. */
	evidence(digest: string): Promise<string | undefined>;
	/** @returns the one that is kept: the first of two */
	keepEvidence(digest: string, text: string): Promise<string>;
	saveReport(report: ComplianceReport): Promise<void>;
	lastReport(): Promise<ComplianceReport | undefined>;
	/** What a sweep has judged, a page at a time, from 0; the same page again replaces it, and so does the next sweep's. */
	saveSwept(sweep: SweepId, page: number, swept: Swept): Promise<void>;
	/**
	 * The sweep that stored a page last, with all that it has stored.
	 * @param known a sweep whose pages are not needed, by its id: of that one none is read
	 */
	lastSweep(known?: SweepId["id"]): Promise<{ readonly sweep: SweepId; readonly pages: readonly Swept[] } | undefined>;
	/**
	 * Marks that the switch of this secret is about to begin, or stays open.
	 * @param tried what the tries so far say; none for one that is under way
	 * @returns the mark: another one each time
	 */
	markSwitch(secret: string, tried?: Tried): Promise<string>;
	/** Takes the mark away, unless the secret was marked again since. */
	unmarkSwitch(secret: string, mark: string, tried?: Tried): Promise<void>;
	/** What the last mark says, taken away or not; `undefined` where there never was one. */
	lastSwitch(secret: string): Promise<LastSwitch | undefined>;
	/** An operator takes back what they have ordered; whether it is in time, the rotation itself finds out. Idempotent. */
	cancel(rotationId: string): Promise<void>;
	isCancelled(rotationId: string): Promise<boolean>;
	/** How far the audit log was read for notifications, and what they were; `undefined` before the first time. */
	announced(): Promise<Announced | undefined>;
	saveAnnounced(announced: Announced): Promise<void>;
	/** Idempotent: the same one again replaces it. */
	addApproval(approval: Approval): Promise<void>;
	/**
	 * Changes what is there, one after the other; the second is shown what the first has made of it.
	 * @param make `undefined`: nothing is to be changed
	 * @returns as it is now; `undefined` where there is none
	 */
	changeApproval(id: string, make: (found: Approval) => Approval | undefined): Promise<Approval | undefined>;
	/** By the id of the run that asked. Whether it counts, the audit log alone says (steps/approval.ts). */
	approval(id: string): Promise<Approval | undefined>;
	/** All of one secret, in any order. */
	approvalsOf(secret: string): Promise<readonly ApprovalLine[]>;
	/** The latest first. A page may be empty and have a next one. */
	approvals(wanted: ListedApprovals): Promise<{ readonly approvals: readonly ApprovalLine[]; readonly next?: string }>;
	/** Of a managed secret and of what is derived from it. It decides only whether another one is made: anyone who may write records could have written it. */
	backupsOf(secret: string): Promise<readonly LastBackup[]>;
	/** In the place of what was there. */
	saveBackups(secret: string, backups: readonly LastBackup[]): Promise<void>;
	/** Those of operators that are not known to be over. */
	freezes(): Promise<readonly StoredFreeze[]>;
	changeFreezes(make: (all: readonly StoredFreeze[]) => readonly StoredFreeze[]): Promise<void>;
	/**
	 * Changes who has a place in a namespace, one after the other; the second is shown what the first has made of it.
	 * @param make what it was given: nothing is written
	 */
	changePlaces(of: Namespace, make: (held: readonly Place[]) => readonly Place[]): Promise<void>;
	/** The switches that are under way, or were cut short. */
	openSwitches(): Promise<readonly OpenSwitch[]>;
}

export interface Namespace {
	/** The configuration's key. */
	readonly cluster: string;
	readonly namespace: string;
}

export interface EndedRuns {
	/** None that ended before. */
	readonly since?: Date;
	/** `next` of the page before. */
	readonly after?: string;
	/** So many at the most. */
	readonly most: number;
	/** Others are left out. */
	readonly passes?: (run: EndedRun) => boolean;
}

export interface ListedApprovals {
	/** None that was asked for before. */
	readonly since?: Date;
	/** `next` of the page before. */
	readonly after?: string;
	/** So many at the most. */
	readonly most: number;
	/** Others are left out. */
	readonly passes?: (line: ApprovalLine) => boolean;
}

export interface LastSwitch {
	/** Its mark is not taken away. */
	readonly isOpen: boolean;
	/** When it was marked last. */
	readonly since: Date;
	/** Absent where a try is under way, or died. It decides nothing: anyone who may write records could have written it. */
	readonly tried?: Tried;
}

/** Beside the id, `tried` decides nothing: anyone who may write records can have a secret looked at, and nothing else. */
export interface OpenSwitch extends Pick<LastSwitch, "since" | "tried"> {
	readonly secret: string;
	readonly mark: string;
}
