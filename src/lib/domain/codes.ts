// Every code that a status, a record, the audit log or an HTTP problem can carry: what it means and, where a person has to act,
// what is next. Faults have theirs in faults/, with a sentence that names the thing at fault.
// CC1. A code that is not here, or no fault's, does not compile. Otherwise: an operator meets a word that is explained nowhere.

import type { FaultCode } from "./fault.ts";

export type Meanings = Readonly<Record<string, readonly [means: string, next?: string]>>;

/** How a rotation, a delivery, a reconciliation or a rollback ended. */
export const outcomes = {
	completed: [
		"Every consumer has proved the live version. A consumer that `awaits` its next run reads the version then.",
	],
	skipped: ["There was nothing to do, and nothing was changed: `code` says why."],
	planned: ["A dry run: nothing was changed. The plan says what a real run would do.", "Start it without `dryRun`."],
	refused: [
		"Something would have stopped it half-way: nothing was changed.",
		"Correct what `problem` names; the sweep tries again.",
	],
	cancelled: [
		"An operator took the order back in time: nothing was changed.",
		"Nothing. What is due is started again by the next trigger or sweep.",
	],
	compensated: [
		"Publishing was impossible: the old password is in force, as a login has proved.",
		"Correct what `problem` names, then start it again.",
	],
	"published-not-delivered": [
		"The new password is live in database and vault, and some workload does not have it.",
		"Correct what `problem` names, then `rotator deliver NAME`.",
	],
	interrupted: [
		"It gave up for now, and vault and database may disagree; the pending secret marks the place.",
		"Correct what `problem` names; the next trigger or sweep goes on. Do not delete the pending secret.",
	],
} as const satisfies Meanings;

/** Why: beside the outcome, where that is no fault's code, and as the outcome of step `plan`. */
export const reasons = {
	"near-expiry": ["The live version is about to expire: it is rotated."],
	expired: ["The live version has expired: it is rotated."],
	overdue: ["The live version never expires, and is older than its period: it is rotated."],
	forced: ["An operator ordered a new password, whether one is due or not."],
	"pending-found": ["A rotation was cut short, and this one goes on with its pending password."],
	"pending-published": ["A rotation was cut short after it had published, and this one goes on from there."],
	"not-due": ["The live version is not due.", "To rotate it all the same: `force`, with a reason."],
	"people-only": [
		"It is due, and only people start its rotations (`automatic: false`).",
		"Start it when it suits: rotator rotate NAME.",
	],
	frozen: [
		"It is due, and a freeze is on: it is started once that is over.",
		"To rotate it all the same: `force`, with a reason.",
	],
	"window-closed": ["It is due, and its window is closed: it is started when that opens."],
	"awaiting-approval": [
		"It needs an approval, and waits until another person approves its plan.",
		"GET /api/approvals/{id}, with the order's id; to go without: `breakGlass`, with its role and a reason.",
	],
	superseded: ["The trigger is late: the version that it is about is no longer the live one."],
	"rolled-back": ["An operator ordered an earlier version's value to be live again: it becomes a new version."],
	deliver: ["The live version is to be delivered again, without a new password."],
	delivered: ["The live version was delivered again."],
	"no-drift": ["Vault, database and consumers agree: there is nothing to reconcile."],
	"database-from-vault": ["A reconciliation: the database is to get the password that is live in the vault."],
	"new-password": ["A reconciliation: a new password is to be made, set and published."],
	retired: ["What was live before opens nothing any more: its role has a password that nobody knows."],
	"not-to-retire": [
		"Nothing is to be retired now: the live version is too new, or another one by now, or a rotation comes first.",
	],
	"gave-way": ["It was waiting, and something else was asked for: the next sweep starts it again."],
	reconciled: ["Vault, database and consumers agree again."],
	"ended-early": [
		"It is over without a record: it was ended from outside, or a deployment changed it while it ran.",
		"Nothing: the next trigger or sweep goes on with it.",
	],
} as const satisfies Meanings;

/** What a reconciliation would change, or has changed. */
export const changes = {
	"recover-live": ["The deleted live secret is recovered."],
	"enable-live": ["The newest version of the live secret is enabled."],
	"recover-pending": ["The deleted pending secret is recovered."],
	"enable-pending": ["A disabled version of the pending secret is enabled: the database may have its password."],
	"recover-derived": ["A deleted derived secret is recovered."],
	"adopt-live": ["A version that was made by hand gets this reconciliation's tag."],
	"set-password": ["The database gets the live secret's password."],
	"new-password": ["A new password is made, set, proved and published."],
	"render-derived": ["A derived secret is rewritten from the live one."],
	"retire-pending": ["The pending secret is disabled."],
	deliver: ["The live version is delivered to a workload."],
} as const satisfies Meanings;

