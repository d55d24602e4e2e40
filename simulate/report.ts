// What came of a run, in rows with units; as a table, as Markdown, as an object.

import { activitiesAtOnce } from "./app.ts";
import { auditBytes, costOf, prices, total } from "./cost.ts";
import { transactionsAnAction } from "./measured.ts";
import type { Options } from "./options.ts";
import type { Results } from "./simulate.ts";
import type { Wait } from "./tally.ts";

/** Each with the page that says so, in docs/capacity.md. */
export const limits = { vaultCalls: 4_000, vaultWrites: 300, actions: 500 } as const;

export interface Row {
	readonly says: string;
	readonly value: string;
}

const count = (value: number): string => Math.round(value).toLocaleString("en-GB");
const minute = 60_000;
const hour = 60 * minute;

export function time(ms: number): string {
	const at = (value: number, unit: string) => `${value < 10 ? Number(value.toFixed(1)) : count(value)} ${unit}`;
	if (ms < minute) return at(ms / 1_000, "s");
	if (ms < 2 * hour) return at(ms / minute, "min");
	return ms < 48 * hour ? at(ms / hour, "h") : at(ms / (24 * hour), "d");
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const dollars = (value: number): string => (value < 10 ? value.toFixed(2) : count(value));

/** Nearest rank, of what is sorted. */
const share = (sorted: readonly number[], part: number): number =>
	sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;

const waits: readonly Wait[] = [
	"a window or the end of a freeze",
	"room in the vault",
	"a session on the server",
	"a place in the namespace",
	"a place among the activities",
];

/** Without a limit nobody waits for it. */
const hasPlaces = ({ deliveriesAtOnce }: Options): boolean => Number.isFinite(deliveriesAtOnce);

export function rowsOf(results: Results): Row[] {
	const { options, apps, tally, most, forgotten, expired } = results;
	const { startedBy, runs, sweeps } = tally;
	const late = tally.late.toSorted((one, other) => one - other);
	const aDay = (amount: number) => count(amount / options.days);
	const row = (says: string, value: string): Row => ({ says, value });
	const cost = Object.entries(costOf(results));
	return [
		row("apps, each with a configuration and a task hub", count(apps)),
		row("vaults / servers / namespaces", [options.vaults, options.servers, options.namespaces].map(count).join(" / ")),
		row("rotations", count(runs.rotations)),
		row(
			"started by an event / the sweep / a window that opened",
			[startedBy.event, startedBy.sweep, startedBy.opening].map(count).join(" / "),
		),
		row("most under way at once", count(most.underWay)),
		row(`most calls of one vault in 10 s (of ${count(limits.vaultCalls)})`, count(most.vaultCalls)),
		row(`most new versions in one vault in 10 s (of ${count(limits.vaultWrites)})`, count(most.vaultWrites)),
		row("most sessions on one server at once", count(most.sessions)),
		row("most deliveries in one namespace at once", count(most.namespace)),
		row(`most durable actions of one hub in a second (of ${count(limits.actions)})`, count(most.actions)),
		row("the same, all hubs together", count(most.allActions)),
		row("from due to done: half of them within", time(share(late, 0.5))),
		row("95 of 100 within", time(share(late, 0.95))),
		row("the longest", time(late.at(-1) ?? 0)),
		row("replaced later than its period (rotateEveryDays) allows: the longest", time(tally.longestOverPeriodMs)),
		row("done later than a day after they were due", count(late.filter((ms) => ms > 24 * hour).length)),
		...waits
			.filter((wait) => wait !== "a place in the namespace" || hasPlaces(options))
			.map((wait) => {
				const { times, longestMs } = tally.waits[wait];
				return row(`waited for ${wait}: times, the longest`, times === 0 ? "0" : `${count(times)}, ${time(longestMs)}`);
			}),
		row("due for two days and not started, at the end", count(forgotten)),
		row("expired while live", count(runs.expired + expired)),
		row(
			"a sweep takes: on average, the longest",
			`${time(sweeps.sumMs / Math.max(1, sweeps.ended))}, ${time(sweeps.longestMs)}`,
		),
		row("sweeps left out, since the one before went on", count(sweeps.missed)),
		row("durable actions a day", aDay(tally.actions)),
		row("storage transactions a day for them, in a hub on Azure Storage", aDay(tally.actions * transactionsAnAction)),
		row(
			"vault calls a day",
			aDay(total(results, "get") + total(results, "put") + total(results, "patch") + total(results, "sign")),
		),
		row("calls of a cluster's API a day", aDay(total(results, "kubernetes"))),
		row("blob reads / writes a day", `${aDay(total(results, "blobRead"))} / ${aDay(total(results, "blobWrite"))}`),
		row("audit log a day", megabytes(auditBytes(results) / options.days)),
		...cost.map(([what, usd]) => row(`USD a month: ${what}`, dollars(usd))),
		row("USD a month, together", dollars(cost.reduce((sum, [, usd]) => sum + usd, 0))),
	];
}

/** A column for each run. */
function columnsOf(all: readonly Results[]): string[][] {
	const columns = all.map(rowsOf);
	const heads = all.map(({ options }) => `${count(options.secrets)} secrets`);
	return [
		[`${all[0]!.options.days} days`, ...heads],
		...columns[0]!.map(({ says }, at) => [says, ...columns.map((rows) => rows[at]!.value)]),
	];
}

export function table(all: readonly Results[]): string {
	const lines = columnsOf(all);
	const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
	const padded = (cell: string, column: number) =>
		column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!);
	const notes = [
		`An app is one instance with ${activitiesAtOnce} activities at once; its caps are the configuration's, which several instances share. What readers ask of a vault comes on top.`,
		"Calls are counted; how long each takes in Azure, and some prices, are estimates: docs/capacity.md.",
	];
	return `${lines.map((line) => line.map(padded).join("   ").trimEnd()).join("\n")}\n\n${notes.join("\n")}\n`;
}

export function markdown(all: readonly Results[]): string {
	const [head, ...lines] = columnsOf(all);
	const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
	return `${[line(head!), line(head!.map((_, column) => (column === 0 ? "---" : "---:"))), ...lines.map(line)].join("\n")}\n`;
}

export function pricesAsMarkdown(): string {
	const rows = Object.values(prices).map(({ what, usd, source }) => `| ${what} | ${usd.toPrecision(2)} | ${source} |`);
	return `${["| what | USD | source |", "| --- | ---: | --- |", ...rows].join("\n")}\n`;
}

/** Milliseconds, numbers, dollars. */
export const object = (all: readonly Results[]) => ({
	runs: all.map((results) => {
		const { options, apps, tally, most, forgotten, expired, days } = results;
		const { secret, freezes, ...size } = options;
		const { rotateEveryDays, expiryMarginDays, spreadDays, windows } = secret;
		const late = tally.late.toSorted((one, other) => one - other);
		return {
			options: { ...size, rotateEveryDays, expiryMarginDays, spreadDays, windows, freezes },
			apps,
			...{ runs: { ...tally.runs, expired: tally.runs.expired + expired }, startedBy: tally.startedBy, forgotten },
			...{ most, limits, waits: tally.waits, sweeps: tally.sweeps },
			lateMs: {
				median: share(late, 0.5),
				p95: share(late, 0.95),
				longest: late.at(-1) ?? 0,
				overPeriod: tally.longestOverPeriodMs,
			},
			...{ steps: Object.fromEntries(tally.steps), actions: tally.actions, auditBytes: auditBytes(results) },
			usdAMonth: costOf(results),
			days,
		};
	}),
});
