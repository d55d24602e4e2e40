// `npm run audit:verify`: is the audit log what was written?

import { parseArgs } from "node:util";
import { Settings } from "../lib/config/settings.ts";
import { verifyChain, type Walk } from "../lib/domain/audit-chain.ts";
import { type FoundHead, headsCheck, logsOf } from "../lib/domain/audit-heads.ts";
import { Fault } from "../lib/domain/fault.ts";
import type { AuditRecord } from "../lib/ports/audit-log.ts";
import { type Found, report } from "./audit-verify/report.ts";
import { headsFrom, isUrl, keysFrom, linesOfFiles, linesOfLog, NotAKey } from "./audit-verify/sources.ts";

const help = `Walks the audit log from its first record to its last, names the first one that was edited, removed, put in,
repeated or moved, and compares the log with its signed heads: beside it, and in the second store. It says what
it could not check. Nothing is written.

  npm run audit:verify                        the log and the stores of the app settings
  npm run audit:verify -- --container URL     another container, with the same identity
  npm run audit:verify -- FILE...             exported blobs, the oldest first; nothing is contacted
  npm run -s audit:verify -- --json ...       the same as one JSON object

  --heads FILE      signed heads that were beside the log, with exported files
  --copy SOURCE     signed heads of the second store: a container, a file of lines, or rows of Log Analytics as JSON;
                    else AUDIT_COPY_CONTAINER_URL
  --key SOURCE      the public key: its address in Key Vault, PEM, a JWK or a JWK set; else AUDIT_SIGNING_KEY_URL.
                    It may be given several times.
  --log URL         with exported files: the container that they are from, where the heads are of several logs
  --secret NAME     count and show this secret's records only; all are verified
  --from, --to TIME the same for records of that time, ISO 8601: --from included, --to not

Examples:
  npm run audit:verify -- --container https://titanicaudit.blob.core.windows.net/audit
  npm run audit:verify -- --key audit-head.pem --heads heads.ndjson --copy query.json 2026-10.ndjson 2026-11.ndjson
  npm run audit:verify -- --secret db-password --from 2026-11-01

It signs in as the app's managed identity in Azure, and elsewhere as whoever is signed in (az login); that
needs the role Storage Blob Data Reader on the containers, and keys/read on the key unless a file is given.

Exit code: 0 the log is whole, 1 it is not, 2 the log cannot be read or wrong arguments.
`;

const text = { type: "string" } as const;
const many = { type: "string", multiple: true } as const;
const flag = { type: "boolean" } as const;
const options = {
	container: text,
	heads: many,
	copy: many,
	key: many,
	log: text,
	secret: text,
	from: text,
	to: text,
	json: flag,
	help: { ...flag, short: "h" },
} as const;
const parse = (args: readonly string[]) => parseArgs({ args: [...args], options, allowPositionals: true });
type Values = ReturnType<typeof parse>["values"];

interface Sources {
	readonly files: readonly string[];
	readonly containerUrl?: string;
	readonly heads: readonly string[];
	readonly copies: readonly string[];
	readonly keys: readonly string[];
}

/** @returns the exit code */
async function main(args: readonly string[]): Promise<0 | 1 | 2> {
	let given: ReturnType<typeof parse>;
	try {
		given = parse(args);
	} catch (error) {
		return complain(`${(error as Error).message}\n\n${help}`);
	}
	const { values, positionals } = given;
	if (values.help) return say(help, 0);
	const sources = sourcesOf(positionals, values);
	const wrong = typeof sources === "string" ? sources : wrongTime(values);
	if (wrong !== undefined || typeof sources === "string") return complain(`${wrong}\n\n${help}`);
	let found: Found;
	try {
		found = await verify(sources, values);
	} catch (error) {
		const problem = problemOf(error);
		if (values.json) say(`${JSON.stringify({ whole: null, problem })}\n`, 2);
		return complain(`${problem.message} ${problem.next}\n`);
	}
	const code = found.whole ? 0 : 1;
	return say(values.json ? `${JSON.stringify(asJson(found))}\n` : report(found), code);
}

/** The first flaw is `bad`, of the chain or of the heads; all of the heads' are in `heads`. */
function asJson({ whole, chain, heads, notChecked, records }: Found): object {
	return { whole, ...chain, bad: chain.bad ?? heads.flaws[0], heads, notChecked, records };
}

