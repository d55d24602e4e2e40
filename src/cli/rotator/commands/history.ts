// Runs that are over, of one secret or of all; of all, what runs now comes first.

import type { Client } from "../../../api/client.ts";
import { outcomes } from "../../../lib/domain/codes.ts";
import type { EndedRun, RunList } from "../answers.ts";
import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { limiting, limitOf, pages } from "../pages.ts";
import { usage } from "../parse.ts";
import { hint, jsonText, print, printing, stdoutLook, tell } from "../say.ts";
import { type Column, table } from "../table.ts";
import { timeText } from "../times.ts";

/** What the API gives in one page, at most. */
const mostOfPage = 200;
const usual = 50;
const outcomeNames = Object.keys(outcomes) as (keyof typeof outcomes)[];

export const history = command({
	summary: "Runs that are over, of one secret or of all; and what runs now",
	takes: [{ name: "NAME", optional: true }],
	options: {
		outcome: {
			type: "string",
			value: "OUTCOME",
			choices: outcomeNames,
			what: "Only runs that ended so; of all secrets.",
		},
		since: {
			type: "string",
			value: "TIME",
			what: "Only runs that ended since: 2026-11-01, or a UTC time; of all secrets.",
		},
		...limiting(usual),
		...printing,
		...connecting,
	},
	examples: [
		["rotator history db-password", "the last runs of one secret"],
		["rotator history --outcome refused --since 2026-11-01 -o name", "the ids of those that were refused this month"],
	],
	operations: ["listRotationsOf", "listRotations"],
	async run({ takes: { NAME: name }, options }, around) {
		const { outcome, since, output } = options;
		if (name !== undefined && (outcome !== undefined || since !== undefined))
			throw usage("--outcome and --since are for the runs of all secrets.", "Leave out the name, or the options.");
		const limit = limitOf(options.limit, usual);
		const { running, items, isMore } = await read(connect(options, around), name, { outcome, since }, limit);
		const look = stdoutLook(around);
		const shown = () =>
			[
				...(running.length === 0 ? [] : [table(runningColumns, running, look), "\n"]),
				items.length === 0 ? "No run is over.\n" : table(runColumns, items, look),
			].join("");
		const whole = { ...(name === undefined && { running }), rotations: items };
		if (output === "ndjson") for (const one of running) around.stdout.write(jsonText(one));
		print(around, output, whole, items, ({ rotationId }) => rotationId, shown);
		hint(around, output, "Look at one: rotator watch ID");
		if (isMore) tell(around, `There are more than ${limit}: give a larger --limit.`);
		return exits.done;
	},
});

type Filter = { readonly outcome?: EndedRun["outcome"]; readonly since?: string };
type Running = NonNullable<RunList["running"]>;

async function read(call: Client, name: string | undefined, filter: Filter, limit: number) {
	let running: Running = [];
	const found = await pages(limit, mostOfPage, async (page) => {
		const { body } =
			name === undefined
				? await call("listRotations", { query: { ...filter, ...page } })
				: await call("listRotationsOf", { name, query: page });
		if (page.continuation === undefined) running = body.running ?? [];
		return { items: body.rotations, next: body.next };
	});
	return { running, ...found };
}

export const runColumns: readonly Column<EndedRun>[] = [
	{ title: "ENDED", of: ({ endedAt }) => timeText(endedAt) },
	{ title: "SECRET", of: ({ secret }) => secret, least: 12, spare: 1 },
	{ title: "KIND", of: ({ kind, dryRun }) => `${kind}${dryRun ? " (dry run)" : ""}` },
	{
		title: "OUTCOME",
		of: ({ outcome }) => outcome,
		paint: ({ outcome }, { good, bad }) => (["completed", "skipped", "planned"].includes(outcome) ? good : bad),
	},
	{ title: "CODE", of: ({ code }) => code, least: 10 },
	{ title: "BY", of: ({ by }) => by, spare: 3 },
	{ title: "ROTATION", of: ({ rotationId }) => rotationId, spare: 2, below: true },
];

const runningColumns: readonly Column<Running[number]>[] = [
	{ title: "BEGAN", of: ({ requestedAt }) => timeText(requestedAt) },
	{ title: "SECRET", of: ({ secret }) => secret, least: 12 },
	{ title: "KIND", of: ({ kind }) => kind },
	{
		title: "NOW",
		of: ({ now, retrying, long }) =>
			retrying ? `retrying ${retrying.step} (${retrying.code})` : long ? `longer than expected: ${now}` : now,
		least: 16,
		cut: "end",
	},
	{ title: "ROTATION", of: ({ rotationId }) => rotationId, spare: 1, below: true },
];
