// The last sweep's report.

import type { Report } from "../answers.ts";
import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { csv } from "../csv.ts";
import { exits } from "../exits.ts";
import { foldedText } from "../fold.ts";
import { print, stdoutLook } from "../say.ts";
import { type Column, table } from "../table.ts";
import { type Look, plain } from "../terminal.ts";
import { dayText, timeText, waitText } from "../times.ts";
import { problemLines } from "../watch/tree.ts";

type Entry = Report["secrets"][number];

export const compliance = command({
	summary: "The last sweep's report: what is due, what the sweep did, what is wrong",
	takes: [],
	options: {
		format: {
			type: "string",
			short: "o",
			value: "FORM",
			choices: ["table", "json", "csv"],
			what: "For people, the whole as JSON, or a line for each secret. Cells of the CSV are never formulas.",
		},
		...connecting,
	},
	examples: [
		["rotator compliance", "for people"],
		["rotator compliance --format csv > compliance.csv", "for a spreadsheet"],
	],
	operations: ["showCompliance"],
	async run({ options: { format, ...options } }, around) {
		const { body } = await connect(options, around)("showCompliance", {});
		if (format === "csv") around.stdout.write(csv(columns, body.secrets));
		else
			print(
				around,
				format,
				body,
				[body],
				() => "",
				() => shownReport(body, stdoutLook(around)),
			);
		return exits.done;
	},
});

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
	{ title: "DRIFT", of: ({ drift = [] }) => drift.map(({ code }) => code).join(", "), least: 12, cut: "end" },
	{ title: "VERSION", of: ({ version }) => version, least: 8, spare: 2 },
	{ title: "ROTATION", of: ({ rotationId }) => rotationId, spare: 3, below: true },
];

function shownReport({ complete, at, since, judged, secrets, unmanaged, problems }: Report, look: Look): string {
	const head = complete
		? `The sweep of ${timeText(at ?? "")}.`
		: `A sweep is under way or was cut short: ${judged ?? 0} secrets judged since ${timeText(since ?? "")}${at ? `; the last whole one ended at ${timeText(at)}` : ""}.`;
	const wrong = secrets.flatMap(({ secret, problem, unretired, drift = [] }) =>
		[problem, unretired, ...drift].flatMap((one) => (one ? problemLines(secret, one, look.bad) : [])),
	);
	const others = unmanaged.map(({ vault, secret, rotation }) =>
		plain(`  not managed: ${secret} in ${vault} has the tag rotation=${rotation}`),
	);
	const own = problems.flatMap((one) => problemLines("sweep", one, look.bad));
	return foldedText([head, "", table(columns, secrets, look).trimEnd(), ...wrong, ...others, ...own], look.columns);
}
