// The app as it was released last: built from the repository's own history, with the packages that are installed now.
// PV1. No release is guessed: in a clone without its history there is none, and why. Otherwise: the oldest commit of a shallow clone,
//      which is today's, is taken for the release, and an upgrade to the very same code is tested.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..", "..", "..");
const run = promisify(execFile);
const git = async (...args: string[]) => (await run("git", args, { cwd: root })).stdout.trim();

export interface PreviousRelease extends AsyncDisposable {
	/** Its tag or version, and its commit. */
	readonly is: string;
	/** Folder of the built app. */
	readonly appDir: string;
}

/** @returns a sentence that says why, where there is none */
export async function previousRelease(): Promise<PreviousRelease | string> {
	const found = await commitOf().catch((error: { stderr?: string; message: string }) => error.stderr || error.message);
	if (typeof found === "string") return found;
	const { commit, is } = found;
	const folder = await mkdtemp(join(tmpdir(), "previous-release-"));
	const remove = () => rm(folder, { recursive: true, force: true });
	try {
		const archive = join(folder, "release.tar");
		await git("archive", "--output", archive, commit);
		await run("tar", ["-xf", archive], { cwd: folder });
		await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
		// What it needs that is no longer installed, the bundler names.
		await run(process.execPath, ["build.ts"], { cwd: folder });
	} catch (error) {
		await remove();
		throw error;
	}
	return { is, appDir: join(folder, "dist", "app"), [Symbol.asyncDispose]: remove };
}

/** The newest tag before this commit; where nothing was ever tagged, the commit that gave the changelog its newest release. */
async function commitOf(): Promise<{ commit: string; is: string } | string> {
	if ((await git("rev-parse", "--is-shallow-repository")) === "true")
		return "This clone is shallow; git fetch --unshallow --tags gives it the last release.";
	const tag = await git("describe", "--tags", "--abbrev=0", "HEAD^").catch(() => "");
	if (tag !== "") return { commit: tag, is: tag };
	const [heading, version] = /^## \[(\d[^\]]*)\]/m.exec(await readFile(join(root, "CHANGELOG.md"), "utf8")) ?? [];
	if (heading === undefined) return "No tag, and no release in CHANGELOG.md: there is no release yet.";
	const log = await git("log", "--reverse", "--format=%H", `-S${heading}`, "--", "CHANGELOG.md");
	const [commit = ""] = log.split("\n");
	return commit === ""
		? `${version} in CHANGELOG.md is not committed yet.`
		: { commit, is: `${version} (${commit.slice(0, 8)})` };
}
