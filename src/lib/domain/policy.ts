// Rotate now? The first check that speaks decides: the order is the policy.
// P1. A pending secret that the database may have precedes every refusal. Otherwise: the database has the pending
//     password while the old one is live, and a refusal leaves it so. Kept by: policy.test.ts.
// P2. A refusal comes before anything is changed, and names a fault that says what to do.

import type { VersionId } from "../ports/secret-store.ts";
import type { Fault, FaultCode } from "./fault.ts";

/** What the policy is judged on; gathered by activities/plan.ts. */
export interface Facts {
	readonly now: Date;
	readonly trigger: { readonly seenVersion?: string; readonly force: boolean };
	readonly live: LiveFacts;
	/** The pending secret, where it is readable and enabled. */
	readonly pending?: PendingFacts;
	/** What stands in the way, in the order it was looked for: database, vault, consumers. */
	readonly obstacles: readonly Fault[];
	readonly rotateEveryDays: number;
	readonly expiryMarginDays: number;
}

export type LiveFacts =
	| { readonly state: "absent" | "disabled" | "empty"; readonly fault: Fault }
	| {
			readonly state: "present";
			readonly version: VersionId;
			readonly created: Date;
			readonly expires?: Date;
			/** Tag `rotation-id`: which rotation made it, if one did. */
			readonly credentialId?: string;
			/** Tag `taken-back`: which rotation's publishing it has put an end to. */
			readonly takenBack?: string;
	  };

export interface PendingFacts {
	readonly version: VersionId;
	/** The rotation that generated it. */
	readonly credentialId: string;
	/** The version that was live then. */
	readonly baseVersion: VersionId;
	/** Looked up only where versions do not tell: does the database have it already, in place of the live one? */
	readonly inDatabase: boolean;
}

export type Decision =
	/** A rotation was cut short: go on with its credential. */
	| { readonly act: "resume"; readonly code: "pending-found" | "pending-published"; readonly pending: PendingFacts }
	| { readonly act: "skip"; readonly code: "superseded" | "not-due" }
	| { readonly act: "refuse"; readonly code: FaultCode; readonly fault: Fault }
	| { readonly act: "rotate"; readonly code: "forced" | "expired" | "near-expiry" | "overdue" };

type Check = (facts: Facts) => Decision | undefined;

const pendingPublished: Check = ({ live, pending }) =>
	pending && live.state === "present" && live.credentialId === pending.credentialId
		? { act: "resume", code: "pending-published", pending }
		: undefined;

/**
 * Its base is still live, was made live again on its way back, or the database has it: only going on brings vault and
 * database together.
 */
const pendingFound: Check = ({ live, pending }) =>
	pending &&
	(pending.inDatabase ||
		(live.state === "present" && (live.version === pending.baseVersion || live.takenBack === pending.credentialId)))
		? { act: "resume", code: "pending-found", pending }
		: undefined;

const superseded: Check = ({ live, trigger }) =>
	live.state === "present" && trigger.seenVersion !== undefined && trigger.seenVersion !== live.version
		? { act: "skip", code: "superseded" }
		: undefined;

const unreadable: Check = ({ live }) =>
	live.state === "present" ? undefined : { act: "refuse", code: live.fault.code, fault: live.fault };

const notDue: Check = (facts) =>
	!facts.trigger.force && dueState(facts) === "compliant" ? { act: "skip", code: "not-due" } : undefined;

const obstructed: Check = ({ obstacles: [fault] }) => fault && { act: "refuse", code: fault.code, fault };

const forced: Check = ({ trigger }) => (trigger.force ? { act: "rotate", code: "forced" } : undefined);

const due: Check = (facts) => {
	if (facts.live.state !== "present") return undefined;
	if (dueState(facts) === "expired") return { act: "rotate", code: "expired" };
	return { act: "rotate", code: facts.live.expires ? "near-expiry" : "overdue" };
};

const checks: readonly Check[] = [
	pendingPublished,
	pendingFound,
	superseded,
	unreadable,
	notDue,
	obstructed,
	forced,
	due,
];

/** @returns the first check's decision; one always speaks, because `unreadable` and `due` cover every live state */
export function decide(facts: Facts): Decision {
	for (const check of checks) {
		const decision = check(facts);
		if (decision) return decision;
	}
	throw new Error("no check of the rotation policy decided");
}

const dueState = ({ live, ...facts }: Facts) => (live.state === "present" ? dueOf({ ...facts, ...live }).state : "due");

const day = 86_400_000;

/**
 * When a version is due: its margin before it expires, or, where it never expires, its period after it was created.
 * @param facts `rotateEveryDays`, `expiryMarginDays` as configured
 */
export function dueOf(facts: {
	readonly now: Date;
	readonly created: Date;
	readonly expires?: Date;
	readonly rotateEveryDays: number;
	readonly expiryMarginDays: number;
}): { state: "compliant" | "due" | "expired"; dueAt: Date } {
	const { now, created, expires, rotateEveryDays, expiryMarginDays } = facts;
	const dueAt = expires
		? new Date(expires.getTime() - expiryMarginDays * day)
		: new Date(created.getTime() + rotateEveryDays * day);
	if (expires && now >= expires) return { state: "expired", dueAt };
	return { state: now >= dueAt ? "due" : "compliant", dueAt };
}

/**
 * When a version made now expires: a period and a margin later, so that the next near-expiry event comes when it is due.
 * At most 2038-01-19, where the vault's SDK overflows.
 */
export function expiryOf(now: Date, rotateEveryDays: number, expiryMarginDays: number): Date {
	const seconds = Math.floor(now.getTime() / 1000) + (rotateEveryDays + expiryMarginDays) * 86_400;
	return new Date(Math.min(seconds, 2_147_483_647) * 1000);
}
