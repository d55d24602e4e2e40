// What audit:verify found, as a person reads it.

import { styleText } from "node:util";
import type { BadRecord, Verdict } from "../../lib/domain/audit-chain.ts";
import type { AuditRecord } from "../../lib/domain/audit-entry.ts";
import type { BadHead, HeadsVerdict } from "../../lib/domain/audit-heads.ts";
import { oneLine } from "../../lib/domain/line.ts";

export interface Found {
	/** `unchecked`: nothing wrong was found, and not everything could be checked. */
	readonly verdict: "whole" | "broken" | "unchecked";
	readonly chain: Verdict;
	readonly heads: HeadsVerdict;
	/** The stores that were compared with it; a sentence each. */
	readonly checked: readonly string[];
	/** What lies where the log is, and is no part of it. */
	readonly beside: readonly string[];
	/** What could not be checked, and why; a sentence each. */
	readonly notChecked: readonly string[];
	/** Where a filter was given: what it lets through. */
	readonly records?: readonly AuditRecord[];
}

export function report(found: Found): string {
	const { chain, heads, checked, notChecked, beside, records } = found;
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
		...rows.map(([name, value]) => oneLine(`${name.padEnd(25)}${value}`)),
		...openIntents.map(({ rotationId, step, time }) => oneLine(`  ${time}  ${step} of ${rotationId}: no outcome`)),
		...(records ?? []).map(recordLine).map(oneLine),
		...checked.map((each) => oneLine(`compared with ${each}`)),
		...beside.map((each) => `${coloured("yellow", "no part of the log")}: ${oneLine(each)}, to which no record leads.`),
		...verdictLines(found),
		...notChecked.map((each) => `${coloured("yellow", "not checked")}: ${oneLine(each)}`),
		"",
	].join("\n");
}

function verdictLines({ verdict, chain: { events, bad, foreign = [] }, heads: { flaws } }: Found): string[] {
	if (verdict === "broken") {
		return [
			...(bad ? [coloured("red", `the chain is broken: ${bad.flaw}`), sentence(bad)] : []),
			...foreign.map((each) => `${coloured("red", "somebody else's record")}: ${sentence(each)}`),
			...flaws.flatMap((flaw) => [coloured("red", `the log is not what was signed: ${flaw.flaw}`), sentence(flaw)]),
			"Keep the log as it is.",
		];
	}
	if (events === 0) return [coloured("yellow", "the log has no record, and there is nothing to check")];
	const chain = coloured("green", "the chain is whole");
	if (verdict === "whole") return [chain, coloured("green", "the log is what was signed")];
	return [chain, coloured("yellow", "not everything was checked, so whether records are gone is not known")];
}

function sentence(flaw: BadRecord | BadHead): string {
	const name = flaw.seq === undefined ? "A line" : `Record ${flaw.seq}`;
	const id = "id" in flaw && flaw.id !== undefined ? `, id ${flaw.id}` : "";
	return oneLine(`${name} (${flaw.file}, line ${flaw.line}${id}): ${flaw.detail}.`);
}

function recordLine({ time, data }: AuditRecord): string {
	const { seq, step, phase, code = "-", secretName, actor } = data;
	const who = `${actor.user.type}${actor.user.uid === undefined ? "" : ` ${actor.user.uid}`}`;
	return `  ${seq}  ${time}  ${secretName}  ${step} ${phase}  ${code}  ${who}`;
}

/** Plain where the output is no terminal, or NO_COLOR is set. */
const coloured = (colour: "green" | "yellow" | "red", text: string): string =>
	styleText(colour, text, { stream: process.stdout, validateStream: true });
