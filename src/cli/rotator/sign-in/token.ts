// The access token: where it comes from, and when another one is needed.
// RCK1. The token is in memory and in the Authorization header, nowhere else: no argument, no file, no message. Otherwise: `ps`, a
//      shell's history or a CI log has it. Kept by: sign-in.test.ts.
// RCK2. The first way that is set up is the only one. Otherwise: somebody who may not act as one identity acts as another.

import type { Around } from "../around.ts";
import { SignInFailed } from "../exits.ts";
import { usage } from "../parse.ts";
import type { Token, TokenSource } from "./source.ts";

export const ways = ["env", "az", "azd", "browser"] as const;
export type Way = (typeof ways)[number];

export type Sources = Readonly<Record<Way, () => Promise<TokenSource>>>;

const sources: Sources = {
	env: async () => fromEnvironment,
	az: async () => (await import("./command-line.ts")).fromAz,
	azd: async () => (await import("./command-line.ts")).fromAzd,
	browser: async () => (await import("./browser.ts")).fromBrowser(),
};

/** Renewed so long before its end. */
const earlyMs = 5 * 60_000;

/**
 * @param way only this one; without it, the environment's, az's, azd's
 * @param onSignIn gets which one it was
 */
export function tokens(
	around: Around,
	scope: string | undefined,
	way?: Way,
	from: Sources = sources,
	onSignIn: (way: Way) => void = () => {},
): () => Promise<string> {
	let source: TokenSource | undefined;
	let current: Token | undefined;
	return async () => {
		const isFresh = current && (current.expiresAt ?? Number.POSITIVE_INFINITY) - around.now().getTime() > earlyMs;
		if (current && isFresh) return current.token;
		if (source) current = (await source(around, scope)) ?? current;
		for (const one of source ? [] : way ? [way] : (["env", "az", "azd"] as const)) {
			const tried = await from[one]();
			current = await tried(around, scope);
			if (!current) continue;
			source = tried;
			onSignIn(one);
			break;
		}
		if (!current) throw new SignInFailed(notSetUp(way), nextOf(scope, way));
		return current.token;
	};
}

const notSetUp = (way: Way | undefined): string =>
	way === undefined
		? "Nobody is signed in: ROTATOR_TOKEN is not set, and neither az nor azd is signed in."
		: way === "env"
			? "ROTATOR_TOKEN is not set."
			: `${way} is not installed, or not signed in.`;

const nextOf = (scope: string | undefined, way: Way | undefined): string =>
	way === "azd"
		? "Run azd auth login."
		: way === "env"
			? "Set it, or leave out --sign-in."
			: `Run az login --scope ${scope ?? "api://<app id>/.default"}, or give --sign-in browser.`;

const fromEnvironment: TokenSource = async ({ env }) => {
	const token = env.ROTATOR_TOKEN?.trim();
	if (!token) return undefined;
	// Of a header's value only; what it says is the app's to judge.
	if (!/^[\w.~+/=-]{1,16000}$/.test(token))
		throw usage("ROTATOR_TOKEN is not an access token.", "Give the token alone, without Bearer.");
	return { token };
};
