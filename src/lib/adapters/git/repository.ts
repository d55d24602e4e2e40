// A git repository over HTTPS, by isomorphic-git, without a working tree.
// GR1. A push is made only while the branch still is where it was read, and the server compares once more. A branch that is gone
//      is not made again. Kept by: repository.test.ts.
// GR2. What is kept on disk meanwhile is what the repository has, never a credential, and is gone afterwards.

import * as fs from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import git, { type HttpClient } from "isomorphic-git";
import { Fault } from "../../domain/fault.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Checkout, Repository } from "../../ports/repository.ts";
import { type GitHttpOptions, gitHttp } from "./http.ts";

export interface RepositoryOptions extends GitHttpOptions {
	readonly branch: string;
	/** Of the commits' author. */
	readonly email: string;
	readonly clock: Clock;
}

export const gitRepository = (options: RepositoryOptions): Repository => ({
	name: options.name,
	url: options.url,
	branch: options.branch,
	async open() {
		const gitdir = await mkdtemp(join(tmpdir(), "titanic-git-"));
		const http = gitHttp(options);
		const end = async () => {
			http[Symbol.dispose]();
			await rm(gitdir, { recursive: true, force: true });
		};
		try {
			const commit = await fetched(options, gitdir, http);
			const at: At = { options, gitdir, http, commit, remoteRef: `refs/heads/${options.branch}` };
			return {
				commit,
				read: (file) => textOf(at, file),
				mayPush: async () => void (await refsOf(at, true)),
				write: (_, file, text, message) => pushed(at, file, text, message),
				[Symbol.asyncDispose]: end,
			} satisfies Checkout;
		} catch (error) {
			await end();
			throw error;
		}
	},
});

interface At {
	readonly options: RepositoryOptions;
	readonly gitdir: string;
	readonly http: HttpClient;
	readonly commit: string;
	readonly remoteRef: string;
}

/** @returns the newest commit of the branch */
async function fetched({ name, url, branch }: RepositoryOptions, gitdir: string, http: HttpClient): Promise<string> {
	await git.init({ fs, gitdir, bare: true });
	await git.addRemote({ fs, gitdir, remote: "origin", url });
	const ref = `refs/heads/${branch}`;
	try {
		const { fetchHead } = await git.fetch({
			fs,
			http,
			gitdir,
			remote: "origin",
			ref,
			depth: 1,
			singleBranch: true,
			tags: false,
		});
		if (fetchHead) return fetchHead;
	} catch (error) {
		if (error instanceof Fault) throw error;
		if (!(error instanceof git.Errors.NotFoundError))
			throw new Fault("repository-foreign", { repository: name }, error);
	}
	throw new Fault("branch-missing", { repository: name, branch });
}

async function textOf({ gitdir, commit }: At, filepath: string): Promise<string | undefined> {
	try {
		const { blob } = await git.readBlob({ fs, gitdir, oid: commit, filepath });
		return Buffer.from(blob).toString("utf8");
	} catch (error) {
		const { NotFoundError, ObjectTypeError } = git.Errors;
		if (error instanceof NotFoundError || error instanceof ObjectTypeError) return undefined;
		throw error;
	}
}

async function pushed(at: At, file: string, text: string, message: string): Promise<boolean> {
	const { options, gitdir, http, commit, remoteRef } = at;
	const tree = await treeWith(at, file.split("/"), text);
	const timestamp = Math.floor(options.clock.now().getTime() / 1000);
	const author = { name: "titanic-secret-rotator", email: options.email, timestamp, timezoneOffset: 0 };
	const own = { tree, parent: [commit], author, committer: author, message };
	const ref = "refs/heads/titanic-secret-rotator";
	const value = await git.writeCommit({ fs, gitdir, commit: own });
	await git.writeRef({ fs, gitdir, ref, value, force: true });
	try {
		await git.push({
			fs,
			http,
			gitdir,
			url: options.url,
			ref,
			remoteRef,
			force: false,
			onPrePush: ({ remoteRef: { oid } }) => oid === commit,
		});
		return true;
	} catch (error) {
		if (error instanceof Fault) throw error;
		if (error instanceof git.Errors.UserCanceledError) return false;
		const answer = answerIn(error, remoteRef);
		if (answer === undefined) throw new Fault("repository-foreign", { repository: options.name }, error);
		if (await hasMoved(at)) return false;
		throw new Fault("push-denied", { repository: options.name, branch: options.branch, answer }, error);
	}
}

/** @returns the tree of the commit, with this file's text replaced */
async function treeWith({ gitdir, commit }: At, [...names]: string[], text: string): Promise<string> {
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
	return below(top, names);
}

async function hasMoved(at: At): Promise<boolean> {
	return (await refsOf(at, false)).find(({ ref }) => ref === at.remoteRef)?.oid !== at.commit;
}

const refsOf = ({ options, http, remoteRef }: At, forPush: boolean) =>
	git.listServerRefs({ http, url: options.url, prefix: remoteRef, protocolVersion: 1, forPush });

/** Why a server did not take the commit, in the words that git servers share; what else it says is its own. */
const known = [
	"pre-receive hook declined",
	"protected branch hook declined",
	"push declined due to repository rule violations",
	"hook declined",
	"cannot lock ref",
	"failed to update ref",
];

/** @returns `undefined` where the server refused nothing: something else went wrong */
function answerIn(error: unknown, ref: string): string | undefined {
	if (!(error instanceof git.Errors.GitPushError)) return undefined;
	const said = error.data.result.refs[ref]?.error ?? "";
	return known.find((words) => said.includes(words)) ?? "no reason that git servers share";
}
