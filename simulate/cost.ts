// What a month costs: what was counted, times a price that somebody has published, or that is a guess and says so.

import { audit, type Calls, type Counted, calls, logBytesAStep } from "./measured.ts";
import type { Results } from "./simulate.ts";

/** US dollars, without tax, West Europe or East US, pay as you go: orders of magnitude. */
export const prices = {
	execution: {
		what: "Flex Consumption, a GB-second",
		usd: 0.000026,
		source: "modal.com/blog/azure-function-pricing-guide (May 2025)",
	},
	executions: {
		what: "Flex Consumption, an execution",
		usd: 0.4 / 1e6,
		source: "estimate",
	},
	vault: {
		what: "Key Vault, an operation on a secret",
		usd: 0.03 / 1e4,
		source: "learn.microsoft.com/answers/questions/5608202",
	},
	sign: {
		what: "Key Vault, a signature (ES256)",
		usd: 0.15 / 1e4,
		source: "estimate",
	},
	action: {
		what: "Durable Task Scheduler, an action",
		usd: 1 / 1e6,
		source: "a guess: no price was found in public text",
	},
	blobWrite: { what: "blob storage, a write (hot, LRS)", usd: 0.055 / 1e4, source: "estimate" },
	blobRead: { what: "blob storage, a read (hot, LRS)", usd: 0.0044 / 1e4, source: "estimate" },
	stored: {
		what: "blob storage, a GB for a month (hot, LRS)",
		usd: 0.018,
		source: "2kabhishek.github.io/AZ-900 (1.8 cents)",
	},
	logged: { what: "Log Analytics, a GB", usd: 2.3, source: "monitoringcost.com/azure-monitor-cost (2026)" },
} as const;

const monthDays = 30;
const memoryGb = 2;
/** Of each app: `openSwitches`, `notifications` and `backups` run each minute, and are paid for a second each. */
const timersAMinute = 3;
const gigabyte = 1e9;
/** What of the audit log is stored and paid for: one year of it. */
const yearDays = 365;

/** Everything that was asked of one kind, in the whole time. */
export function total({ tally }: Results, call: keyof Calls): number {
	let sum = 0;
	for (const [counted, times] of tally.steps) sum += times * ((calls[counted as Counted] as Calls)[call] ?? 0);
	return sum;
}

export const auditBytes = ({ tally }: Results): number =>
	tally.runs.rotations * (audit.bytes + audit.requestBytes) +
	tally.runs.skipped * (audit.skippedBytes + audit.requestBytes);

/** @returns dollars a month, by what is paid for */
export function costOf(results: Results): Readonly<Record<string, number>> {
	const { tally, apps, options } = results;
	const months = options.days / monthDays;
	const of = (amount: number, { usd }: { usd: number }) => (amount * usd) / months;
	const timers = apps * timersAMinute * 1_440 * options.days;
	return {
		"Functions: rotations and sweeps":
			of((tally.billedMs / 1_000) * memoryGb, prices.execution) + of(tally.activities, prices.executions),
		"Functions: the app's three timers a minute":
			of(timers * memoryGb, prices.execution) + of(timers, prices.executions),
		"Key Vault":
			of(total(results, "get") + total(results, "put") + total(results, "patch"), prices.vault) +
			of(total(results, "sign"), prices.sign),
		"Durable Task Scheduler": of(tally.actions, prices.action),
		"blob storage":
			of(total(results, "blobWrite"), prices.blobWrite) +
			of(total(results, "blobRead"), prices.blobRead) +
			((auditBytes(results) / options.days) * yearDays * prices.stored.usd) / gigabyte,
		"Log Analytics": of((tally.activities * logBytesAStep) / gigabyte, prices.logged),
	};
}
