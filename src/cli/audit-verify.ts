// `npm run audit:verify`: is the audit log what was written?
// VE1. What could not be checked is not whole: it has its own exit code. Otherwise: anyone who empties log and stores, or takes
//      a right away, gets the verdict of a log that is whole. Kept by: audit-tampering.test.ts.

import { verifyChain, type Walk } from "../lib/domain/audit-chain.ts";
import type { AuditRecord } from "../lib/domain/audit-entry.ts";
import { type FoundHead, headsCheck, logsOf } from "../lib/domain/audit-heads.ts";
import { Fault } from "../lib/domain/fault.ts";
import { help, parse, type Sources, sourcesOf, type Values } from "./audit-verify/arguments.ts";
import { exportedIn, linesOfFiles } from "./audit-verify/folder.ts";
import { type Found, report } from "./audit-verify/report.ts";
import { headsFrom, keysFrom, linesOfLog } from "./audit-verify/sources.ts";
import { type Output, run, sentenceOf, Unusable } from "./support/run.ts";

/** @param args as after `audit-verify.ts` on the command line */
export async function auditVerify(args: readonly string[]): Promise<Output> {
	let given: ReturnType<typeof parse>;
	try {
		given = parse(args);
	} catch (error) {
		return { code: 2, stderr: `${(error as Error).message}\n\n${help}` };
	}
	const { values, positionals } = given;
	if (values.help) return { code: 0, stdout: help };
	const sources = sourcesOf(positionals, values);
	if (typeof sources === "string") return { code: 2, stderr: `${sources}\n\n${help}` };
	let found: Found;
	try {
		found = await verify(sources, values);
	} catch (error) {
		const problem = problemOf(error);
		const stdout = values.json ? `${JSON.stringify({ whole: null, problem })}\n` : "";
		return { code: 2, stdout, stderr: `${problem.message} ${problem.next}`.trimEnd().concat("\n") };
	}
	const code = { whole: 0, broken: 1, unchecked: 3 }[found.verdict];
	return { code, stdout: values.json ? `${JSON.stringify(asJson(found))}\n` : report(found) };
}

/** The first flaw is `bad`, of the chain or of the heads; all of the heads' are in `heads`. */
function asJson({ verdict, chain, heads, checked, notChecked, beside, records }: Found): object {
	const whole = { whole: true, broken: false, unchecked: null }[verdict];
	const bad = chain.bad ?? heads.flaws[0] ?? chain.foreign?.[0];
	return { whole, verdict, ...chain, bad, heads, checked, notChecked, beside, records };
}

