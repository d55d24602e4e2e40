// Who the app is at GitHub: an installation of a GitHub App, whose key is in Key Vault and does nothing but sign.
// GHA1. A token is asked for one repository and to write its contents, and to open pull requests where the app does, nothing else. Otherwise: anyone who gets hold of it writes to
//      everything that the GitHub App is installed on. Kept by: github-app.test.ts.
// GHA2. It is kept in memory, until some minutes before its end, and asked for again where it was refused. Otherwise: each request
//      to the git server costs a signature, or a token that was revoked is used for an hour. Kept by: github-app.test.ts.
// GHA3. Neither the JWT nor the token goes to any other host, or into a fault. Kept by: github-app.test.ts.
// GHA4. While GitHub has us wait, it is not asked. Otherwise: it locks out an app that keeps asking. Kept by: github-app.test.ts.
// @see https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app

import { createHash } from "node:crypto";
import type { Sign } from "../../domain/head.ts";
import type { Clock } from "../../ports/clock.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import { type Exchange, exchangeWith } from "./exchange.ts";
import { asGitHubFault, foreign, type Limited, limitedUntil } from "./github-faults.ts";
import type { GitLogin } from "./login.ts";

export interface GitHubAppOptions {
	/** Its client id, `Iv...`, or its id. */
	readonly app: string;
	readonly installation: number;
	readonly api: string;
	/** The address of the key, as faults name it. */
	readonly key: string;
	/** RS256 with that key. */
	readonly sign: Sign;
	/** Of the repository: the last part of this address is its name. */
	readonly url: string;
	/** It opens pull requests, too. */
	readonly opensPullRequests?: boolean;
	readonly ca?: string;
	readonly clock: Clock;
	readonly perform?: Perform;
	readonly timeoutMs?: number;
}

export const gitHubHeaders = {
	Accept: "application/vnd.github+json",
	"X-GitHub-Api-Version": "2022-11-28",
	"User-Agent": "titanic-secret-rotator",
	"Content-Type": "application/json",
};

/** So that none ends in the middle of a fetch and a push. */
const renewBeforeMs = 5 * 60_000;

const permissionsOf = ({ opensPullRequests }: GitHubAppOptions) => ({
	contents: "write",
	...(opensPullRequests && { pull_requests: "write" }),
});

export function gitHubAppLogin(options: GitHubAppOptions): GitLogin {
	const { app, clock } = options;
	const name = nameIn(options.url);
	let kept: { readonly token: string; readonly endsAt: number } | undefined;
	let limited: Limited | undefined;

	async function newToken(): Promise<{ token: string; endsAt: number }> {
		if (limited && limited.until > clock.now().getTime()) throw limited.fault;
		const jwt = await jwtOf(options);
		using exchange = exchangeWith(options.api, {
			timeoutMs: options.timeoutMs ?? 30_000,
			mostBytes: 1024 * 1024,
			...(options.ca !== undefined && { ca: options.ca }),
		});
		try {
			return await exchanged(options, name, jwt, exchange);
		} catch (error) {
			const fault = asGitHubFault(error, { ...options, repository: name });
			limited = limitedUntil(fault, error, clock.now());
			throw fault;
		}
	}

	async function token(asked?: { readonly anew: boolean }): Promise<string> {
		const isGood = kept !== undefined && kept.endsAt - clock.now().getTime() > renewBeforeMs;
		if (!isGood || asked?.anew) kept = undefined;
		kept ??= await newToken();
		return kept.token;
	}

	return {
		credential: `GitHub App ${app}`,
		authorization: async (asked) => `Basic ${Buffer.from(`x-access-token:${await token(asked)}`).toString("base64")}`,
		bearer: async (asked) => `Bearer ${await token(asked)}`,
	};
}

/** Once GitHub's clock has it, it is some seconds old: a clock that is a minute ahead of GitHub's does no harm. */
async function jwtOf({ app, sign, clock }: GitHubAppOptions): Promise<string> {
	const now = Math.floor(clock.now().getTime() / 1000);
	const claims = { iat: now - 60, exp: now + 9 * 60, iss: /^\d+$/.test(app) ? Number(app) : app };
	const part = (of: object) => Buffer.from(JSON.stringify(of)).toString("base64url");
	const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
	const { signature } = await sign(createHash("sha256").update(signed).digest());
	return `${signed}.${Buffer.from(signature).toString("base64url")}`;
}

async function exchanged(options: GitHubAppOptions, name: string, jwt: string, exchange: Exchange) {
	const { api, installation, perform = directly } = options;
	const answer = await perform(`github POST access_tokens ${name}`, () =>
		exchange.send({
			method: "POST",
			url: `${api}/app/installations/${installation}/access_tokens`,
			headers: { Authorization: `Bearer ${jwt}`, ...gitHubHeaders },
			body: Buffer.from(JSON.stringify({ repositories: [name], permissions: permissionsOf(options) })),
		}),
	);
	if (answer.status !== 201) throw answer;
	const given = parsed(answer.bytes);
	const endsAt = Date.parse(String(given.expires_at));
	if (typeof given.token !== "string" || !/^[!-~]{20,4000}$/.test(given.token) || Number.isNaN(endsAt))
		throw foreign(api);
	return { token: given.token, endsAt };
}

function parsed(bytes: Buffer): Record<string, unknown> {
	try {
		return Object(JSON.parse(bytes.toString("utf8")));
	} catch {
		return {};
	}
}

/** `https://github.com/<owner>/<name>`, with or without `.git`. */
const nameIn = (url: string): string => (new URL(url).pathname.split("/").at(-1) ?? "").replace(/\.git$/, "");
