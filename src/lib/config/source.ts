// Where the files of a configuration lie: a folder, or a container of blobs (adapters/blob/configuration.ts).
// SRC1. Nothing outside the first file's folder is read, whatever a file includes. Otherwise: anyone who may write one file has
//       others read as configuration, and what is wrong with them reported. Kept by: include.test.ts.

import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, posix, relative, resolve, sep } from "node:path";

/** Names are relative to the first file's folder, with `/`. */
export interface Source {
	/** @returns `undefined` where there is none */
	read(name: string): Promise<Buffer | undefined>;
	/** The files of a folder and of those below, in order. */
	names(folder: string): Promise<readonly string[]>;
}

/** All files as they are together at one moment. */
export interface Snapshot {
	/** The same as long as no file was changed. */
	readonly stamp: string;
	/** When one of them was changed last, ISO 8601. */
	readonly changedAt: string;
	readonly source: Source;
}

export interface FolderSource extends Source {
	/** Is what was read and listed there as it was? */
	isAsRead(): Promise<boolean>;
}

export function folderSource(folder: string): FolderSource {
	const seen = new Map<string, string>();
	const look = async (path: string) => {
		const found = await stat(path).catch(() => undefined);
		return `${found?.mtimeMs} ${found?.size}`;
	};
	/** Before it is read: what changes meanwhile is read again. */
	const note = async (path: string) => void seen.set(path, await look(path));
	return {
		async read(name) {
			const path = resolve(folder, name);
			await note(path);
			try {
				// A link may lead anywhere.
				const [real, root] = await Promise.all([realpath(path), realpath(folder)]);
				if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
				return await readFile(real);
			} catch (error) {
				if (["ENOENT", "ENOTDIR", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
				throw error;
			}
		},
		async names(below) {
			const path = resolve(folder, below);
			await note(path);
			const found = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
			for (const one of found) if (one.isDirectory()) await note(join(one.parentPath, one.name));
			return found
				.filter((one) => !one.isDirectory())
				.map((one) => relative(folder, join(one.parentPath, one.name)).split(sep).join(posix.sep))
				.sort();
		},
		async isAsRead() {
			const looked = await Promise.all([...seen].map(async ([path, before]) => (await look(path)) === before));
			return looked.every(Boolean);
		},
	};
}
