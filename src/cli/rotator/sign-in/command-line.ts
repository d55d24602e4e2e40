// A token of az's or azd's own sign-in.
// RCM1. No shell, and the program's place is looked up on the PATH alone, absolute folders only. Otherwise: an argument is read as a
//      command, or an `az.exe` in the folder that somebody works in gets to run. Kept by: sign-in.test.ts.
// RCM2. They are not given ROTATOR_TOKEN, and nothing of their texts is repeated except one of Entra ID's numbers. On
// Windows az is a batch file, which Node starts through a shell only: the Python that it would start is started instead.

import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import type { Around } from "../around.ts";
import { SignInFailed } from "../exits.ts";
import { entraError } from "./entra-errors.ts";
import { checkedScope, type Token, type TokenSource } from "./source.ts";

/** The first call of a day is slow. */
const mostMs = 90_000;

interface Program {
	readonly file: string;
	readonly before: readonly string[];
}

export const fromAz: TokenSource = async (around, asked) => {
	const program = await azIn(around);
	if (!program) return undefined;
	const scope = checkedScope(asked);
	const args = ["account", "get-access-token", "--scope", scope, "--output", "json"];
	const { expires_on: seconds, accessToken } = (await answerOf("az", program, args, scope, around)) ?? {};
	return accessToken === undefined ? undefined : tokenOf("az", accessToken, Number(seconds) * 1000);
};

export const fromAzd: TokenSource = async (around, asked) => {
	const file = await onPath(around.platform === "win32" ? "azd.exe" : "azd", around);
	if (!file) return undefined;
	const scope = checkedScope(asked);
	const args = ["auth", "token", "--scope", scope, "--output", "json"];
	const answer = await answerOf("azd", { file, before: [] }, args, scope, around);
	return answer && tokenOf("azd", answer.token, Date.parse(`${answer.expiresOn}`));
};

function tokenOf(name: string, token: unknown, expiresAt: number): Token {
	if (typeof token !== "string" || token === "") throw unreadable(name);
	return { token, ...(Number.isFinite(expiresAt) && { expiresAt }) };
}

const unreadable = (name: string) =>
	new SignInFailed(
		`${name} has answered with something that is not a token.`,
		`Bring ${name} up to date, or set ROTATOR_TOKEN.`,
	);

/** @returns `undefined` where nobody is signed in there */
async function answerOf(
	name: string,
	{ file, before }: Program,
	args: readonly string[],
	scope: string,
	{ env }: Around,
) {
	const { ROTATOR_TOKEN: _, ...rest } = env;
	const { promise, resolve } = Promise.withResolvers<{ failed: boolean; stdout: string; stderr: string }>();
	const options = { env: rest, timeout: mostMs, maxBuffer: 1024 * 1024, windowsHide: true } as const;
	execFile(file, [...before, ...args], options, (error, stdout, stderr) =>
		resolve({ failed: error !== null, stdout, stderr }),
	);
	const { failed, stdout, stderr } = await promise;
	if (!failed) return objectIn(stdout) ?? Promise.reject(unreadable(name));
	const refused = entraError(stderr, scope);
	if (refused) throw refused;
	if (/\b(az login|azd auth login|not logged in|no accounts? (was )?found)\b/i.test(stderr)) return undefined;
	throw new SignInFailed(
		`${name} gave no token.`,
		`Run it yourself to see why: ${name} ${args.slice(0, -2).join(" ")} --output none`,
	);
}

function objectIn(text: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}

export async function azIn(around: Around): Promise<Program | undefined> {
	if (around.platform !== "win32") {
		const file = await onPath("az", around);
		return file === undefined ? undefined : { file, before: [] };
	}
	const batch = await onPath("az.cmd", around);
	// <installed>\wbin\az.cmd starts <installed>\python.exe -IBm azure.cli.
	const file = batch && (await onPath("python.exe", { ...around, env: { PATH: join(batch, "..", "..") } }));
	return file ? { file, before: ["-IBm", "azure.cli"] } : undefined;
}

async function onPath(name: string, { env, platform }: Around): Promise<string | undefined> {
	const path = env.PATH ?? (platform === "win32" ? env.Path : undefined) ?? "";
	for (const folder of path.split(delimiter)) {
		if (!isAbsolute(folder)) continue;
		const file = join(folder, name);
		const found = await stat(file).catch(() => undefined);
		if (found?.isFile() && (platform === "win32" || (found.mode & 0o111) !== 0)) return file;
	}
	return undefined;
}
