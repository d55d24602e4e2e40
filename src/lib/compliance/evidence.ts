// Evidence of one day: gathered, judged (domain/evidence), signed, and kept.
// EVD1. The log is verified by the very walk that it is read by. Otherwise: what is reported of it was read before or after somebody
//      changed it. Kept by: evidence.test.ts.
// EVD2. A day that is over has the same bytes each time: nothing in it depends on when it is asked for, and the first
//      signature stays. Kept by: evidence.test.ts.
// EVD3. A configuration counts only if it has the hash that the log names. Otherwise: anyone who may write records writes the policy that
//      everything is judged by. Kept by: evidence.test.ts.

import { createHash } from "node:crypto";
import type { Ports } from "../app.ts";
import { parseConfiguration } from "../config/load.ts";
import { type Verdict, verifyChain } from "../domain/audit-chain.ts";
import { evidenceOf } from "../domain/evidence/judge.ts";
import { reportDigest } from "../domain/evidence/report-digest.ts";
import { type Reading, reading } from "../domain/evidence/runs.ts";
import { digestOf, parseEvidence, signedEvidence, textOfEvidence } from "../domain/evidence/signed.ts";
import type { Declared, Evidence, SignedEvidence } from "../domain/evidence/statement.ts";
import type { SignedHead } from "../domain/head.ts";
import { version } from "../domain/version.ts";

export interface Asked {
	/** What was recorded before. */
	readonly asOf: Date;
	/** `from` included, `to` not. */
	readonly period: { readonly from: Date; readonly to: Date };
}

const tool = "titanic-secret-rotator";

/** @throws Fault of the log, the records, the heads or the key */
export async function evidence(ports: Ports, asked: Asked): Promise<SignedEvidence> {
	const { asOf, period } = asked;
	const records = await ports.records();
	const { log, read } = await walked(ports, asOf);
	const [report, trend, declared] = await Promise.all([
		records.reportAt(new Date(asOf.getTime() - 1)),
		records.reportCounts(period.from),
		declaredBy(ports, read.configHash, asOf),
	]);
	const told = evidenceOf({
		...{ asOf, period, declared, report, log, reading: read, trend, tool, version },
		reportDigest: report && reportDigest(report),
	});
	return kept(ports, told);
}

/** The log up to that time, verified as it is read. */
async function walked(ports: Ports, asOf: Date): Promise<{ log: Evidence["head"]["log"]; read: Reading }> {
	const [{ beside }, audit] = await Promise.all([ports.heads(), ports.audit()]);
	// Heads first: the log only grows, so each of them must be in it.
	const heads = (await Array.fromAsync(beside.all())).filter(({ head }) => Date.parse(head.time) < asOf.getTime());
	const name = (await audit.head())?.log ?? "";
	const signed = latestOf(heads.filter(({ head }) => head.log === name));
	const read = reading();
	let last = { seq: 0, hash: "0".repeat(64) };
	let isPast = false;
	let signedHash: string | undefined;
	const chain = await verifyChain(audit.asStored(), {
		onRecord(record) {
			const { seq, hash, time } = record.data;
			if (seq === signed?.head.seq) signedHash = hash;
			if (time >= asOf.getTime()) isPast = true;
			else {
				last = { seq, hash };
				read.take(record);
			}
		},
	});
	const flaw = flawIn(chain, isPast, last.seq);
	const headAgrees = signed && signedHash === signed.head.hash;
	return {
		log: {
			name,
			verdict: flaw === undefined && headAgrees !== false ? "whole" : "broken",
			...(flaw !== undefined && { flaw }),
			records: last.seq,
			last,
			...(signed && { signedHead: signed, headAgrees: headAgrees === true }),
		},
		read,
	};
}

/** What is wrong with records of a later day says nothing of this one. */
function flawIn({ bad, foreign = [] }: Verdict, isPast: boolean, last: number): string | undefined {
	const found = (isPast ? undefined : bad) ?? foreign.find(({ seq = 0 }) => seq <= last);
	return found && `${found.file}, line ${found.line}: ${found.detail}`;
}

const latestOf = (heads: readonly SignedHead[]): SignedHead | undefined =>
	heads.toSorted((a, b) => a.head.seq - b.head.seq || (a.head.time < b.head.time ? -1 : 1)).at(-1);

/** The configuration that the log named last; the present one where it names none by now. Nobody knows what an earlier day had. */
async function declaredBy(ports: Ports, hash: string | undefined, asOf: Date): Promise<Declared | undefined> {
	const present = await ports.configuration().catch(() => undefined);
	if (hash === undefined) return isOver(asOf, ports.clock.now()) ? undefined : present?.config;
	if (hash === present?.hash) return present.config;
	const text = await (await ports.records()).configurationOf(hash);
	if (text === undefined || createHash("sha256").update(text).digest("hex") !== hash) return undefined;
	const parsed = parseConfiguration(text);
	return "config" in parsed ? parsed.config : undefined;
}

/** A day that is over ends at its midnight, in UTC. */
const isOver = (asOf: Date, now: Date): boolean => asOf.getTime() <= now.getTime() - (now.getTime() % 86_400_000);

/** The first one that was signed with these very words, where there is one. */
async function kept(ports: Ports, told: Evidence): Promise<SignedEvidence> {
	const records = await ports.records();
	const digest = digestOf(told);
	const before = parseEvidence((await records.evidence(digest)) ?? "");
	// Anyone who may write records may have put something else there.
	if (before && digestOf(before.evidence) === digest) return before;
	const { signer } = await ports.heads();
	const signed = await signedEvidence(signer, told, ports.clock.now());
	if (signed.jws === undefined) return signed;
	const first = parseEvidence(await records.keepEvidence(digest, textOfEvidence(signed)));
	return first && digestOf(first.evidence) === digest ? first : signed;
}