/** How a step of a rotation ended, as the audit log records it. */
export const steps = {
	"pending-stored": ["The new password is stored as the pending secret; the database does not know it yet."],
	"password-set": ["The database has the new password."],
	"already-set": ["The database had the new password already, from an earlier run."],
	"set-again": ["The database has the old password again."],
	"login-accepted": ["A login has proved the new password."],
	published: ["The new password is live in the vault."],
	"already-published": ["The new password was live already, from an earlier run."],
	delivering: ["A delivery begins."],
	"copy-written": ["The new values were written to what new pods get."],
	"copy-kept": ["What new pods get had the new values already, so nothing was written."],
	"sync-asked": ["The operator that copies the secret into the cluster was asked to read the vault again."],
	"review-asked": ["The new values are on a branch of the app's own, which people are asked to merge."],
	"copy-follows": ["What new pods get becomes new by itself: there is nothing to write or to ask for."],
	"copy-current": ["What new pods get is the new version, as was seen twice."],
	rolled: ["The workload's pod template was changed, so that its pods are replaced."],
	"rolls-by-itself": [
		"The pod template refers to another Secret with each version, so that applying it rolls the workload: nothing was written.",
	],
	"rolled-before": ["An earlier roll brought these very versions: its pods are asked, and no other ones are made."],
	"not-rolled": ["Nothing is rolled: its pods get the new version by themselves, and each is asked for it."],
	"rolled-together": [
		"Another secret's roll, made when this one's copy was new, brings this version too: nothing more is rolled.",
	],
	"next-run": ["No run is under way that could prove the new version: the next one reads it when it starts."],
	"not-yet": ["Some pod has not proved the new version yet: it is looked at again."],
	"started-early": ["Some pod started before its copy was new: the workload is rolled once more."],
	proved: ["Every pod has proved the new version, and a login the live password."],
	restored: ["What was deleted or disabled is back."],
	adopted: ["A version that was made by hand counts as a rotation's from now on."],
	"backed-up": ["The vault's own backup of the secret, and of what is derived from it, is stored."],
	ended: ["It is over and recorded."],
	done: ["It was done."],
	"not-begun": ["A step before it failed, so it was not begun."],
	recovered: ["The run that began it did not live to record its end; a later one has done it."],
	unknown: [
		"The run that began it did not live to record its end, and the log does not show that it was done later.",
		"Nothing, if the secret's last rotation completed; else see how that one ended.",
	],
} as const satisfies Meanings;

/** What asked for something, or was done beside a rotation, as the audit log records it. */
export const triggers = {
	"rotate-requested": ["A rotation was asked for."],
	"deliver-requested": ["A delivery was asked for."],
	"reconcile-requested": ["A reconciliation was asked for."],
	"retire-requested": ["What was live before is to be retired."],
	"rollback-requested": ["A rollback was asked for."],
	"cancel-requested": ["A rotation or a rollback is to be cancelled, if it has changed nothing yet."],
	"approval-requested": [
		"An order waits for an approval: `digest` is that of what is shown to the person who decides.",
	],
	approved: ["An order was approved: `digest` is that of what was shown."],
	"approval-rejected": ["An order was rejected."],
	"break-glass": [
		"An order goes on without the approval that it needs.",
		"Talk to who ordered it, and look at what it changed.",
	],
	"freeze-started": ["An operator lets no rotation start by itself for a time."],
	"freeze-ended": ["An operator has ended a freeze."],
	"event-received": ["An event arrived that asks for a rotation."],
	redelivered: ["The same event or order arrived once more: what is done is not done again."],
	"already-running": ["Something runs for this secret already, so nothing was started."],
	"event-malformed": [
		"An event lacks what a Key Vault event has: it was ignored.",
		"Ask who may send events to the app.",
	],
	"event-foreign": [
		"An event is about a secret without an entry: it was ignored.",
		"Add the secret, or narrow the subscription.",
	],
	"event-pending": ["An event is about a pending secret, which is the rotator's own: it was ignored."],
	"event-kind": ["An event is of a kind that rotates nothing: it was ignored."],
	"configuration-taken": ["A configuration is in force from now on: `configHash` is its SHA-256."],
	swept: ["The sweep has looked at every secret; its report is `rotator compliance`."],
	notified: ["A channel took a notification."],
	"audit-read": ["Somebody has read the audit log."],
} as const satisfies Meanings;

export type Outcome = keyof typeof outcomes;
export type Reason = keyof typeof reasons;
export type ChangeCode = keyof typeof changes;
export type Code = FaultCode | Reason | keyof typeof steps | keyof typeof triggers;