async function verify({ files, containerUrl, heads, copies, keys }: Sources, values: Values): Promise<Found> {
	// Heads first: the log only grows, so each of them must be in it.
	const notChecked: string[] = [];
	const [besides, seconds] = ["heads beside the log", "the second store"];
	const beside = await headsOf(besides, heads, notChecked);
	const copied = await headsOf(seconds, copies, notChecked);
	const { keysOf, problem } = await keysFrom(keys);
	const log = containerUrl === undefined ? values.log : nameOf(containerUrl);
	const all = [...beside, ...copied.map((head) => ({ ...head, shared: true }))];
	const known = log !== undefined || logsOf(all).length <= 1;
	if (!known) notChecked.push("signed heads: they are of several logs; give the one with --log.");
	const check = headsCheck(known ? all : [], log);
	const records: AuditRecord[] = [];
	const shows = filterOf(values);
	const walk: Walk = {
		partial: files.length > 0,
		blobs: files.length === 0,
		...(shows && { shows }),
		onRecord(record, at) {
			check.onRecord(record, at);
			if (shows?.(record)) records.push(record);
		},
	};
	const lines = containerUrl === undefined ? linesOfFiles(files) : await linesOfLog(containerUrl);
	const chain = await verifyChain(lines, walk);
	const verdict = await check.verdict(chain, keysOf);
	if (chain.begins > 1) {
		notChecked.unshift(`records 1 to ${chain.begins - 1} come before the first one that was given.`);
	}
	if (chain.bad) notChecked.push("what comes after the bad record.");
	if (heads.length === 0) notChecked.push(`${besides}, because none are given (--heads).`);
	if (copies.length === 0) notChecked.push(`${seconds}, because none is given (--copy, AUDIT_COPY_CONTAINER_URL).`);
	const unsigned = problem();
	if (unsigned !== undefined && beside.length + copied.length > 0)
		notChecked.push(`signatures: ${unsigned}.`.replace("..", "."));
	const { latest } = verdict;
	const after = latest ? `record ${latest.seq}, the last one that a signed head names` : "the log's start";
	notChecked.push(`whether records after ${after} and after the last one here were cut off.`);
	return {
		whole: !chain.bad && verdict.flaws.length === 0,
		chain,
		heads: verdict,
		notChecked,
		...(shows && { records }),
	};
}

/** What cannot be read is told among what was not checked: the log may be whole all the same. */
async function headsOf(what: string, sources: readonly string[], notChecked: string[]): Promise<FoundHead[]> {
	const found: FoundHead[] = [];
	for (const source of sources) {
		try {
			const heads = await headsFrom(source);
			if (heads.length === 0) notChecked.push(`${what}: there is no signed head in ${source}.`);
			found.push(...heads);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			notChecked.push(`${what}: ${error.sentence}`);
		}
	}
	return found;
}

/** As the app names the log in what it signs. */
function nameOf(containerUrl: string): string {
	const { origin, pathname } = new URL(containerUrl);
	return origin + pathname;
}

function filterOf({ secret, from, to }: Values): ((record: AuditRecord) => boolean) | undefined {
	if (secret === undefined && from === undefined && to === undefined) return undefined;
	const [least, most] = [from, to].map((time) => (time === undefined ? undefined : Date.parse(time)));
	return ({ data }) =>
		(secret === undefined || data.secretName === secret) &&
		(least === undefined || data.time >= least) &&
		(most === undefined || data.time < most);
}

function wrongTime({ from, to }: Values): string | undefined {
	for (const time of [from, to]) {
		if (time === undefined || (/^\d{4}-\d{2}-\d{2}/.test(time) && !Number.isNaN(Date.parse(time)))) continue;
		return "--from and --to take a date or a time in ISO 8601: 2026-11-01 or 2026-11-01T10:00:00Z.";
	}
	return undefined;
}

function sourcesOf(files: readonly string[], { container, heads = [], copy, key }: Values): Sources | string {
	// An empty setting is a missing one.
	const settings = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
	if (files.length > 0) {
		if (container !== undefined) return "Give files or a container, not both.";
		return { files, heads, copies: copy ?? [], keys: key ?? [] };
	}
	const given = container ?? settings.AUDIT_CONTAINER_URL;
	if (given === undefined) return "Give files, --container URL, or the setting AUDIT_CONTAINER_URL.";
	const copies = copy ?? [settings.AUDIT_COPY_CONTAINER_URL].filter((each) => each !== undefined);
	const keys = key ?? [settings.AUDIT_SIGNING_KEY_URL].filter((each) => each !== undefined);
	for (const address of [given, ...[...copies, ...keys].filter(isUrl)]) {
		const checked = Settings.shape.AUDIT_CONTAINER_URL.safeParse(address);
		if (!checked.success) return `The container's URL ${checked.error.issues[0]?.message}.`;
	}
	return { files, containerUrl: given, heads: heads.length > 0 ? heads : [given], copies, keys };
}

function problemOf(error: unknown): { code: string; message: string; next: string } {
	if (error instanceof Fault) return { code: error.code, message: error.sentence, next: error.next };
	if (error instanceof NotAKey) {
		return { code: "key-not-valid", message: error.message, next: "Give PEM, a JWK or a JWK set." };
	}
	const { code, path } = error as NodeJS.ErrnoException;
	if (code === undefined || path === undefined) throw error;
	return { code, message: `${path} cannot be read (${code}).`, next: "Give the exported blobs, the oldest first." };
}

function say<Code extends 0 | 1 | 2>(output: string, code: Code): Code {
	process.stdout.write(output);
	return code;
}

function complain(output: string): 2 {
	process.stderr.write(output);
	return 2;
}

process.exitCode = await main(process.argv.slice(2));
