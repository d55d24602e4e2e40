// Files that somebody names: whatever they turn out to be, what is wrong with one is said by its name.

import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Unusable } from "./run.ts";

const reasons: Readonly<Record<string, string>> = {
	ENOENT: "it is not there",
	EACCES: "its rights do not let it be read",
	EPERM: "its rights do not let it be read",
	EISDIR: "it is a folder",
	ENOTDIR: "a part of its path is not a folder",
	ENAMETOOLONG: "its name is too long",
	ELOOP: "its links lead in a circle",
};

const unreadable = (file: string, error: unknown, next: string): Unusable => {
	const code = String((error as NodeJS.ErrnoException).code ?? (error as Error).name);
	const reason = Object.hasOwn(reasons, code) ? `: ${reasons[code]}` : "";
	return new Unusable(code, `${JSON.stringify(file).slice(1, -1)} cannot be read (${code})${reason}.`, next);
};

/** A pipe is as good as a file; a device has no end. */
async function kindOf(file: string, next: string): Promise<"file" | "folder"> {
	const found = await stat(file).catch((error) => {
		throw unreadable(file, error, next);
	});
	if (found.isDirectory()) return "folder";
	if (found.isFile() || found.isFIFO()) return "file";
	throw new Unusable("not-a-file", `${file} is not a file.`, next);
}

/** @returns the names of what is in it; `undefined` when it is no folder */
export async function namesIn(path: string, next: string): Promise<string[] | undefined> {
	if ((await kindOf(path, next)) === "file") return undefined;
	const names = await readdir(path).catch((error) => {
		throw unreadable(path, error, next);
	});
	return names.sort();
}

/** @throws Unusable that names the file */
export async function* chunksOf(file: string, next: string): AsyncGenerator<Buffer> {
	if ((await kindOf(file, next)) === "folder") throw unreadable(file, { code: "EISDIR" }, next);
	try {
		yield* createReadStream(file);
	} catch (error) {
		throw unreadable(file, error, next);
	}
}

/** @param isText no byte of it is 0. @throws Unusable that names the file */
export async function bytesIn(file: string, next: string, mostBytes: number, isText = false): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of chunksOf(file, next)) {
		length += chunk.length;
		if (length > mostBytes) throw new Unusable("too-long", `${file} is longer than ${mostBytes} bytes.`, next);
		// At once: what is not text may be half a gigabyte that nobody needs in memory.
		if (isText && chunk.includes(0)) throw new Unusable("not-text", `${file} is not text.`, next);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/** @throws Unusable that names the file */
export async function textIn(file: string, next: string, mostBytes: number): Promise<string> {
	return (await bytesIn(file, next, mostBytes, true)).toString("utf8").replace(/^\ufeff/, "");
}

/** The files of a folder with this end, in order; a file itself. */
export async function filesOf(path: string, end: string, next: string): Promise<string[]> {
	const names = await namesIn(path, next);
	if (!names) return [path];
	const files = names.filter((name) => name.endsWith(end)).map((name) => join(path, name));
	if (files.length === 0) throw new Unusable("empty-folder", `The folder ${path} holds no ${end} file.`, next);
	return files;
}
