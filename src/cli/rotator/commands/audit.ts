// Reads the audit log.

import type { Client } from "../../../api/client.ts";
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
	summary: "The newest records of the audit log, in the order they were written",
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
		const { records, isMore } = await newest(call, { secret, rotation, from, to }, limit, around.now());
		const shown = () => (records.length === 0 ? "No record.\n" : table(columns, records, stdoutLook(around)));
		print(around, options.output, { records }, records, ({ id }) => id, shown);
		if (isMore) tell(around, `These are the newest ${limit}: give a larger --limit, or --from and --to.`);
		return exits.done;
	},
});

type Query = Readonly<Record<"secret" | "rotation" | "from" | "to", string | undefined>>;

const day = 86_400_000;
/** How far back is looked before all of the log is read. */
const spans = [day, 30 * day, 400 * day];

/** The log is read forwards. Without a time to begin at, further and further back, until there are enough. */
async function newest(call: Client, query: Query, limit: number, now: Date) {
	const end = query.to === undefined ? now.getTime() : Date.parse(query.to);
	// Of one rotation there is nothing to be gained by it.
	const isOpen = query.from === undefined && query.rotation === undefined && Number.isFinite(end);
	const starts = isOpen ? spans.map((span) => new Date(end - span).toISOString()) : [];
	for (const from of [...starts, query.from]) {
		const found = await latestOf(call, { ...query, from }, limit);
		if (found.records.length >= limit || from === query.from) return found;
	}
	throw new Error("unreachable: the last one is the query's own");
}

async function latestOf(call: Client, query: Query, limit: number) {
	let isMore = false;
	let records: AuditRecord[] = [];
	await pages(Number.MAX_SAFE_INTEGER, mostOfPage, async (page) => {
		const { body } = await call("showAudit", { query: { ...query, ...page } });
		records.push(...body.records);
		isMore ||= records.length > limit;
		records = records.slice(-limit);
		return { items: [], next: body.next };
	});
	return { records, isMore };
}

const columns: readonly Column<AuditRecord>[] = [
	{ title: "TIME", of: ({ time }) => timeText(time) },
	{ title: "SECRET", of: ({ data }) => data.secretName, least: 10 },
	{ title: "STEP", of: ({ data }) => data.step, least: 10 },
	{ title: "PHASE", of: ({ data }) => data.phase },
	{ title: "CODE", of: ({ data }) => data.code, least: 10 },
	{ title: "WHO", of: ({ data }) => whoOf(data.actor.user), least: 14, spare: 2 },
	{ title: "WHAT", of: whatOf, least: 16, spare: 1, below: true },
];

/** What it says, or what it is about: most records say nothing. */
function whatOf({ data }: AuditRecord): string {
	const { message, role, server, workload, cluster, newVersion } = data;
	if (message) return message;
	const parts = [
		role && server ? `${role} on ${server}` : server,
		workload && (cluster ? `${workload} in ${cluster}` : workload),
		newVersion && `version ${newVersion.slice(0, 8)}`,
	];
	return parts.filter(Boolean).join(", ");
}

const whoOf = ({ type, uid }: AuditRecord["data"]["actor"]["user"]): string => [type, uid].filter(Boolean).join(" ");
