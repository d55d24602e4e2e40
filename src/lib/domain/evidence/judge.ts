// What the log, the sweep's report and the configuration of one day say together. Pure: the same input gives the same answer.
// EJ1. What is late follows from the log's times: of the plan that found it due, of the record that says the new value is live. Otherwise: a
//      report grades itself by what it says it did. Kept by: judge.test.ts.
// EJ2. An exemption whose end is over exempts nothing. Otherwise: one of last year keeps a secret out of every report. Kept by:
//      judge.test.ts.

import { type ComplianceReport, isOverdue, type SweepCounts } from "../compliance.ts";
import { exemptionOf, exemptionsAt } from "./overview.ts";
import { type LoggedRun, makesNew, type Reading } from "./runs.ts";
import type { Declared, DeclaredSecret, Evidence, EvidenceClass, EvidenceRun, EvidenceSecret } from "./statement.ts";

const day = 86_400_000;

export interface Given {
	readonly asOf: Date;
	/** `from` included, `to` not. */
	readonly period: { readonly from: Date; readonly to: Date };
	/** Of that day; absent where it is not known. */
	readonly declared: Declared | undefined;
	readonly report: ComplianceReport | undefined;
	readonly reportDigest: string | undefined;
	readonly log: Evidence["head"]["log"];
	readonly reading: Pick<Reading, "runs" | "reports" | "breakGlass" | "approvers" | "configHash">;
	readonly trend: readonly SweepCounts[];
	readonly tool: string;
	readonly version: string;
}

export function evidenceOf(given: Given): Evidence {
	const { asOf, period, declared, report, log, reading, trend, tool, version } = given;
	const known = declared ?? { policyClasses: {}, exemptions: [], secrets: {} };
	const all = runsIn(given, known);
	const rotations = all.filter(({ requestedAt, done }) => isIn(period, done ?? requestedAt));
	const secrets = Object.entries(known.secrets)
		.sort(byKey)
		.map(([id, secret]) => secretOf(given, known, id, secret, all, rotations));
	const classes = Object.keys(known.policyClasses)
		.sort()
		.map((name) => classOf(known, name, secrets, rotations));
	const exemptions = exemptionsAt(known, asOf);
	const isOnLog = given.reportDigest !== undefined && reading.reports.has(given.reportDigest);
	const rows = secrets.length + rotations.length + exemptions.length + (report?.unmanaged.length ?? 0);
	const { configHash } = reading;
	return {
		head: {
			asOf: asOf.toISOString(),
			period: { from: period.from.toISOString(), to: period.to.toISOString() },
			scope: { vaults: [...new Set(secrets.map(({ vault }) => vault))].sort(), secrets: secrets.length },
			tool,
			version,
			...(configHash !== undefined && { configHash }),
			...(declared === undefined && { configurationMissing: true as const }),
			rows,
			log,
		},
		classes,
		population: {
			...(report && { sweptAt: report.at }),
			...(given.reportDigest !== undefined && { reportDigest: given.reportDigest }),
			onLog: isOnLog,
			vaults: report?.vaults ?? [],
			unmanaged: report?.unmanaged ?? [],
		},
		exemptions,
		secrets,
		rotations,
		breakGlass: rotations.filter((run) => run.breakGlass).map(({ rotationId }) => rotationId),
		trend: trend.filter(({ at }) => isIn(period, at)),
	};
}

const byKey = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
	one < other ? -1 : 1;
const isIn = ({ from, to }: Given["period"], time: string): boolean =>
	Date.parse(time) >= from.getTime() && Date.parse(time) < to.getTime();
const later = (time: string, days: number): string => new Date(Date.parse(time) + days * day).toISOString();

/** Every run that changed something or tried to, in the log's order, each with the one before it of the same secret. */
function runsIn({ reading }: Given, known: Declared): EvidenceRun[] {
	const before = new Map<string, string>();
	const runs: EvidenceRun[] = [];
	for (const run of reading.runs.values()) {
		if (!run.isReal) continue;
		const secret = Object.hasOwn(known.secrets, run.secret) ? known.secrets[run.secret] : undefined;
		const continued = run.continues === undefined ? undefined : reading.runs.get(run.continues);
		const isNew = makesNew(run);
		const previous = before.get(run.secret);
		const due = isNew ? dueOf(run, continued, previous, secret) : undefined;
		// One that goes on with an approved rotation needs no second approval.
		const approvedBy = reading.approvers.get(run.rotationId) ?? reading.approvers.get(run.continues ?? "");
		const deadline = due && secret ? deadlineOf(due, secret, known) : due;
		runs.push(
			asRow(run, {
				...{ due, deadline, policyClass: secret?.policyClass, approvedBy },
				breakGlass: reading.breakGlass.has(run.rotationId) || undefined,
			}),
		);
		if (isNew && run.done !== undefined) before.set(run.secret, run.done);
	}
	return runs;
}

