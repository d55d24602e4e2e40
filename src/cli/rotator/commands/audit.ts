// Reads the audit log.

import { secretOfRotation } from "../../../lib/domain/ids.ts";
import type { AuditRecord } from "../answers.ts";
import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { limiting, limitOf, pages } from "../pages.ts";
import { usage } from "../parse.ts";
import { print, printing, stdoutLook, tell } from "../say.ts";
import { type Column, table } from "../table.ts";
import { timeText } from "../times.ts";

/** What the API gives in one page, at most. */
const mostOfPage = 1000;
const usual = 100;

export const audit = command({
	summary: "Records of the audit log, the oldest first",
	details: "As the app has stored them; rotator audit verify says whether the log is what was written.",
	takes: [],
	options: {
		secret: { type: "string", value: "NAME", what: "Of this secret only." },
		rotation: { type: "string", value: "ID", what: "Of this rotation only." },
		from: { type: "string", value: "TIME", what: "From this time on: 2026-11-01, or 2026-11-01T10:00:00Z." },
		to: { type: "string", value: "TIME", what: "Before this time." },
		...limiting(usual),
		...printing,
		...connecting,
	},
	examples: [
		["rotator audit --secret db-password --from 2026-11-01", "what was done about one secret since then"],
		["rotator audit --rotation $ID -o ndjson", "every record of a rotation, for a script"],
	],
	operations: ["showAudit"],
	async run({ options }, around) {
		const { secret, rotation, from, to } = options;
		if (rotation !== undefined && secretOfRotation(rotation) === undefined)
			throw usage("--rotation is not a rotation's id.", "It is a secret's name, a dot and a UUID.");
		const limit = limitOf(options.limit, usual);
		const call = connect(options, around);
		const { items: records, isMore } = await pages(limit, mostOfPage, async (page) => {
			const { body } = await call("showAudit", { query: { secret, rotation, from, to, ...page } });
			return { items: body.records, next: body.next };
		});
		const shown = () => (records.length === 0 ? "No record.\n" : table(columns, records, stdoutLook(around)));
		print(around, options.output, { records }, records, ({ id }) => id, shown);
		if (isMore) tell(around, `There are more than ${limit}: give a larger --limit, or --from and --to.`);
		return exits.done;
	},
});

const columns: readonly Column<AuditRecord>[] = [
	{ title: "TIME", of: ({ time }) => timeText(time) },
	{ title: "SECRET", of: ({ data }) => data.secretName, least: 10 },
	{ title: "STEP", of: ({ data }) => data.step, least: 10 },
	{ title: "PHASE", of: ({ data }) => data.phase },
	{ title: "CODE", of: ({ data }) => data.code, least: 10 },
	{ title: "WHO", of: ({ data }) => whoOf(data.actor.user), least: 14, spare: 2 },
	{ title: "MESSAGE", of: ({ data }) => data.message, least: 16, cut: "end", spare: 1 },
];

const whoOf = ({ type, uid }: AuditRecord["data"]["actor"]["user"]): string => [type, uid].filter(Boolean).join(" ");
