// Does the log still hold what was signed? What the chain alone cannot show: an end that was cut off, and a log that was rewritten.
// AV1. A head counts only with a good signature where there is a key to check it with. Otherwise: anyone who spoils the log
//      signs what is left of it. Where there is no key, the answer says so.
// AV2. Heads come in any order, and twice: neither is a flaw. Kept by: audit-heads.test.ts.

import type { KeyObject } from "node:crypto";
import type { Line, Verdict } from "./audit-chain.ts";
import type { AuditRecord } from "./audit-entry.ts";
import type { SignedHead } from "./head.ts";
import { isSignedBy, parseHead } from "./signed-head.ts";

export interface FoundHead {
	readonly at: Line;
	/** `undefined`: the line is not a head. */
	readonly signed: SignedHead | undefined;
	/** Its store is for other logs too: theirs are passed over. */
	readonly shared?: boolean;
}

export const headIn = (at: Line): FoundHead => ({ at, signed: parseHead(at.text) });

/** The logs whose heads these are. */
export const logsOf = (found: readonly FoundHead[]): string[] => [
	...new Set(found.flatMap(({ signed }) => signed?.head.log.replace(/\/+$/, "") ?? [])),
];

/** A slash at the end of a container's address names the same one: the app may have been given the address like that. */
const isSame = (one: string, other: string | undefined): boolean =>
	one.replace(/\/+$/, "") === other?.replace(/\/+$/, "");

export type HeadFlaw = "unreadable-head" | "foreign-head" | "forged" | "rewritten" | "truncated";

export interface BadHead {
	readonly flaw: HeadFlaw;
	/** Of the head; of the record where that one is at fault. */
	readonly file: string;
	readonly line: number;
	readonly seq?: number;
	readonly detail: string;
}

/**
 * The keys that may have signed.
 * @returns of this version of a key: all that it may be; whether there may be others, which could not be had
 */
export type KeysOf = (version: string) => Promise<{ keys: readonly KeyObject[]; others: boolean }>;

export interface HeadsVerdict {
	readonly heads: number;
	readonly verified: number;
	/** The newest one that counts. */
	readonly latest?: { readonly seq: number; readonly time: string };
	readonly flaws: readonly BadHead[];
}

/**
 * @param found heads read before the log is walked: it only grows
 * @param log the log's name; `undefined` only where all heads are of one log
 */
export function headsCheck(all: readonly FoundHead[], log = logsOf(all)[0]) {
	const found = all.filter(({ shared, signed }) => !shared || !signed || isSame(signed.head.log, log));
	const wanted = new Set(found.flatMap(({ signed }) => signed?.head.seq ?? []));
	const there = new Map<number, { hash: string; at: Line }>();
	return {
		/** To be called for each record of the log. */
		onRecord({ data }: AuditRecord, at: Line): void {
			if (wanted.has(data.seq)) there.set(data.seq, { hash: data.hash, at });
		},
		/** Once the log was walked. */
		async verdict(chain: Verdict, keysOf: KeysOf): Promise<HeadsVerdict> {
			const flaws: BadHead[] = [];
			const counting: { head: SignedHead["head"]; at: Line }[] = [];
			let verified = 0;
			for (const { at, signed } of found) {
				const bad = (flaw: HeadFlaw, detail: string, seq?: number) =>
					void flaws.push({ flaw, file: at.file, line: at.line, seq, detail });
				if (!signed) {
					bad("unreadable-head", "it is not a signed head");
					continue;
				}
				const { head, key } = signed;
				if (!isSame(head.log, log)) {
					bad("foreign-head", `it is a head of the log ${head.log}`, head.seq);
					continue;
				}
				const { keys, others } = await keysOf(key);
				if (keys.some((each) => isSignedBy(signed, each))) verified++;
				else if (!others) {
					bad("forged", `the head of record ${head.seq} was not signed by the log's key`, head.seq);
					continue;
				}
				counting.push({ head, at });
			}
			counting.sort((a, b) => a.head.seq - b.head.seq || (a.head.time < b.head.time ? -1 : 1));
			for (const { head } of counting) {
				const record = there.get(head.seq);
				if (!record || record.hash === head.hash) continue;
				const { file, line } = record.at;
				const detail = `record ${head.seq} is another one than was signed at ${head.time}: the log was rewritten`;
				flaws.push({ flaw: "rewritten", file, line, seq: head.seq, detail });
			}
			const latest = counting.at(-1);
			if (latest && !chain.bad && latest.head.seq > chain.head.seq) {
				const { seq, time } = latest.head;
				const detail = `record ${seq} was signed as the head at ${time}, and the log ends with record ${chain.head.seq}`;
				flaws.push({ flaw: "truncated", file: latest.at.file, line: latest.at.line, seq, detail });
			}
			return {
				heads: found.length,
				verified,
				...(latest && { latest: { seq: latest.head.seq, time: latest.head.time } }),
				flaws,
			};
		},
	};
}
