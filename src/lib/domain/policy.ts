// Rotate now? The first check that speaks decides: the order is the policy.
// PO1. A pending secret that the database has precedes every refusal. Otherwise: the database has the pending
//      password while the old one is live, and a refusal leaves it so. Kept by: policy.test.ts.
// PO3. A rotation continues only with a pending password that is in force already, and not even with that one when a person
//      forces it. Otherwise: anyone who may write the pending secret chooses the password, and one that leaked cannot be got
//      rid of. Kept by: policy.test.ts, planted.test.ts.
// PO2. A refusal comes before anything is changed, and names a fault that says what to do.

import type { Held } from "./calendar.ts";
import type { Fault, FaultCode } from "./fault.ts";
import type { VersionId } from "./secret-version.ts";
import { type Spread, spreadOut } from "./spread.ts";
import { type CutShort, isCutShort, type Standing } from "./standing.ts";

/** What the policy is judged on; gathered by steps/plan.ts. */
export interface Facts {
	readonly now: Date;
	/**
	 * `rollsBack`: an earlier value is to be live again. `compromised`: anyone who has the live value must not be believed any
	 * longer, and nobody is locked out by that. `force` is true with either.
	 */
	readonly trigger: {
		readonly seenVersion?: string;
		readonly force: boolean;
		readonly rollsBack?: true;
		readonly compromised?: true;
	};
	readonly live: LiveFacts;
	readonly standing: Standing;
	/** What stands in the way, in the order it was looked for: database, vault, consumers. */
	readonly obstacles: readonly Fault[];
	readonly rotateEveryDays: number;
	readonly expiryMarginDays: number;
	readonly spread: Spread;
	/** What an order that no person gave waits for. */
	readonly held?: Held;
}

export type LiveFacts =
	| { readonly state: "absent" | "disabled" | "unusable"; readonly fault: Fault }
	| {
			readonly state: "present";
			readonly version: VersionId;
			readonly created: Date;
			readonly expires?: Date;
	  };

export type Decision =
	/** A rotation was cut short: go on with its credential. */
	| { readonly act: "resume"; readonly code: "pending-found" | "pending-published"; readonly standing: CutShort }
	| { readonly act: "skip"; readonly code: "superseded" | "not-due" | Held["code"] }
	| { readonly act: "refuse"; readonly code: FaultCode; readonly fault: Fault }
	| { readonly act: "rotate"; readonly code: "forced" | "rolled-back" | "expired" | "near-expiry" | "overdue" };

type Check = (facts: Facts) => Decision | undefined;

/** A person's order makes a new password where one can be made: it may be this one that leaked. */
const forcedAnew: Check = ({ trigger, live, standing, obstacles }) =>
	trigger.force && hasSource(standing) && live.state === "present" && obstacles.length === 0
		? ordered(trigger)
		: undefined;

const ordered = ({ rollsBack }: Facts["trigger"]): Decision => ({
	act: "rotate",
	code: rollsBack ? "rolled-back" : "forced",
});

const hasSource = (standing: Standing): boolean => "source" in standing && standing.source !== undefined;

/** Not where that one accepts what must not be accepted any longer. */
const pendingPublished: Check = ({ standing, trigger }) =>
	standing.state === "published" && !trigger.compromised
		? { act: "resume", code: "pending-published", standing }
		: undefined;

const pendingAccepted: Check = ({ standing, trigger }) =>
	standing.state === "accepted" && !trigger.compromised
		? { act: "resume", code: "pending-found", standing }
		: undefined;

/** Only going on brings vault and database together, or the derived secrets to the live one. */
const pendingInForce: Check = ({ standing }) =>
	standing.state === "in-database" || standing.state === "taken-back"
		? { act: "resume", code: "pending-found", standing }
		: undefined;

const superseded: Check = ({ live, standing, trigger }) =>
	!isCutShort(standing) &&
	live.state === "present" &&
	trigger.seenVersion !== undefined &&
	trigger.seenVersion !== live.version
		? { act: "skip", code: "superseded" }
		: undefined;

const unreadable: Check = ({ live }) =>
	live.state === "present" ? undefined : { act: "refuse", code: live.fault.code, fault: live.fault };

const notDue: Check = (facts) =>
	!facts.trigger.force && !isCutShort(facts.standing) && dueState(facts) === "compliant"
		? { act: "skip", code: "not-due" }
		: undefined;

const heldBack: Check = ({ held, standing, trigger }) =>
	held && !trigger.force && !isCutShort(standing) ? { act: "skip", code: held.code } : undefined;

const obstructed: Check = ({ obstacles: [fault] }) => fault && { act: "refuse", code: fault.code, fault };

/** Nobody has its password, and somebody waits for its rotation: it is done, with a new one. */
const pendingNowhere: Check = ({ standing }) =>
	standing.state === "stored" ? { act: "resume", code: "pending-found", standing } : undefined;

const forced: Check = ({ trigger }) => (trigger.force ? ordered(trigger) : undefined);

const due: Check = (facts) => {
	if (facts.live.state !== "present") return undefined;
	if (dueState(facts) === "expired") return { act: "rotate", code: "expired" };
	return { act: "rotate", code: facts.live.expires ? "near-expiry" : "overdue" };
};

const checks: readonly Check[] = [
	forcedAnew,
	pendingPublished,
	pendingAccepted,
	pendingInForce,
	superseded,
	unreadable,
	notDue,
	heldBack,
	obstructed,
	pendingNowhere,
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
 * When a version is due: its margin before it expires, or, where it never expires, its period after it was created;
 * where it is spread, on a day of its own before that.
 * @param facts `rotateEveryDays`, `expiryMarginDays` as configured
 */
export function dueOf(facts: {
	readonly now: Date;
	readonly created: Date;
	readonly expires?: Date;
	readonly rotateEveryDays: number;
	readonly expiryMarginDays: number;
	readonly spread: Spread;
}): { state: "compliant" | "due" | "expired"; dueAt: Date } {
	const { now, created, expires, rotateEveryDays, expiryMarginDays, spread } = facts;
	const last = expires ? expires.getTime() - expiryMarginDays * day : created.getTime() + rotateEveryDays * day;
	const dueAt = new Date(spreadOut(last, rotateEveryDays, spread));
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
