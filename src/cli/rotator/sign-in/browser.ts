// A token by a sign-in in the browser: authorization code with PKCE, back to a port of this machine. MSAL does it, and renews it in
// memory; nothing is kept on disk.

import type { AuthenticationResult, PublicClientApplication } from "@azure/msal-node";
import type { Around } from "../around.ts";
import { SignInFailed } from "../exits.ts";
import { openInBrowser } from "../opener.ts";
import { usage } from "../parse.ts";
import { tell } from "../say.ts";
import { entraError } from "./entra-errors.ts";
import { checkedScope, type Token, type TokenSource } from "./source.ts";

/** How long a person may take. */
const mostMs = 5 * 60_000;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function fromBrowser(): TokenSource {
	let app: PublicClientApplication | undefined;
	let signedIn: AuthenticationResult | undefined;
	return async (around, asked) => {
		const scopes = [checkedScope(asked)];
		app ??= await application(around);
		try {
			signedIn = signedIn?.account
				? await app.acquireTokenSilent({ account: signedIn.account, scopes, forceRefresh: true })
				: await interactively(app, scopes, around);
		} catch (error) {
			throw entraError(`${error}`, scopes[0]!) ?? notCome(error);
		}
		return asToken(signedIn);
	};
}

const asToken = ({ accessToken, expiresOn }: AuthenticationResult): Token => ({
	token: accessToken,
	...(expiresOn && { expiresAt: expiresOn.getTime() }),
});

function notCome(error: unknown): SignInFailed {
	const { errorCode } = error as { errorCode?: unknown };
	const code = typeof errorCode === "string" && /^\w{1,60}$/.test(errorCode) ? ` (${errorCode})` : "";
	return new SignInFailed(`The sign-in in the browser gave no token${code}.`, "Try again, or sign in by az login.");
}

async function application({ env }: Around): Promise<PublicClientApplication> {
	const { ROTATOR_TENANT: tenant = "", ROTATOR_CLIENT_ID: clientId = "", ROTATOR_AUTHORITY: authority } = env;
	if (!guid.test(tenant) && !/^[\w-]+(\.[\w-]+)+$/.test(tenant))
		throw usage("--sign-in browser needs the tenant.", "Set ROTATOR_TENANT to its id or domain.");
	if (!guid.test(clientId))
		throw usage("--sign-in browser needs a client.", "Set ROTATOR_CLIENT_ID to a public client's application id.");
	const host = URL.parse(authority || "https://login.microsoftonline.com");
	if (host?.protocol !== "https:")
		throw usage("ROTATOR_AUTHORITY is not an https:// address.", "Leave it out for Azure's public cloud.");
	const { PublicClientApplication: Application } = await import("@azure/msal-node");
	// Named as known, an authority is not looked up elsewhere first.
	const known = authority ? { knownAuthorities: [host.host] } : {};
	return new Application({ auth: { clientId, authority: `${host.origin}/${tenant}`, ...known } });
}

async function interactively(
	app: PublicClientApplication,
	scopes: string[],
	around: Around,
): Promise<AuthenticationResult> {
	const { promise: tooLate, reject } = Promise.withResolvers<never>();
	const timer = setTimeout(() => reject(new SignInFailed("Nobody has signed in.", "Try again.")), mostMs);
	const openBrowser = async (url: string) => {
		tell(around, `Sign in with the browser. If none opens, open: ${url}`);
		openInBrowser(url, around);
	};
	const done = "You are signed in. You can close this page.";
	const failed = "The sign-in has failed; the command says why.";
	try {
		return await Promise.race([
			app.acquireTokenInteractive({ scopes, openBrowser, successTemplate: done, errorTemplate: failed }),
			tooLate,
		]);
	} finally {
		clearTimeout(timer);
	}
}
