// Is a secret as the last rotation left it? Asked only while nothing runs for it; steps/drift.ts gathers the facts.
// DR1. The first cause that applies is reported, not all that follow from it: a database restored from a backup is not
//      "changed by hand" besides. What is wrong around it (derived secrets, pods) is reported too, where it can be judged.
// DR2. A rotation that was cut short is not drift: the next trigger goes on with it. Otherwise: an operator is asked to
//      repair what repairs itself, and both do it.
// DR3. A secret that was never rotated is as somebody made it: no drift as long as the database accepts it.
// All kept by: drift.test.ts.

import { Fault, type FaultCode } from "./fault.ts";
import type { VersionId } from "./secret-version.ts";
import { isCutShort, liveLogsIn, type Standing } from "./standing.ts";

export type DriftCode = Extract<
	FaultCode,
	| "live-deleted"
	| "live-disabled"
	| "live-changed-by-hand"
	| "live-replaced-by-hand"
	| "database-restored"
	| "database-changed-by-hand"
	| "pending-deleted"
	| "pending-disabled"
	| "derived-changed-by-hand"
	| "pod-on-old-version"
>;

/** Names, versions and comparisons: the values they come from stay in the activity. */
export interface DriftFacts {
	readonly vault: string;
	readonly secret: string;
	/** Absent, as the role, where only consumers know the value: then no state of the database is found. */
	readonly server?: string;
	readonly role?: string;
	readonly live:
		| { readonly state: "absent" | "deleted" | "disabled" }
		| {
				readonly state: "present";
				readonly version: VersionId;
				/** Who made this version; `first`: somebody, before any rotation. */
				readonly origin: "rotation" | "first" | "hand";
		  };
	readonly standing: Standing;
	/** The pending secret's name. */
	readonly pendingName: string;
	/** Those that do not have what the live secret makes of them. */
	readonly derived: readonly { readonly secret: string; readonly state: keyof typeof derivedStates }[];
	/** Pods that do not use the live version, and why. */
	readonly pods: readonly { readonly workload: string; readonly pod: string; readonly detail: string }[];
}

const derivedStates = {
	differs: "has another value than the live secret makes",
	disabled: "is disabled",
	deleted: "was deleted, recoverably",
	absent: "is missing, or is being deleted at this moment",
} as const;

export type Finding = Fault<DriftCode>;
type Cause = (facts: DriftFacts) => Finding | "none" | undefined;

const goesOn: Cause = ({ standing }) => (isCutShort(standing) ? "none" : undefined);

const liveDeleted: Cause = ({ live, vault, secret }) =>
	live.state === "deleted" ? new Fault("live-deleted", { vault, secret }) : undefined;

const liveDisabled: Cause = ({ live, vault, secret }) =>
	live.state === "disabled" ? new Fault("live-disabled", { vault, secret }) : undefined;

const pendingDeleted: Cause = ({ standing, vault, pendingName }) =>
	standing.state === "pending-deleted" ? new Fault("pending-deleted", { vault, secret: pendingName }) : undefined;

const pendingDisabled: Cause = ({ standing, vault, server = "", role = "", pendingName }) =>
	standing.state === "pending-disabled"
		? new Fault("pending-disabled", { vault, secret: pendingName, server, role, version: standing.versions[0] ?? "" })
		: undefined;

const liveByHand: Cause = ({ live, standing, vault, secret }) => {
	if (live.state !== "present" || live.origin === "rotation") return undefined;
	const names = { vault, secret, version: live.version };
	if (live.origin === "hand")
		return new Fault(liveLogsIn(standing) ? "live-replaced-by-hand" : "live-changed-by-hand", names);
	return standing.state === "database-restored" ? new Fault("live-changed-by-hand", names) : undefined;
};

const databaseRestored: Cause = ({ standing, server = "", role = "" }) =>
	standing.state === "database-restored"
		? new Fault("database-restored", { server, role, version: standing.version })
		: undefined;

const databaseChanged: Cause = ({ standing, server = "", role = "" }) =>
	standing.state === "nobody-knows" ? new Fault("database-changed-by-hand", { server, role }) : undefined;

const causes: readonly Cause[] = [
	goesOn,
	liveDeleted,
	liveDisabled,
	pendingDeleted,
	pendingDisabled,
	liveByHand,
	databaseRestored,
	databaseChanged,
];

/** @returns what is not as it should be, the cause first; nothing for a secret that is in order */
export function driftIn(facts: DriftFacts): readonly Finding[] {
	const cause = causes.map((check) => check(facts)).find((found) => found !== undefined);
	if (cause === "none") return [];
	const { vault, secret } = facts;
	return [
		...(cause ? [cause] : []),
		...facts.derived.map(
			(one) =>
				new Fault("derived-changed-by-hand", { vault, secret, derived: one.secret, detail: derivedStates[one.state] }),
		),
		...byWorkload(facts.pods),
	];
}

/** One finding a workload, however many pods it has. */
function byWorkload(pods: DriftFacts["pods"]): Finding[] {
	return [...new Set(pods.map(({ workload }) => workload))].map((workload) => {
		const [first, ...others] = pods.filter((pod) => pod.workload === workload);
		const more = others.length > 0 ? ` (and ${others.length} more)` : "";
		return new Fault("pod-on-old-version", { workload, pods: `${first?.pod}${more}`, detail: first?.detail ?? "" });
	});
}

/** A rotation would put an end to it without asking: what a person may have meant is left for a person. */
export const needsPerson = (findings: readonly { readonly code: FaultCode }[]): boolean =>
	findings.some(({ code }) => code !== "pod-on-old-version");
