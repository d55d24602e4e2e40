// A commit of the app's: one file of another one, with another text; and a file of a commit.

import * as fs from "node:fs";
import git from "isomorphic-git";
import type { Fetched, RepositoryOptions } from "./push.ts";

const author = "titanic-secret-rotator";

interface Change {
	readonly file: string;
	readonly text: string;
	readonly message: string;
}

/** @returns the commit, on the newest one of the branch; nobody but us has it yet */
export async function committed(
	{ options, gitdir, commit }: Fetched,
	{ file, text, message }: Change,
): Promise<string> {
	const tree = await treeWith(gitdir, commit, file, text);
	const timestamp = Math.floor(options.clock.now().getTime() / 1000);
	const who = { name: author, email: options.email, timestamp, timezoneOffset: 0 };
	return git.writeCommit({
		...{ fs, gitdir },
		commit: { tree, parent: [commit], author: who, committer: who, message },
	});
}

/** @returns what the commit was made on, where the app would have made it of that; `undefined` where it is somebody else's */
export async function madeOn(
	{ email }: RepositoryOptions,
	gitdir: string,
	oid: string,
	file: string,
): Promise<string | undefined> {
	const { commit } = await git.readCommit({ fs, gitdir, oid });
	const [parent, ...others] = commit.parent;
	const byUs = [commit.author, commit.committer].every((who) => who.name === author && who.email === email);
	const text = await textOf(gitdir, oid, file);
	if (parent === undefined || others.length > 0 || !byUs || text === undefined) return undefined;
	return (await treeWith(gitdir, parent, file, text)) === commit.tree ? parent : undefined;
}

export async function textOf(gitdir: string, oid: string, filepath: string): Promise<string | undefined> {
	try {
		const { blob } = await git.readBlob({ fs, gitdir, oid, filepath });
		return Buffer.from(blob).toString("utf8");
	} catch (error) {
		const { NotFoundError, ObjectTypeError } = git.Errors;
		if (error instanceof NotFoundError || error instanceof ObjectTypeError) return undefined;
		throw error;
	}
}

/** @returns the tree of the commit, with this file's text replaced */
async function treeWith(gitdir: string, commit: string, file: string, text: string): Promise<string> {
	const { tree: top } = (await git.readCommit({ fs, gitdir, oid: commit })).commit;
	const below = async (oid: string, [name, ...rest]: readonly string[]): Promise<string> => {
		const { tree } = await git.readTree({ fs, gitdir, oid });
		const made = await Promise.all(
			tree.map(async (entry) => {
				if (entry.path !== name) return entry;
				const blob = Buffer.from(text);
				return {
					...entry,
					oid: rest.length > 0 ? await below(entry.oid, rest) : await git.writeBlob({ fs, gitdir, blob }),
				};
			}),
		);
		return git.writeTree({ fs, gitdir, tree: made });
	};
	return below(top, file.split("/"));
}
