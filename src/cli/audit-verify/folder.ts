// An exported container: its log is the chain of files that records lead to, as in the container itself.

import { basename, join } from "node:path";
import { follows, type Line, linesIn, linkOf, recordIn } from "../../lib/domain/audit-chain.ts";
import type { AuditRecord } from "../../lib/domain/audit-entry.ts";
import { isLaterPart, isLogName, logFolder } from "../../lib/domain/log-blobs.ts";
import { chunksOf, filesOf, namesIn } from "../support/files.ts";

const next = "Give the exported blobs, the oldest first, or a folder that has them.";

/** An export may have got the line ends of Windows on its way, and a byte order mark; a record has neither. */
export async function* linesOfFile(file: string): AsyncGenerator<Line> {
	for await (const line of linesIn(file, chunksOf(file, next))) {
		const text = line.line === 1 ? line.text.replace(/^\ufeff/, "") : line.text;
		yield { ...line, text: text.replace(/\r$/, "") };
	}
}

export interface Exported {
	readonly files: readonly string[];
	/** The signed heads that lay beside the log, where the folder has them. */
	readonly heads: readonly string[];
}

/** @param path a file, a folder of the log's blobs, or a folder of the whole container (`audit/`, `heads/`) */
export async function exportedIn(path: string): Promise<Exported> {
	const names = await namesIn(path, next);
	if (!names) return { files: [path], heads: [] };
	const inside = names.includes("audit") ? join(path, "audit") : path;
	const heads = names.includes("heads") ? [join(path, "heads")] : [];
	return { files: await filesOf(inside, ".ndjson", next), heads };
}

const nameOf = (file: string): string => `${logFolder}${basename(file)}`;

async function firstOf(file: string): Promise<AuditRecord | undefined> {
	for await (const line of linesOfFile(file)) {
		const record = recordIn(line);
		return "flaw" in record ? undefined : record;
	}
	return undefined;
}

/** Files as they were given, one after the other; of a folder those that belong together, and then the others as strays. */
export async function* linesOfFiles(
	files: readonly string[],
	inFolder: boolean,
	onForeign: (files: readonly string[]) => void,
): AsyncGenerator<Line> {
	if (!inFolder || !files.some((file) => isLogName(nameOf(file)))) {
		for (const file of files) yield* linesOfFile(file);
		return;
	}
	const left = new Map<string, AuditRecord | undefined>();
	for (const file of files) left.set(file, await firstOf(file));
	const beginning = [...left].find(([, first]) => first?.data.seq === 1)?.[0] ?? files[0];
	for (let file = beginning; file !== undefined; ) {
		left.delete(file);
		let closing: AuditRecord | undefined;
		for await (const line of linesOfFile(file)) {
			yield line;
			const record = closing ? undefined : recordIn(line);
			if (record && !("flaw" in record) && record.data.continuedIn !== undefined) closing = record;
		}
		const to = closing?.data.continuedIn;
		const follower = [...left.keys()].find((each) => {
			const first = left.get(each);
			const isThere = to !== undefined && (nameOf(each) === to || isLaterPart(nameOf(each), to));
			return isThere && first !== undefined && closing !== undefined && follows(first, linkOf(closing));
		});
		// One that is named and holds something else has to be reported.
		file = follower ?? [...left.keys()].find((each) => nameOf(each) === to);
	}
	const strays = [...left.keys()];
	onForeign(strays);
	for (const file of strays) for await (const line of linesOfFile(file)) yield { ...line, stray: true };
}
