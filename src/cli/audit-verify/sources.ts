// Where audit:verify gets log, heads and keys from: exported files, or the live stores. SDKs are loaded only where something
// live is asked.

import { createPublicKey, type KeyObject } from "node:crypto";
import type { Line } from "../../lib/domain/audit-chain.ts";
import { type FoundHead, headIn, type KeysOf } from "../../lib/domain/audit-heads.ts";
import { Fault } from "../../lib/domain/fault.ts";
import { filesOf, textIn } from "../support/files.ts";
import { Unusable } from "../support/run.ts";
import { headOf, headsInText } from "./head-rows.ts";

async function credential() {
	const { azureCredential } = await import("../../lib/adapters/identity/credential.ts");
	const { AZURE_CLIENT_ID } = process.env;
	return azureCredential({ AZURE_CLIENT_ID }, process.env);
}

export async function linesOfLog(
	containerUrl: string,
	onForeign: (names: readonly string[]) => void,
): Promise<AsyncIterable<Line>> {
	const { auditLines } = await import("../../lib/adapters/blob/audit-log.ts");
	return auditLines({ containerUrl, credential: await credential() }, { strays: true, onForeign });
}

export const isUrl = (source: string): boolean => /^https?:\/\//i.test(source);

const isWorkspace = (source: string): boolean =>
	/^\/v1\/workspaces\/[0-9a-f-]{36}(\/query)?\/?$/i.test(URL.parse(source)?.pathname ?? "");

const mostBytes = 512 * 1024 * 1024;

/**
 * @param source a container, a workspace of Log Analytics, a file of what was exported of either, or a folder of such files
 * @param log the log that is verified, where that is known
 */
export async function headsFrom(source: string, table: string, log: string | undefined): Promise<FoundHead[]> {
	if (!isUrl(source)) {
		const files = await filesOf(source, ".ndjson", "Give a file of signed heads, or a folder of .ndjson files.");
		const found = files.map(async (file) => {
			const text = await textIn(file, "Give a file of signed heads.", mostBytes);
			return headsInText(file, text);
		});
		return (await Promise.all(found)).flat();
	}
	if (isWorkspace(source)) {
		const { headRows } = await import("../../lib/adapters/monitor/head-rows.ts");
		const logs = log === undefined ? undefined : [log, `${log}/`];
		const rows = await headRows({ workspaceUrl: source, table, credential: await credential(), ...(logs && { logs }) });
		return rows.map((row, at) => headOf(`${source} ${table}`, at + 1, row));
	}
	const { headLines } = await import("../../lib/adapters/blob/heads.ts");
	const lines = headLines({ containerUrl: source, credential: await credential() });
	return (await Array.fromAsync(lines)).map(headIn);
}

/** Why signatures could not be checked, once one was to be. */
export interface Keys {
	readonly keysOf: KeysOf;
	readonly problems: () => readonly string[];
}

/** @param sources keys in Key Vault, and files: PEM, a JWK, or a JWK set. All of them may have signed. */
export async function keysFrom(sources: readonly string[]): Promise<Keys> {
	const files = sources.filter((source) => !isUrl(source));
	const given = (await Promise.all(files.map(keysInFile))).flat();
	const problems = new Set<string>();
	if (sources.length === 0) problems.add("no key is given: set AUDIT_SIGNING_KEY_URL or --key.");
	const live = await Promise.all(sources.filter(isUrl).map(versionsOf));
	const asked = new Map<string, Promise<{ keys: readonly KeyObject[]; others: boolean }>>();
	async function ask(version: string) {
		const keys = [...given];
		let others = sources.length === 0;
		for (const versionOf of live) {
			try {
				const found = await versionOf(version);
				if (found) keys.push(found);
			} catch (error) {
				if (!(error instanceof Fault)) throw error;
				problems.add(`${error.sentence} ${error.next}`);
				others = true;
			}
		}
		return { keys, others };
	}
	return {
		keysOf(version) {
			const asking = asked.get(version) ?? ask(version);
			asked.set(version, asking);
			return asking;
		},
		problems: () => [...problems],
	};
}

async function versionsOf(keyUrl: string) {
	if (!/^\/keys\/[0-9a-zA-Z-]{1,127}(\/[0-9a-f]{32})?\/?$/.test(new URL(keyUrl).pathname)) {
		const next = "Give https://<vault>.vault.azure.net/keys/<name>, or a file.";
		throw new Unusable("key-not-valid", `${keyUrl} is not the address of a key.`, next);
	}
	const { versionsOfKey } = await import("../../lib/adapters/key-vault/public-key.ts");
	return versionsOfKey({ keyUrl: keyUrl.replace(/\/$/, ""), credential: await credential() });
}

async function keysInFile(file: string): Promise<KeyObject[]> {
	const next = "Give PEM, a JWK or a JWK set.";
	const text = await textIn(file, next, 1024 * 1024);
	try {
		if (!text.trimStart().startsWith("{")) return [createPublicKey(text)];
		const { keys, ...own } = JSON.parse(text) as { keys?: object[] };
		const found = (keys ?? [own]).map((key) => createPublicKey({ key: { ...key }, format: "jwk" }));
		if (found.length > 0) return found;
	} catch {
		// Text that is not a key is reported in our own words.
	}
	throw new Unusable("key-not-valid", `${file} holds no public key.`, next);
}