/** By the plan that found it due; else a period after the value before it was made live. */
function dueOf(
	run: LoggedRun,
	continued: LoggedRun | undefined,
	previous: string | undefined,
	secret: DeclaredSecret | undefined,
): string | undefined {
	const told = run.due ?? continued?.due;
	if (told !== undefined && !Number.isNaN(Date.parse(told))) return new Date(told).toISOString();
	return previous !== undefined && secret ? later(previous, secret.rotateEveryDays) : undefined;
}

/** As long as the class's analysis allows; without a class until what was live expired. */
function deadlineOf(due: string, secret: DeclaredSecret, { policyClasses }: Declared): string {
	const found = secret.policyClass === undefined ? undefined : policyClasses[secret.policyClass];
	return later(due, found ? found.maxDays - secret.rotateEveryDays : secret.expiryMarginDays);
}

function asRow(
	run: LoggedRun,
	about: {
		due: string | undefined;
		deadline: string | undefined;
		policyClass: string | undefined;
		approvedBy: string | undefined;
		breakGlass: true | undefined;
	},
): EvidenceRun {
	const { rotationId, secret, kind, requestedAt, by, proof, first, last, count } = run;
	const { due, deadline, policyClass, approvedBy, breakGlass } = about;
	const { who, reason, done, version, endedAt, code, configHash } = run;
	return defined({
		rotationId,
		secret,
		kind,
		policyClass,
		requestedAt,
		by,
		who,
		reason,
		approvedBy,
		breakGlass,
		due,
		deadline,
		done,
		late: done !== undefined && deadline !== undefined && done > deadline,
		version,
		endedAt,
		code,
		proof,
		records: { first, last, count },
		configHash,
	});
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
/** Without what is not there: it has no place in what is signed. */
const defined = <T extends object>(given: T): Defined<T> =>
	Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;

function secretOf(
	{ asOf, report }: Given,
	known: Declared,
	id: string,
	secret: DeclaredSecret,
	all: readonly EvidenceRun[],
	rotations: readonly EvidenceRun[],
): EvidenceSecret {
	const made = all.filter((run) => run.secret === id && makesNew(run) && run.done !== undefined).at(-1);
	const entry = report?.secrets.find((one) => one.secret === id);
	const isNewer = made !== undefined && (report === undefined || made.done! > report.at);
	const seenDue =
		entry?.dueInDays === undefined || report === undefined ? undefined : later(report.at, entry.dueInDays);
	// What was rotated since the sweep is due a period later, whatever that sweep found.
	const next = isNewer || seenDue === undefined ? made && later(made.done!, secret.rotateEveryDays) : seenDue;
	const exempt = exemptionOf(known, secret, asOf);
	const isLate = isNewer ? false : entry !== undefined && isOverdue(entry);
	return defined({
		secret: id,
		vault: secret.vault,
		name: secret.name,
		policyClass: secret.policyClass,
		rotateEveryDays: secret.rotateEveryDays,
		last: made?.done,
		lastRotation: made?.rotationId,
		next,
		state: isNewer ? "compliant" : (entry?.state ?? "not-judged"),
		overdue: isLate || (next !== undefined && Date.parse(next) + day < asOf.getTime()),
		lateRotations: rotations.filter((run) => run.secret === id && run.late).length,
		retired: all.filter((run) => run.secret === id && run.kind === "retire" && run.code === "retired").at(-1)?.endedAt,
		drift: (entry?.drift ?? []).map(({ code }) => code),
		problem: entry?.problem?.code,
		exemptUntil: exempt?.until,
	});
}

function classOf(
	{ policyClasses }: Declared,
	name: string,
	secrets: readonly EvidenceSecret[],
	rotations: readonly EvidenceRun[],
): EvidenceClass {
	const { rationale, riskAnalysis, maxDays } = policyClasses[name]!;
	const own = secrets.filter(({ policyClass }) => policyClass === name);
	const runs = rotations.filter((run) => run.policyClass === name && makesNew(run));
	return {
		policyClass: name,
		rationale,
		riskAnalysis,
		maxDays,
		secrets: own.length,
		overdue: own.filter(({ overdue, exemptUntil }) => overdue && exemptUntil === undefined).length,
		rotations: runs.length,
		late: runs.filter(({ late }) => late).length,
	};
}