async function verify(sources: Sources, values: Values): Promise<Found> {
	const { containerUrl, copies, keys, table } = sources;
	const exported = await Promise.all(sources.files.map(exportedIn));
	const files = exported.flatMap((each) => each.files);
	const heads = [...sources.heads, ...exported.flatMap((each) => each.heads)];
	const notChecked: string[] = [];
	const given = containerUrl ?? values.log;
	const log = given === undefined ? undefined : nameOf(given);
	// Heads first: the log only grows, so each of them must be in it.
	const [besides, seconds] = ["heads beside the log", "the second store"];
	const beside = await headsOf(besides, heads, table, log, notChecked);
	const copied = await headsOf(seconds, copies, table, log, notChecked);
	const { keysOf, problems } = await keysFrom(keys);
	const all = [...beside, ...copied.map((head) => ({ ...head, shared: true }))];
	const known = log !== undefined || logsOf(all).length <= 1;
	if (!known) notChecked.push("signed heads: they are of several logs; give the one with --log.");
	const check = headsCheck(known ? all : [], log);
	const records: AuditRecord[] = [];
	const foreign: string[] = [];
	const shows = filterOf(values);
	const walk: Walk = {
		partial: containerUrl === undefined,
		blobs: containerUrl !== undefined,
		...(shows && { shows }),
		onRecord(record, at) {
			check.onRecord(record, at);
			if (shows?.(record)) records.push(record);
		},
	};
	const onForeign = (names: readonly string[]) => void foreign.push(...names);
	const isFolder = exported.length === 1 && files[0] !== sources.files[0];
	const lines =
		containerUrl === undefined ? linesOfFiles(files, isFolder, onForeign) : await linesOfLog(containerUrl, onForeign);
	const chain = await verifyChain(lines, walk);
	const signed = await check.verdict(chain, keysOf);
	const { begins, events } = chain;
	if (begins > 1) notChecked.unshift(`records 1 to ${begins - 1} come before the first one that was given.`);
	if (chain.bad) notChecked.push("what comes after the bad record.");
	if (events === 0 && !chain.bad) notChecked.push("the log: it has no record.");
	if (heads.length === 0) notChecked.push(`${besides}, because none are given (--heads).`);
	if (copies.length === 0) notChecked.push(`${seconds}, because none is given (${whereCopies()}).`);
	const ofThis = (found: readonly FoundHead[]) => found.some((head) => !log || logsOf([head])[0] === log);
	if (copied.length > 0 && !ofThis(copied)) notChecked.push(`${seconds}: it has no signed head of this log.`);
	if (all.length > 0) notChecked.push(...problems().map((problem) => `signatures: ${problem}`));
	const isBroken = chain.bad !== undefined || chain.foreign !== undefined || signed.flaws.length > 0;
	const verdict = isBroken ? "broken" : notChecked.length > 0 ? "unchecked" : "whole";
	const { latest } = signed;
	const after = latest ? `record ${latest.seq}, the last one that a signed head names` : "the log's start";
	notChecked.push(`whether records after ${after} and after the last one here were cut off.`);
	return {
		verdict,
		chain,
		heads: signed,
		checked: checkedIn([besides, beside], [seconds, copied]),
		notChecked,
		beside: foreign,
		...(shows && { records }),
	};
}

/** What was read, and how far each part reaches. */
const checkedIn = (...stores: (readonly [string, readonly FoundHead[]])[]): string[] =>
	stores.flatMap(([what, found]) => {
		const heads = found.flatMap(({ signed }) => signed?.head ?? []).sort((a, b) => a.seq - b.seq);
		const [first, last] = [heads[0], heads.at(-1)];
		if (!first || !last) return [];
		return `${what}: ${heads.length} of records ${first.seq} to ${last.seq}, ${first.time} to ${last.time}.`;
	});

function whereCopies(): string {
	const { AUDIT_COPY_LOGS_ENDPOINT: endpoint } = process.env;
	if (!endpoint) return "--copy, AUDIT_COPY_CONTAINER_URL";
	return "it is a table of Log Analytics: --copy https://api.loganalytics.azure.com/v1/workspaces/<workspace id>";
}

/** What cannot be read is listed among what was not checked: nothing wrong may be found all the same. */
async function headsOf(
	what: string,
	sources: readonly string[],
	table: string,
	log: string | undefined,
	notChecked: string[],
): Promise<FoundHead[]> {
	const found: FoundHead[] = [];
	for (const source of sources) {
		try {
			const heads = await headsFrom(source, table, log);
			if (heads.length === 0) notChecked.push(`${what}: there is no signed head in ${source}.`);
			found.push(...heads);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			notChecked.push(`${what}: ${error.sentence} ${error.next}`);
		}
	}
	return found;
}

/** As the app names the log in what it signs. */
function nameOf(containerUrl: string): string {
	const { origin, pathname } = new URL(containerUrl);
	return origin + pathname.replace(/\/+$/, "");
}

function filterOf({ secret, from, to }: Values): ((record: AuditRecord) => boolean) | undefined {
	if (secret === undefined && from === undefined && to === undefined) return undefined;
	const [least, most] = [from, to].map((time) => (time === undefined ? undefined : Date.parse(time)));
	return ({ data }) =>
		(secret === undefined || data.secretName === secret) &&
		(least === undefined || data.time >= least) &&
		(most === undefined || data.time < most);
}

function problemOf(error: unknown): { code: string; message: string; next: string } {
	if (error instanceof Fault) return { code: error.code, message: error.sentence, next: error.next };
	if (error instanceof Unusable) return { code: error.code, message: error.message, next: error.next };
	return { code: "internal-error", message: sentenceOf(error), next: "" };
}

if (import.meta.main) await run(auditVerify);
