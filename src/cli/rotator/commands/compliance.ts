// The last sweep's report, and evidence for an auditor.

import type { Evidence, Report } from "../answers.ts";
import type { Around } from "../around.ts";
import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { csv } from "../csv.ts";
import { htmlOf } from "../evidence/html.ts";
import { columns as columnsOfEvidence, rowsOf } from "../evidence/rows.ts";
import { shownEvidence } from "../evidence/shown.ts";
import { exits } from "../exits.ts";
import { foldedText } from "../fold.ts";
import { jsonText, stdoutLook } from "../say.ts";
import { type Column, table } from "../table.ts";
import { type Look, plain } from "../terminal.ts";
import { dayText, timeText, waitText } from "../times.ts";
import { problemLines } from "../watch/tree.ts";

type Entry = Report["secrets"][number];

export const compliance = command({
	summary: "What is due and what is wrong; or evidence for an auditor, now or of a past day",
	details:
		"By itself it shows the last sweep's report. With another format, or a day, it is evidence: policy classes, population, exemptions and every run, put together from the verified audit log and signed. rotator compliance verify checks the JSON.",
	takes: [],
	options: {
		format: {
			type: "string",
			short: "o",
			value: "FORM",
			choices: ["table", "json", "csv", "html"],
			what: "For people; signed JSON; a sheet whose cells are never formulas; a page that prints.",
		},
		"as-of": { type: "string", value: "DATE", what: "As it was at the end of this day, in UTC: 2026-11-01." },
		from: { type: "string", value: "DATE", what: "Runs from this day on. Absent: of a year." },
		to: { type: "string", value: "DATE", what: "Runs up to the end of this day." },
		...connecting,
	},
	examples: [
		["rotator compliance", "how it stands, by the last sweep"],
		["rotator compliance --format json > evidence.json", "signed evidence, as of now"],
		["rotator compliance --as-of 2026-09-30 --from 2026-07-01 --format html > q3.html", "a quarter, to print"],
	],
	operations: ["showCompliance", "showEvidence"],
	async run({ options: { format = "table", "as-of": asOf, from, to, ...options } }, around) {
		const call = connect(options, around);
		const isReport = format === "table" && [asOf, from, to].every((given) => given === undefined);
		if (isReport) {
			const { body } = await call("showCompliance", {});
			around.stdout.write(shownReport(body, stdoutLook(around)));
			return exits.done;
		}
		const { body } = await call("showEvidence", { query: { asOf, from, to } });
		around.stdout.write(writtenAs[format](body, around));
		return exits.done;
	},
});

const writtenAs = {
	table: (body, around) => shownEvidence(body, stdoutLook(around)),
	json: (body) => jsonText(body),
	csv: ({ evidence }) => csv(columnsOfEvidence, rowsOf(evidence)),
	html: (body) => htmlOf(body),
} as const satisfies Readonly<Record<string, (body: Evidence, around: Around) => string>>;

const columns: readonly Column<Entry>[] = [
	{ title: "SECRET", of: ({ secret }) => secret, least: 16 },
	{
		title: "STATE",
		of: ({ state }) => state,
		paint: ({ state }, { good, bad }) => (state === "compliant" ? good : bad),
	},
	{ title: "HEALTH", of: ({ health }) => health?.state },
	{ title: "DUE_IN_DAYS", of: ({ dueInDays }) => (dueInDays === undefined ? undefined : `${Math.round(dueInDays)}`) },
	{ title: "EXPIRES", of: ({ expires }) => expires && dayText(expires), spare: 1 },
	{ title: "ACTION", of: ({ action }) => action },
	{ title: "WAITS", of: ({ waits }) => waits && waitText(waits), least: 12, cut: "end", spare: 4 },
	{ title: "PROBLEM", of: ({ problem, unretired }) => (problem ?? unretired)?.code, least: 12, cut: "end" },
	{
		title: "BACKUP",
		of: ({ backup }) => backup?.state,
		paint: ({ backup }, { good, bad }) => (backup?.state === "current" ? good : bad),
		spare: 5,
	},
	{ title: "DRIFT", of: ({ drift = [] }) => drift.map(({ code }) => code).join(", "), least: 12, cut: "end" },
	{ title: "VERSION", of: ({ version }) => version, least: 8, spare: 2 },
	{ title: "ROTATION", of: ({ rotationId }) => rotationId, spare: 3, below: true },
];

function shownReport(report: Report, look: Look): string {
	const { complete, at, since, judged, secrets, unmanaged, exceptions, classes, unclassed, problems } = report;
	const head = complete
		? `The sweep of ${timeText(at ?? "")}.`
		: `A sweep is under way or was cut short: ${judged ?? 0} secrets judged since ${timeText(since ?? "")}${at ? `; the last whole one ended at ${timeText(at)}` : ""}.`;
	const wrong = secrets.flatMap(({ secret, problem, unretired, backup, drift = [] }) =>
		[problem, unretired, backup?.problem, ...drift].flatMap((one) => (one ? problemLines(secret, one, look.bad) : [])),
	);
	const others = unmanaged.map(({ vault, secret, rotation }) =>
		plain(`  not managed: ${secret} in ${vault} has the tag rotation=${rotation}`),
	);
	const ended = exceptions.filter((one) => one.ended);
	const exempt = ended.map(({ vault, secret, until }) =>
		look.bad(plain(`  exemption has ended: ${secret} in ${vault}, on ${dayText(until)}`)),
	);
	const classed = classes.length > 0 && unclassed > 0 ? [plain(`  without a policy class: ${unclassed} secrets`)] : [];
	const own = problems.flatMap((one) => problemLines("sweep", one, look.bad));
	return foldedText(
		[plain(head), "", table(columns, secrets, look).trimEnd(), ...wrong, ...others, ...exempt, ...classed, ...own],
		look.columns,
	);
}
