// What a reconciliation would do about drift, once an operator has said which side is right. Pure: facts in, plan out.
// RI1. The plan names every change beforehand, in a code and a sentence, and nothing else is changed. Otherwise: a dry run is
//      no promise. Kept by: reconciliation.test.ts, reconcile.test.ts.
// RI2. What cannot be read is brought back first, and judged only then: a deleted secret shows nothing of its password.

import type { ChangeCode } from "./codes.ts";
import type { DriftFacts, Finding } from "./drift.ts";
import { Fault } from "./fault.ts";
import type { VersionId } from "./secret-version.ts";
import { isCutShort, liveLogsIn } from "./standing.ts";

/** Which side is right: the vault's live secret, or neither. */
export type Direction = "database-from-vault" | "new-password";

/** Done first, each by itself, so that vault and database can be read. */
export type Restoration =
	| { readonly code: "recover-live" | "enable-live" | "recover-pending" }
	| { readonly code: "recover-derived"; readonly derived: string }
	/** It may have what the database has: nobody can read it until then. */
	| { readonly code: "enable-pending"; readonly version: VersionId };

/** One change as the plan shows it to a person. */
export interface Change {
	readonly code: ChangeCode;
	readonly what: string;
}

export interface ReconciliationFacts {
	readonly direction: Direction;
	readonly drift: DriftFacts;
	readonly findings: readonly Finding[];
	/** Tag `rotation-id` of the live version. */
	readonly liveCredential?: string;
	/** The enabled pending secret's. */
	readonly pending?: { readonly credentialId: string; readonly baseVersion: VersionId };
	/** `none`: only consumers know the value. */
	readonly login: "self" | "admin" | "none";
	/** For reconciliations only: a role that may set the password where the role itself cannot get in. */
	readonly recoveryRole?: string;
	/** Whose password a new value has; absent where only consumers know the value. */
	readonly nextRole?: string;
	readonly derived: readonly string[];
	/** `Deployment titanic-api/titanic-api` */
	readonly workloads: readonly string[];
	/** It has begun to change things: so it goes on to the end, whatever is in order by now. */
	readonly begun: boolean;
}

export type ReconciliationDecision =
	| { readonly act: "refuse"; readonly fault: Fault }
	| { readonly act: "skip"; readonly code: "no-drift" }
	| {
			/** `adopt`: the live version as it is; `rotate`: a new password, never the pending one, which may have leaked. */
			readonly act: "adopt" | "rotate";
			readonly restore: readonly Restoration[];
			readonly changes: readonly Change[];
	  };

export function planReconciliation(facts: ReconciliationFacts): ReconciliationDecision {
	const { direction, drift, findings, begun } = facts;
	const { live, vault, secret } = drift;
	if (live.state === "absent") return { act: "refuse", fault: new Fault("secret-missing", { vault, secret }) };
	const goesOn = facts.pending !== undefined && isCutShort(drift.standing);
	const restore = restorations(facts);
	const isInOrder = findings.length === 0 && !goesOn && restore.length === 0;
	if (isInOrder && !begun && direction === "database-from-vault") return { act: "skip", code: "no-drift" };
	const { server = "", role = "" } = drift;
	if (isShutOut(drift) && !hasWayIn(facts, restore))
		return { act: "refuse", fault: new Fault("no-way-in", { server, role }) };
	const act = direction === "database-from-vault" ? "adopt" : "rotate";
	return { act, restore, changes: changesOf(facts, act, restore) };
}

/** The database accepts nothing that can be read. */
const isShutOut = ({ standing: { state } }: DriftFacts): boolean =>
	state === "nobody-knows" || state === "pending-deleted" || state === "pending-disabled";

const isOfPending = ({ code }: Restoration): boolean => code === "recover-pending" || code === "enable-pending";

const hasWayIn = ({ login, recoveryRole }: ReconciliationFacts, restore: readonly Restoration[]): boolean =>
	login === "admin" || recoveryRole !== undefined || restore.some(isOfPending);

