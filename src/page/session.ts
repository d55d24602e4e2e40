// Who is signed in: authorization code with PKCE, as a public client, in this window.
// SES1. Tokens are in this window's memory, nowhere else; what survives the way to the sign-in and back is the verifier of one code, and
//       the name to sign in by again. Otherwise: whatever reads the browser's storage acts as this person. Kept by: test/e2e/page.test.ts.
// SES2. The code comes back behind the `#`, which browsers do not send. Otherwise: the app's request log has it.
// SES3. What the token says decides what is shown, never what may be done: the API checks each call.

import * as oauth from "oauth4webapi";
import { oneLine } from "../lib/domain/line.ts";

export interface SignIn {
	readonly clientId: string;
	readonly authority: string;
	readonly issuer: string;
	readonly scope: string;
}

export interface Person {
	readonly name: string;
	/** Claim `oid`. */
	readonly id: string;
	readonly roles: readonly string[];
}

export interface Session {
	readonly person: Person;
	/** Renewed before its end. @throws SignInNeeded */
	token(): Promise<string>;
}

/** The sign-in is over, or was refused. */
export class SignInNeeded extends Error {
	override readonly name = "SignInNeeded";
}

interface Begun {
	readonly verifier: string;
	readonly state: string;
	/** Where to go on, as a hash. */
	readonly hash: string;
}

const begunKey = "rotation.sign-in";
const hintKey = "rotation.hint";
/** Renewed so long before its end. */
const earlyMs = 5 * 60_000;

const redirectUri = (): string => `${location.origin}/`;
const clientOf = ({ clientId }: SignIn): oauth.Client => ({ client_id: clientId });
const serverOf = ({ authority, issuer }: SignIn): oauth.AuthorizationServer => ({
	issuer,
	authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
	token_endpoint: `${authority}/oauth2/v2.0/token`,
});
/** The local stack's stand-in speaks http on loopback, and the app's settings take that of no other host. */
const optionsOf = ({ authority }: SignIn) => ({ [oauth.allowInsecureRequests]: authority.startsWith("http://") });

/** Leaves the page. @param hint who signs in again; without it the person chooses */
export async function signIn(how: SignIn, hint?: string): Promise<never> {
	const verifier = oauth.generateRandomCodeVerifier();
	const state = oauth.generateRandomState();
	const begun: Begun = { verifier, state, hash: location.hash };
	sessionStorage.setItem(begunKey, JSON.stringify(begun));
	const url = new URL(serverOf(how).authorization_endpoint!);
	url.search = new URLSearchParams({
		client_id: how.clientId,
		response_type: "code",
		response_mode: "fragment",
		redirect_uri: redirectUri(),
		scope: `${how.scope} offline_access`,
		state,
		code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
		...(hint === undefined ? { prompt: "select_account" } : { login_hint: hint }),
	}).toString();
	location.assign(url);
	return new Promise(() => {});
}

/** Forgets who is signed in, in this window. */
export function signOut(): void {
	sessionStorage.removeItem(hintKey);
	location.hash = "";
	location.reload();
}

/**
 * Takes up a sign-in that comes back, or goes for one where this window had somebody signed in before it was loaded again.
 * @returns `undefined` where nobody is
 * @throws SignInNeeded with the reason, where one was refused
 */
export async function resumed(how: SignIn): Promise<Session | undefined> {
	const answer = new URLSearchParams(location.hash.slice(1));
	const stored = sessionStorage.getItem(begunKey);
	sessionStorage.removeItem(begunKey);
	if (answer.has("state") && (answer.has("code") || answer.has("error"))) {
		const begun = stored === null ? undefined : (JSON.parse(stored) as Begun);
		history.replaceState(null, "", `/${begun?.hash ?? ""}`);
		if (begun) return await redeemed(how, answer, begun);
		return undefined;
	}
	const hint = sessionStorage.getItem(hintKey);
	return hint === null ? undefined : signIn(how, hint);
}

async function redeemed(how: SignIn, answer: URLSearchParams, { verifier, state }: Begun): Promise<Session> {
	try {
		const [server, client] = [serverOf(how), clientOf(how)];
		const checked = oauth.validateAuthResponse(server, client, answer, state);
		const response = await oauth.authorizationCodeGrantRequest(
			server,
			client,
			oauth.None(),
			checked,
			redirectUri(),
			verifier,
			optionsOf(how),
		);
		return sessionOf(how, await oauth.processAuthorizationCodeResponse(server, client, response));
	} catch (error) {
		sessionStorage.removeItem(hintKey);
		throw new SignInNeeded(reasonOf(error));
	}
}

function sessionOf(how: SignIn, first: oauth.TokenEndpointResponse): Session {
	let current = first;
	let endsAt = endOf(first);
	let renewal: Promise<void> | undefined;
	const claims = claimsIn(first.access_token);
	const hint = claims.preferred_username;
	if (typeof hint === "string") sessionStorage.setItem(hintKey, hint);
	const renew = async () => {
		if (current.refresh_token === undefined) throw new SignInNeeded("The sign-in has ended.");
		const [server, client] = [serverOf(how), clientOf(how)];
		try {
			const asked = oauth.refreshTokenGrantRequest(server, client, oauth.None(), current.refresh_token, optionsOf(how));
			const renewed = await oauth.processRefreshTokenResponse(server, client, await asked);
			current = { refresh_token: current.refresh_token, ...renewed };
			endsAt = endOf(renewed);
		} catch (error) {
			// A network that is down ends no sign-in while the token still holds.
			if (endsAt > Date.now()) return;
			throw new SignInNeeded(reasonOf(error));
		}
	};
	return {
		person: personIn(claims),
		async token() {
			if (endsAt - earlyMs > Date.now()) return current.access_token;
			renewal ??= renew().finally(() => {
				renewal = undefined;
			});
			await renewal;
			return current.access_token;
		},
	};
}

const endOf = ({ expires_in = 3600 }: oauth.TokenEndpointResponse): number => Date.now() + expires_in * 1000;

function claimsIn(token: string): Readonly<Record<string, unknown>> {
	try {
		const bytes = Uint8Array.from(atob(token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/")), (one) =>
			one.charCodeAt(0),
		);
		return JSON.parse(new TextDecoder().decode(bytes));
	} catch {
		return {};
	}
}

const personIn = ({ name, preferred_username, oid, roles }: Readonly<Record<string, unknown>>): Person => ({
	name: oneLine(String(name ?? preferred_username ?? "you")),
	id: String(oid ?? ""),
	roles: Array.isArray(roles) ? roles.map(String) : [],
});

/** Entra ID's own words, without the ids of the call behind them. */
function reasonOf(error: unknown): string {
	const { error_description, message } = error as { error_description?: unknown; message?: unknown };
	const [words] = String(error_description ?? message ?? "The sign-in brought no token.").split(/\r?\n| Trace ID:/);
	return oneLine(words!);
}
