// Evidence for a person at a terminal: how it stands, and what is wrong; the whole is in the other formats.

import type { Evidence } from "../answers.ts";
import { foldedText } from "../fold.ts";
import { type Column, facts, table } from "../table.ts";
import { type Look, plain } from "../terminal.ts";
import { dayText, timeText } from "../times.ts";

type Body = Evidence["evidence"];
type Class = Body["classes"][number];
type Run = Body["rotations"][number];

const classColumns: readonly Column<Class>[] = [
	{ title: "CLASS", of: ({ policyClass }) => policyClass, least: 10 },
	{ title: "MAX_DAYS", of: ({ maxDays }) => `${maxDays}` },
	{ title: "SECRETS", of: ({ secrets }) => `${secrets}` },
	{
		title: "OVERDUE",
		of: ({ overdue }) => `${overdue}`,
		paint: ({ overdue }, { good, bad }) => (overdue > 0 ? bad : good),
	},
	{ title: "ROTATIONS", of: ({ rotations }) => `${rotations}` },
	{ title: "LATE", of: ({ late }) => `${late}`, paint: ({ late }, { good, bad }) => (late > 0 ? bad : good) },
	{ title: "RISK_ANALYSIS", of: ({ riskAnalysis }) => riskAnalysis, least: 12, cut: "end", spare: 1 },
];

const runColumns: readonly Column<Run>[] = [
	{ title: "SECRET", of: ({ secret }) => secret, least: 12 },
	{ title: "KIND", of: ({ kind }) => kind },
	{ title: "DUE", of: ({ due }) => due && dayText(due), spare: 1 },
	{ title: "DONE", of: ({ done }) => done && dayText(done) },
	{ title: "LATE", of: ({ late }) => (late ? "late" : undefined), paint: (_, { bad }) => bad },
	{ title: "WHO", of: ({ by, who }) => [by, who].filter(Boolean).join(" "), least: 12, spare: 3 },
	{ title: "APPROVED_BY", of: (run) => (run.breakGlass ? "break-glass" : run.approvedBy), least: 11, spare: 4 },
	{ title: "CODE", of: ({ code }) => code ?? "under way", least: 10 },
	{ title: "PROOFS", of: ({ proof }) => `${proof.length}`, spare: 5 },
	{ title: "RECORDS", of: ({ records: { first, last } }) => `${first}-${last}`, spare: 2 },
];

export function shownEvidence({ evidence, key, jws }: Evidence, look: Look): string {
	const { head, classes, population, exemptions, secrets, rotations, breakGlass } = evidence;
	const { log } = head;
	const overdue = secrets.filter((one) => one.overdue && one.exemptUntil === undefined);
	const wrong = [
		...(log.verdict === "broken"
			? [`the audit log is broken: ${log.flaw ?? "its signed head names another record"}`]
			: []),
		...(head.configurationMissing ? ["the configuration of that day is not known"] : []),
		...(population.sweptAt !== undefined && !population.onLog ? ["the sweep's report is not on the audit log"] : []),
		...overdue.map(({ secret }) => `overdue: ${secret}`),
		...exemptions.filter(({ ended }) => ended).map(({ vault, secret }) => `exemption has ended: ${secret} in ${vault}`),
		...population.unmanaged.map(({ vault, secret }) => `not managed: ${secret} in ${vault}`),
		...breakGlass.map((id) => `past an approval: ${id}`),
	];
	const about = facts(
		[
			["as of", timeText(head.asOf)],
			["period", `${timeText(head.period.from)} to ${timeText(head.period.to)}`],
			["secrets", `${secrets.length}, of them ${overdue.length} overdue`],
			["exempt", `${exemptions.filter(({ ended }) => !ended).length}`],
			["log", `${log.verdict}, records 1 to ${log.records}`],
			jws === undefined ? ["signed", "no: no key is set", look.bad] : ["signed", key],
		],
		look,
	).trimEnd();
	return foldedText(
		[
			...[about, "", classes.length === 0 ? "No policy class." : table(classColumns, classes, look).trimEnd()],
			...["", rotations.length === 0 ? "No rotation in the period." : table(runColumns, rotations, look).trimEnd()],
			...(wrong.length > 0 ? ["", ...wrong.map((line) => look.bad(plain(`  ${line}`)))] : []),
		],
		look.columns,
	);
}
