// What audit:verify is given: by options, and by the app's own settings where there are none.

import { parseArgs } from "node:util";
import { Settings } from "../../lib/config/settings.ts";
import { isUrl } from "./sources.ts";

export const help = `Walks the audit log from its first record to its last, names the first one that was edited, removed, put in,
repeated or moved, and compares the log with its signed heads: beside it, and in the second store. It says what
was checked, what was not, and why. Nothing is written.

  npm run audit:verify                        the log and the stores of the app settings
  npm run audit:verify -- --container URL     another container, with the same identity
  npm run audit:verify -- FOLDER              an exported container: its blobs by their names, heads/ beside audit/
  npm run audit:verify -- FILE...             exported blobs, the oldest first; nothing is contacted
  npm run -s audit:verify -- --json ...       the same as one JSON object

  --heads SOURCE    signed heads that were beside the log, with exported files: a file or a folder
  --copy SOURCE     signed heads of the second store: a container, a workspace of Log Analytics
                    (https://api.loganalytics.azure.com/v1/workspaces/<id>), or what was exported of either: lines,
                    JSON, CSV. Else AUDIT_COPY_CONTAINER_URL or AUDIT_COPY_WORKSPACE_URL
  --table NAME      the workspace's table; else that of AUDIT_COPY_LOGS_STREAM, else AuditHeads_CL
  --key SOURCE      a public key: its address in Key Vault, PEM, a JWK or a JWK set; else AUDIT_SIGNING_KEY_URL
  --log URL         with exported files: the container that they are from, where the heads are of several logs
  --secret NAME     count and show this secret's records only; all are verified
  --from, --to TIME the same for records of that time, ISO 8601: --from included, --to not

--heads, --copy and --key may be given several times: all of them count.

Examples:
  npm run audit:verify -- --container https://titanicaudit.blob.core.windows.net/audit
  npm run audit:verify -- --key audit-head.pem --heads heads.ndjson --copy query.json 2026-10.ndjson 2026-11.ndjson
  npm run audit:verify -- --secret db-password --from 2026-11-01

It signs in as the app's managed identity in Azure, and elsewhere as the person who is signed in (az login); that
needs the role Storage Blob Data Reader on the containers, Log Analytics Reader on the workspace, and keys/read on
the key unless a file is given.

Exit code: 0 the log is whole, and everything was checked; 1 it is not whole; 2 wrong arguments, or the log cannot be
read; 3 nothing wrong was found, but not everything could be checked.
`;

const text = { type: "string" } as const;
const many = { type: "string", multiple: true } as const;
const flag = { type: "boolean" } as const;
const options = {
	container: text,
	heads: many,
	copy: many,
	table: text,
	key: many,
	log: text,
	secret: text,
	from: text,
	to: text,
	json: flag,
	help: { ...flag, short: "h" },
} as const;

/** @throws TypeError for an unknown option, or one without its value */
export const parse = (args: readonly string[]) => parseArgs({ args: [...args], options, allowPositionals: true });
export type Values = ReturnType<typeof parse>["values"];

export interface Sources {
	readonly files: readonly string[];
	readonly containerUrl?: string;
	readonly heads: readonly string[];
	readonly copies: readonly string[];
	readonly keys: readonly string[];
	readonly table: string;
}

/** @returns where to read from, or what is wrong with the arguments */
export function sourcesOf(files: readonly string[], values: Values): Sources | string {
	const { container, heads = [], copy, key, table, log } = values;
	// An empty setting is a missing one.
	const settings = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
	const wrong = wrongTime(values);
	if (wrong !== undefined) return wrong;
	for (const [name, given] of Object.entries({ container, log, table, heads, copy, key })) {
		if ([given].flat().includes("")) return `--${name} is empty.`;
	}
	const common = { table: table ?? settings.AUDIT_COPY_LOGS_STREAM?.replace(/^Custom-/, "") ?? "AuditHeads_CL" };
	if (!/^\w{1,100}$/.test(common.table)) return "--table is not the name of a table.";
	const isLive = files.length === 0;
	if (!isLive && container !== undefined) return "Give files or a container, not both.";
	const containerUrl = container ?? settings.AUDIT_CONTAINER_URL;
	if (isLive && containerUrl === undefined) {
		return "Give files, --container URL, or the setting AUDIT_CONTAINER_URL.";
	}
	const live = (...names: string[]) => (isLive ? names.flatMap((name) => settings[name] ?? []).slice(0, 1) : []);
	const copies = copy ?? live("AUDIT_COPY_CONTAINER_URL", "AUDIT_COPY_WORKSPACE_URL");
	const keys = key ?? live("AUDIT_SIGNING_KEY_URL");
	for (const address of [...files, ...heads, ...copies, ...keys].filter((each) => isUrl(each))) {
		const flaw = addressFlaw(address);
		if (flaw !== undefined) return flaw;
	}
	if (files.some((file) => isUrl(file))) return "Give a container by --container, and files without it.";
	if (heads.some((each) => isUrl(each))) return "--heads takes files; those beside a container are read with it.";
	const named = isLive ? containerUrl : log;
	if (named !== undefined) {
		const flaw = addressFlaw(named) ?? containerFlaw(named);
		if (flaw !== undefined) return flaw;
	}
	if (!isLive) return { files, heads, copies, keys, ...common };
	return { files, containerUrl, heads: [...heads, containerUrl as string], copies, keys, ...common };
}

/** @returns what is wrong with it, as a sentence that does not repeat it: it may hold a signature */
function addressFlaw(address: string): string | undefined {
	const checked = Settings.shape.AUDIT_CONTAINER_URL.safeParse(address);
	if (!checked.success) return `The container's URL ${checked.error.issues[0]?.message}.`;
	const { search, hash, username, password, origin, pathname } = new URL(address);
	if (search || hash || username || password) {
		return `${origin}${pathname} is given with a query or a login: give the address alone; its reader signs in.`;
	}
	return undefined;
}

/** `<host>/<container>`, or behind an emulator's account `<host>/<account>/<container>`. */
function containerFlaw(address: string): string | undefined {
	const { origin, pathname } = new URL(address);
	if (/^\/[^/]+(\/[^/]+)?\/*$/.test(pathname)) return undefined;
	if (/^\/*$/.test(pathname)) return `${origin} names no container: give ${origin}/<container>.`;
	return `${origin}${pathname} is not a container: give https://<account>.blob.core.windows.net/<container>.`;
}

function wrongTime({ from, to }: Values): string | undefined {
	for (const time of [from, to]) {
		if (time === undefined || (/^\d{4}-\d{2}-\d{2}/.test(time) && !Number.isNaN(Date.parse(time)))) continue;
		return "--from and --to take a date or a time in ISO 8601: 2026-11-01 or 2026-11-01T10:00:00Z.";
	}
	return undefined;
}