function restorations({ drift, findings, login, recoveryRole }: ReconciliationFacts): Restoration[] {
	const { live, derived, standing } = drift;
	const needsPending = login === "self" && recoveryRole === undefined;
	const disabled = needsPending && standing.state === "pending-disabled" ? standing.versions : [];
	const deleted = derived.filter(({ state }) => state === "deleted");
	return [
		...(live.state === "deleted" ? [{ code: "recover-live" } as const] : []),
		...(live.state === "disabled" ? [{ code: "enable-live" } as const] : []),
		...(findings.some(({ code }) => code === "pending-deleted") ? [{ code: "recover-pending" } as const] : []),
		...disabled.map((version) => ({ code: "enable-pending", version }) as const),
		...deleted.map((one) => ({ code: "recover-derived", derived: one.secret }) as const),
	];
}

function changesOf(facts: ReconciliationFacts, act: "adopt" | "rotate", restore: readonly Restoration[]): Change[] {
	const { drift, derived, workloads, liveCredential } = facts;
	const { vault, secret, server, role, live, pendingName, standing } = drift;
	const isKnown = liveLogsIn(standing);
	const restored: Record<Restoration["code"], (which: string) => string> = {
		"recover-live": () => `Recover the deleted secret ${secret} in vault ${vault}, and judge again what is to be done.`,
		"enable-live": () => `Enable the newest version of secret ${secret} in vault ${vault}, and judge again.`,
		"recover-pending": () => `Recover the deleted secret ${pendingName} in vault ${vault}.`,
		"enable-pending": (version) =>
			`Enable pending version ${version} of ${pendingName} in vault ${vault}, which the database may have, and judge again.`,
		"recover-derived": (name) => `Recover the deleted secret ${name} in vault ${vault}.`,
	};
	const changes: Change[] = restore.map((one) => ({
		code: one.code,
		what: restored[one.code]("derived" in one ? one.derived : "version" in one ? one.version : ""),
	}));
	const by = wayIn(facts);
	const hasPending = facts.pending !== undefined || restore.some(isOfPending);
	if (act === "adopt") {
		if (live.state === "present" && liveCredential === undefined) {
			changes.push({ code: "adopt-live", what: `Tag version ${live.version} of ${secret} as this reconciliation's.` });
		}
		if (!isKnown && facts.login !== "none") {
			const where = standing.state === "unreadable" ? ", unless the database has it already" : "";
			const what = `Set the password of role ${role} on server ${server} to the live secret's value${by}${where}; prove it by a login.`;
			changes.push({ code: "set-password", what });
		}
	} else {
		const what =
			facts.login === "none"
				? `Make a new value, and publish it as ${secret}.`
				: `Make a new password, set it for role ${facts.nextRole ?? role} on server ${server}${by}, prove it, publish it as ${secret}.`;
		changes.push({ code: "new-password", what });
	}
	for (const name of derived) {
		const isSame = act === "adopt" && liveCredential !== undefined && isKnown;
		if (isSame && !drift.derived.some((one) => one.secret === name)) continue;
		changes.push({ code: "render-derived", what: `Rewrite secret ${name} in vault ${vault} from it.` });
	}
	if (hasPending) {
		changes.push({ code: "retire-pending", what: `Disable the pending secret ${pendingName} in vault ${vault}.` });
	}
	for (const workload of workloads) {
		changes.push({
			code: "deliver",
			what: `Deliver it to ${workload}, restart its pods, and have each prove its version.`,
		});
	}
	return changes;
}

/** How the session gets in that sets the password, where it is not the usual way. */
function wayIn({ login, recoveryRole, drift }: ReconciliationFacts): string {
	const { standing } = drift;
	if (login !== "self") return "";
	if (standing.state === "database-restored") return ` (logging in with its earlier version ${standing.version})`;
	if (standing.state === "in-database") return " (logging in with the pending password)";
	return isShutOut(drift) && recoveryRole !== undefined ? ` (logging in as ${recoveryRole})` : "";
}
