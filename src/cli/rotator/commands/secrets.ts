// Lists the managed secrets.

import { states as healthStates } from "../../../lib/domain/health.ts";
import { listStates, sorts } from "../../../lib/domain/secret-list.ts";
import type { SecretList, SecretRow } from "../answers.ts";
import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { keepNames } from "../names.ts";
import { limiting, limitOf, pages } from "../pages.ts";
import { hint, print, printing, stdoutLook, tell } from "../say.ts";
import { type Column, table } from "../table.ts";
import { type Look, plain } from "../terminal.ts";
import { dayText, dueText, timeText, waitText } from "../times.ts";

/** What the API gives in one page, at most. */
const mostOfPage = 200;
const usual = 100;

export const secrets = command({
	summary: "The managed secrets: when they are due, and their health",
	details:
		"As the last sweep found them, with what came since and what runs now; rotator show looks at one of them now. What needs a person comes first.",
	takes: [],
	options: {
		search: { type: "string", value: "TEXT", what: "Only those with this in their name, vault or workloads." },
		state: { type: "string", value: "STATE", choices: listStates, what: "Only those in this state, by their dates." },
		health: { type: "string", value: "HEALTH", choices: healthStates, what: "Only those with this health." },
		running: { type: "boolean", what: "Only those for which something runs." },
		sort: { type: "string", value: "ORDER", choices: sorts, what: "In which order." },
		...limiting(usual),
		...printing,
		...connecting,
	},
	examples: [
		["rotator secrets", "as a table"],
		["rotator secrets --health drifted -o name", "the names of those that have drifted"],
		["rotator secrets -o json | jq .counts", "how many there are of each state"],
	],
	operations: ["listSecrets"],
	async run({ options }, around) {
		const { search: text, state, health, running, sort, output } = options;
		const limit = limitOf(options.limit, usual);
		const call = connect(options, around);
		const filter = { text, state, health, running: running ? ("true" as const) : undefined, sort };
		let first: SecretList | undefined;
		const { items, isMore } = await pages(limit, mostOfPage, async (page) => {
			const { body } = await call("listSecrets", { query: { ...filter, ...page } });
			first ??= body;
			return { items: body.secrets, next: body.next };
		});
		const { next: _, ...whole } = first!;
		const isAll = [text, state, health, running].every((one) => one === undefined);
		if (isAll)
			await keepNames(
				items.map(({ secret }) => secret),
				around,
			);
		const shown = () => shownList(whole, items, stdoutLook(around));
		print(around, output, { ...whole, secrets: items }, items, ({ secret }) => secret, shown);
		hint(around, output, "Look at one: rotator show NAME", "Try one: rotator rotate NAME --dry-run --wait");
		for (const { message, next } of whole.problems) tell(around, message, next);
		if (isMore) tell(around, `There are more than ${limit}: give a larger --limit, or a filter.`);
		return exits.done;
	},
});

function shownList({ at, counts }: SecretList, rows: readonly SecretRow[], look: Look): string {
	const { total, running, state, health } = counts;
	const { compliant: _, ...notable } = state;
	const some = (numbers: Readonly<Record<string, number>>) =>
		Object.entries(numbers).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []));
	const each = [some(health), some(notable), some({ running })].filter((part) => part.length > 0);
	const head = [
		`${total} in all: ${each.map((part) => part.join(", ")).join("; ")}`,
		at === undefined
			? "No sweep has looked at them yet."
			: `As the sweep of ${timeText(at)} found them, with what came since.`,
	];
	const body = rows.length === 0 ? "No secret.\n" : table(columns, rows, look);
	return `${head.map((line) => `${look.dim(plain(line))}\n`).join("")}${body}`;
}

const columns: readonly Column<SecretRow>[] = [
	{ title: "SECRET", of: ({ secret }) => secret, least: 16 },
	{
		title: "HEALTH",
		of: ({ health }) => health.state,
		paint: ({ health }, look) => paintOf(health.state === "healthy", look),
	},
	{ title: "STATE", of: ({ state }) => state, paint: ({ state }, look) => paintOf(state === "compliant", look) },
	{ title: "DUE", of: ({ dueInDays }) => (dueInDays === undefined ? "-" : dueText(dueInDays)) },
	{ title: "EXPIRES", of: ({ expires }) => (expires ? dayText(expires) : "-"), spare: 1 },
	{ title: "NOW", of: nowOf, least: 12, cut: "end" },
	{ title: "WHY", of: ({ health }) => health.code, spare: 2, below: true },
	{ title: "LAST", of: ({ since }) => since && `${since.kind} ${since.outcome}`, least: 10, cut: "end", spare: 5 },
	{ title: "WORKLOADS", of: ({ consumers }) => consumers.join(", "), spare: 2, below: true },
	{ title: "VAULT", of: ({ vault }) => vault, least: 12, spare: 3 },
	{ title: "STRATEGY", of: ({ strategy }) => strategy, spare: 4 },
];

const paintOf = (isGood: boolean, { good, bad }: Look) => (isGood ? good : bad);

/** Runs that are over are left out. */
function nowOf({ running, waits }: SecretRow): string {
	if (running?.retrying) return `${running.kind}: retrying ${running.retrying.step} (${running.retrying.code})`;
	if (running) return `${running.kind}${running.long ? ", longer than expected" : ""}: ${running.now ?? "running"}`;
	return waits ? waitText(waits) : "-";
}
