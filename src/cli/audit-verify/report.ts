// What audit:verify found, as a person reads it.

import { styleText } from "node:util";
import type { BadRecord, Verdict } from "../../lib/domain/audit-chain.ts";
import type { BadHead, HeadsVerdict } from "../../lib/domain/audit-heads.ts";
import type { AuditRecord } from "../../lib/ports/audit-log.ts";

export interface Found {
	readonly whole: boolean;
	readonly chain: Verdict;
	readonly heads: HeadsVerdict;
	/** What could not be checked, and why; a sentence each. */
	readonly notChecked: readonly string[];
	/** Where a filter was given: what it lets through. */
	readonly records?: readonly AuditRecord[];
}

export function report({ whole, chain, heads, notChecked, records }: Found): string {
	const { events, rotations, openIntents, first, last, head, bad } = chain;
	const rows: [string, string][] = [
		["Events", `${events}${bad ? " before the bad record" : ""}`],
		["Rotations", `${rotations}`],
		["Intents without outcome", `${openIntents.length}`],
		["First", first ?? "-"],
		["Last", last ?? "-"],
		["Head", `${head.seq} ${head.hash}`],
		["Signed heads", `${heads.heads}, ${heads.verified} with a good signature`],
		["Latest signed head", heads.latest ? `${heads.latest.seq} at ${heads.latest.time}` : "-"],
	];
	return [
		...rows.map(([name, value]) => `${name.padEnd(25)}${value}`),
		...openIntents.map(({ rotationId, step, time }) => `  ${time}  ${step} of ${rotationId}: no outcome`),
		...(records ?? []).map(recordLine),
		...verdictLines(whole, chain, heads),
		...notChecked.map((each) => `${coloured("yellow", "not checked")}: ${each}`),
		"",
	].join("\n");
}

function verdictLines(whole: boolean, { events, bad }: Verdict, { flaws }: HeadsVerdict): string[] {
	if (whole && events === 0) return [coloured("yellow", "the log has no record")];
	if (whole) return [coloured("green", "the chain is whole")];
	return [
		...(bad ? [coloured("red", `the chain is broken: ${bad.flaw}`), sentence(bad)] : []),
		...flaws.flatMap((flaw) => [coloured("red", `the log is not what was signed: ${flaw.flaw}`), sentence(flaw)]),
		"Keep the log as it is.",
	];
}

function sentence(flaw: BadRecord | BadHead): string {
	const name = flaw.seq === undefined ? "A line" : `Record ${flaw.seq}`;
	const id = "id" in flaw && flaw.id !== undefined ? `, id ${flaw.id}` : "";
	return `${name} (${flaw.file}, line ${flaw.line}${id}): ${flaw.detail}.`;
}

function recordLine({ time, data }: AuditRecord): string {
	const { seq, step, phase, code = "-", secretName, actor } = data;
	const who = `${actor.user.type}${actor.user.uid === undefined ? "" : ` ${actor.user.uid}`}`;
	return `  ${seq}  ${time}  ${secretName}  ${step} ${phase}  ${code}  ${who}`;
}

/** Plain where the output is no terminal, or NO_COLOR is set. */
const coloured = (colour: "green" | "yellow" | "red", text: string): string =>
	styleText(colour, text, { stream: process.stdout, validateStream: true });
