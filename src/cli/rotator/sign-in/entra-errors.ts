// Entra ID's errors by their numbers, each with what to do about it.
// RCA1. Of a foreign text only the number gets out. Otherwise: what az writes to stderr may hold a claim, a name or a token.
//      Kept by: sign-in.test.ts.

import { SignInFailed } from "../exits.ts";

interface Meant {
	readonly means: string;
	/** `{scope}` stands for the scope that was asked for. */
	readonly next: string;
}

const signInAgain = "az login --scope {scope}";

export const entraErrors: Readonly<Record<string, Meant>> = {
	"16000": { means: "Several accounts are signed in, and none was chosen.", next: `Choose one: ${signInAgain}` },
	"50011": {
		means: "The address that the browser comes back to is not registered.",
		next: "Add http://localhost under Mobile and desktop applications of the registration in ROTATOR_CLIENT_ID.",
	},
	"50020": {
		means: "The account is not of this tenant.",
		next: "Sign in to the app's tenant: az login --tenant <tenant> --scope {scope}",
	},
	"50076": { means: "Multi-factor authentication is required.", next: `Sign in again, for this app: ${signInAgain}` },
	"50079": {
		means: "Multi-factor authentication has to be set up first.",
		next: `Set it up at https://aka.ms/mfasetup, then: ${signInAgain}`,
	},
	"50105": {
		means: "The account is not assigned to the app.",
		next: "Ask who administers the app for a role: Entra ID, Enterprise applications, the app, Users and groups.",
	},
	"50173": { means: "The sign-in was revoked, or the password changed.", next: `Sign in again: ${signInAgain}` },
	"53000": {
		means: "Conditional Access asks for a device that is compliant.",
		next: "Sign in on a managed device; az there uses its account: az login --scope {scope}",
	},
	"53003": {
		means: "Conditional Access has blocked it.",
		next: "Sign in from a place and a device that the policy allows, or ask who administers it; the sign-in log names the policy.",
	},
	"65001": {
		means: "The Azure CLI has no consent for this app.",
		next: `Ask for it: ${signInAgain}. Or an administrator pre-authorises client 04b07795-8ddb-461a-bbee-02f9e1bf7b46 on the app's registration: Expose an API, Authorized client applications.`,
	},
	"70043": { means: "The sign-in has expired.", next: `Sign in again: ${signInAgain}` },
	"700016": {
		means: "The client is not known in this tenant.",
		next: "Check the tenant (az account show) and ROTATOR_CLIENT_ID.",
	},
	"700082": { means: "The sign-in has expired: it was not used for too long.", next: `Sign in again: ${signInAgain}` },
	"90002": { means: "There is no such tenant.", next: "Check ROTATOR_TENANT, or az account show." },
	"500011": {
		means: "The scope names an app that this tenant does not have.",
		next: "Check ROTATOR_SCOPE (api://<app id>/.default), and the tenant: az account show.",
	},
};

/** @returns what the text's AADSTS number means; `undefined` where it has none */
export function entraError(text: string, scope: string): SignInFailed | undefined {
	const number = /AADSTS(\d{3,8})\b/.exec(text)?.[1];
	if (number === undefined) return undefined;
	const { means, next } = entraErrors[number] ?? {
		means: "Entra ID has refused the sign-in.",
		next: `Look it up: https://login.microsoftonline.com/error?code=${number}`,
	};
	return new SignInFailed(`AADSTS${number}: ${means}`, next.replaceAll("{scope}", scope));
}
