// The audit log in memory, under the same contract suite as the one on append blobs.

import { follows, parseLine } from "../../src/lib/domain/audit-chain.ts";
import type { AuditRecord, Entry } from "../../src/lib/domain/audit-entry.ts";
import { checked, idOf, type Link, lineOf, recordOf, start } from "../../src/lib/domain/audit-record.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import { follow, missingOutcomes, type OpenIntents } from "../../src/lib/domain/open-intents.ts";
import type { AuditLog } from "../../src/lib/ports/audit-log.ts";
import type { Clock } from "../../src/lib/ports/clock.ts";
import type { Hooks } from "./hooks.ts";

export interface MemoryAudit extends AuditLog {
	/** The log's lines; a change to them is tampering. */
	readonly lines: string[];
	readonly records: readonly AuditRecord[];
	/** What somebody else has put beside the log. */
	readonly strangers: string[];
	/** No call gets through. @returns a function that restores it */
	cut(): () => void;
	/** Every append is answered with this fault. @returns a function that restores it */
	refuse(fault: Fault): () => void;
}

const log = "memory";

/** Effects: `audit <step> <phase>` of each entry of a call, joined by `+`. */
export function memoryAudit({ clock, hooks = {} }: { clock: Clock; hooks?: Hooks }): MemoryAudit {
	const lines: string[] = [];
	const strangers: string[] = [];
	let isCut = false;
	let refusal: Fault | undefined;

	let walked: readonly string[] = [];
	let end: { head: Link; ids: Set<string> } = { head: start, ids: new Set() };

	/** The chain's end. Lines that are as they were when they were walked, or written here, are not walked again. */
	const read = (): { head: Link; ids: Set<string> } => {
		const isAsWalked = walked.length <= lines.length && walked.every((line, index) => line === lines[index]);
		let { head } = isAsWalked ? end : { head: start };
		const ids = isAsWalked ? end.ids : new Set<string>();
		for (const line of lines.slice(isAsWalked ? walked.length : 0)) {
			const record = parseLine(line);
			if ("flaw" in record) throw new Fault("audit-broken", { log, detail: record.detail });
			if (!follows(record, head)) throw new Fault("audit-broken", { log, detail: "the chain does not go on" });
			head = record.data;
			ids.add(record.id);
		}
		walked = [...lines];
		end = { head, ids };
		return end;
	};

	const take = (entries: readonly Entry[]): number => {
		const before = lines.length;
		const { ids, ...known } = read();
		let { head } = known;
		for (const entry of entries) {
			if (ids.has(idOf(entry))) continue;
			const record = recordOf(entry, { previous: head, time: clock.now() });
			lines.push(lineOf(record).trimEnd());
			head = record.data;
			ids.add(record.id);
		}
		walked = [...lines];
		end = { head, ids };
		return lines.length - before;
	};

	const append = async (...entries: Entry[]): Promise<number> => {
		const own = entries.map(checked);
		const effect = `audit ${own.map(({ step, phase }) => `${step} ${phase}`).join("+")}`;
		await hooks.before?.(effect);
		if (isCut) throw new Fault("audit-unavailable", { log });
		if (refusal) throw refusal;
		const written = take(own);
		await hooks.after?.(effect);
		return written;
	};

	const missing = (): Entry[] => {
		if (isCut) throw new Fault("audit-unavailable", { log });
		const open: OpenIntents = new Map();
		for (const line of lines.slice(-1000)) follow(open, JSON.parse(line).data);
		return missingOutcomes(open);
	};

	return {
		lines,
		strangers,
		get records() {
			return lines.map((line) => JSON.parse(line));
		},
		cut() {
			isCut = true;
			return () => {
				isCut = false;
			};
		},
		refuse(fault) {
			refusal = fault;
			return () => {
				refusal = undefined;
			};
		},
		append,
		missingOutcomes: async () => missing(),
		async closeIntents(isOver) {
			const outcomes = missing().filter(isOver);
			if (outcomes.length > 0) await append(...outcomes);
		},
		async recent() {
			if (isCut) throw new Fault("audit-unavailable", { log });
			return lines.slice(-1000).map((line) => JSON.parse(line));
		},
		/** A record is one byte long here. */
		async stretch(from) {
			if (isCut) throw new Fault("audit-unavailable", { log });
			const at = from instanceof Date || !from ? 0 : from.offset;
			if (from && !(from instanceof Date) && from.blob !== log) return undefined;
			if (at > lines.length) return undefined;
			const records = lines.slice(at).map((line, index) => ({
				record: JSON.parse(line),
				after: { blob: log, offset: at + index + 1 },
			}));
			return { records };
		},
		async beside() {
			if (isCut) throw new Fault("audit-unavailable", { log });
			return strangers;
		},
		async head() {
			if (isCut) throw new Fault("audit-unavailable", { log });
			if (refusal) throw refusal;
			const { seq, hash } = read().head;
			return seq === 0 ? undefined : { log, seq, hash };
		},
		async *asStored() {
			if (isCut) throw new Fault("audit-unavailable", { log });
			for (const [index, text] of lines.entries()) yield { file: log, line: index + 1, text };
		},
		async end() {
			if (isCut) throw new Fault("audit-unavailable", { log });
			return { blob: log, offset: lines.length };
		},
		async *read() {
			if (isCut) throw new Fault("audit-unavailable", { log });
			for (const line of lines) yield JSON.parse(line);
		},
	};
}
