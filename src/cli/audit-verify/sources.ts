// Where audit:verify gets log, heads and keys from: exported files, or the live stores. SDKs are loaded only where something
// live is asked.

import { createPublicKey, type KeyObject } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Line, linesIn } from "../../lib/domain/audit-chain.ts";
import { type FoundHead, headIn, type KeysOf } from "../../lib/domain/audit-heads.ts";
import { Fault } from "../../lib/domain/fault.ts";
import { headOfRow } from "../../lib/domain/signed-head.ts";

/** Files, the oldest first. */
export async function* linesOfFiles(files: readonly string[]): AsyncGenerator<Line> {
	for (const file of files) {
		// An export may have got the line ends of Windows on its way; a record has none within it.
		for await (const line of linesIn(file, createReadStream(file)))
			yield { ...line, text: line.text.replace(/\r$/, "") };
	}
}

async function credential() {
	const { azureCredential } = await import("../../lib/adapters/identity/credential.ts");
	const { AZURE_CLIENT_ID } = process.env;
	return azureCredential({ AZURE_CLIENT_ID }, process.env);
}

export async function linesOfLog(containerUrl: string): Promise<AsyncIterable<Line>> {
	const { auditLines } = await import("../../lib/adapters/blob/audit-log.ts");
	return auditLines({ containerUrl, credential: await credential() });
}

export const isUrl = (source: string): boolean => /^https?:\/\//.test(source);

/** @param source a container, or a file: one head a line, or a JSON array of rows as Log Analytics exports them */
export async function headsFrom(source: string): Promise<FoundHead[]> {
	if (isUrl(source)) {
		const { headLines } = await import("../../lib/adapters/blob/heads.ts");
		const lines = headLines({ containerUrl: source, credential: await credential() });
		return (await Array.fromAsync(lines)).map(headIn);
	}
	const text = await readFile(source, "utf8");
	if (!text.trimStart().startsWith("[")) return (await Array.fromAsync(linesOfFiles([source]))).map(headIn);
	let rows: readonly Record<string, unknown>[];
	try {
		rows = JSON.parse(text);
	} catch {
		return [{ at: { file: source, line: 1, text: "" }, signed: undefined }];
	}
	// Of an array the place is the number of the row.
	return rows.map((row, at) => ({ at: { file: source, line: at + 1, text: "" }, signed: headOfRow(row ?? {}) }));
}

/** Why signatures could not be checked, once one was to be. */
export interface Keys {
	readonly keysOf: KeysOf;
	readonly problem: () => string | undefined;
}

/** @param sources the key in Key Vault, or files: PEM, a JWK, or a JWK set */
export async function keysFrom(sources: readonly string[]): Promise<Keys> {
	const [url] = sources.filter(isUrl);
	const files = sources.filter((source) => !isUrl(source));
	const given = (await Promise.all(files.map(keysInFile))).flat();
	let problem: string | undefined =
		sources.length === 0 ? "no key is given: set AUDIT_SIGNING_KEY_URL or --key" : undefined;
	const asked = new Map<string, Promise<KeyObject | undefined>>();
	const live = url === undefined ? undefined : await versionsOf(url);
	const keysOf: KeysOf = async (version) => {
		if (sources.length === 0) return "unchecked";
		if (!live) return given;
		const asking = asked.get(version) ?? live(version);
		asked.set(version, asking);
		try {
			const found = await asking;
			return found ? [...given, found] : given;
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			problem = `${error.sentence} ${error.next}`;
			return "unchecked";
		}
	};
	return { keysOf, problem: () => problem };
}

async function versionsOf(keyUrl: string) {
	const { versionsOfKey } = await import("../../lib/adapters/key-vault/public-key.ts");
	return versionsOfKey({ keyUrl, credential: await credential() });
}

async function keysInFile(file: string): Promise<KeyObject[]> {
	const text = await readFile(file, "utf8");
	try {
		if (!text.trimStart().startsWith("{")) return [createPublicKey(text)];
		const given = JSON.parse(text) as { keys?: object[] };
		return (given.keys ?? [given]).map((key) => createPublicKey({ key: { ...key }, format: "jwk" }));
	} catch {
		throw new NotAKey(file);
	}
}

export class NotAKey extends Error {
	readonly file: string;
	constructor(file: string) {
		super(`${file} holds no public key.`);
		this.file = file;
	}
}
