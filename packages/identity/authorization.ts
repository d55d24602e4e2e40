// The authorization endpoint, and what its code is exchanged for: a person signs in in a browser, as a public client asks.
// AZ1. A code is worth something once, for ten minutes, to a client that has the verifier of its challenge, at the redirect URI
//      that it was sent to. Otherwise: anyone who sees a browser's history, or listens on a port, signs in as somebody else. Kept
//      by: authorization.test.ts.
// AZ2. A redirect URI is a registered one, to the letter; of http://localhost alone the port is free, as in Entra ID. Otherwise: any
//      page sends itself codes. Kept by: authorization.test.ts.
import { createHash, randomBytes } from "node:crypto";
import type { Answer, Request } from "../loopback/index.ts";

/** Somebody who may sign in. */
export interface Person {
	readonly objectId: string;
	/** Before the @. */
	readonly name: string;
	/** App roles at `audience` of a client; none: not assigned. */
	readonly roles: readonly string[];
}

/** A public client: it has no secret. */
export interface PublicClient {
	readonly clientId: string;
	readonly redirectUris: readonly string[];
	/** Those of single-page applications: their code is redeemed by a script of the same origin, and by nothing else. */
	readonly spaRedirectUris?: readonly string[];
	/** The API that it may ask tokens for: `api://...` */
	readonly audience: string;
}

interface Grant {
	readonly client: PublicClient;
	readonly person: Person;
	readonly scope: string;
	readonly nonce: string | undefined;
	/** Of a single-page application: where alone its tokens may be had. */
	readonly origin: string | undefined;
}

interface Code extends Grant {
	readonly redirectUri: string;
	readonly challenge: string;
	readonly expiresAt: number;
}

export interface Tenant {
	readonly tenantId: string;
	/** @param client whose token it is */
	accessToken(person: Person, client: PublicClient): Promise<string>;
	idToken(person: Person, client: PublicClient, nonce: string | undefined): Promise<string>;
}

const codeSeconds = 10 * 60;
const tokenSeconds = 3600;

export interface Authorization {
	register(client: PublicClient): void;
	admit(person: Person): void;
	/** GET */
	authorize(request: Request): Answer;
	/**
	 * POST with `grant_type` `authorization_code` or `refresh_token`
	 * @param origin header Origin: a browser sends it with what a script asks
	 */
	exchange(form: URLSearchParams, origin?: string): Promise<Answer>;
	/** Codes and refresh tokens that were given. */
	readonly issued: readonly string[];
}

export function authorization(tenant: Tenant, now: () => number = Date.now): Authorization {
	const clients = new Map<string, PublicClient>();
	const people = new Map<string, Person>();
	const codes = new Map<string, Code>();
	const refreshTokens = new Map<string, Grant>();
	const issued: string[] = [];
	const secret = () => {
		const made = randomBytes(32).toString("base64url");
		issued.push(made);
		return made;
	};

	const answered = async (grant: Grant): Promise<Answer> => {
		const { client, person, scope, nonce } = grant;
		const hasRefresh = scope.split(" ").includes("offline_access");
		const refresh_token = hasRefresh ? secret() : undefined;
		if (refresh_token) refreshTokens.set(refresh_token, grant);
		const info = JSON.stringify({ uid: person.objectId, utid: tenant.tenantId });
		const json = {
			...{ token_type: "Bearer", scope, expires_in: tokenSeconds, ext_expires_in: tokenSeconds, refresh_token },
			access_token: await tenant.accessToken(person, client),
			id_token: await tenant.idToken(person, client, nonce),
			client_info: Buffer.from(info).toString("base64url"),
		};
		const shared = grant.origin === undefined ? undefined : { "access-control-allow-origin": grant.origin };
		return { status: 200, headers: { "cache-control": "no-store", ...shared }, json };
	};

	return {
		issued,
		register: (client) => void clients.set(client.clientId, client),
		admit: (person) => void people.set(person.name, person),
		authorize({ url }) {
			const asked = url.searchParams;
			const client = clients.get(asked.get("client_id") ?? "");
			const redirectUri = asked.get("redirect_uri") ?? "";
			// Nobody is sent to an address that is not registered, not even with an error.
			if (!client) return page(400, "AADSTS700016: The application was not found in the directory.");
			const origin = client.spaRedirectUris?.includes(redirectUri) ? new URL(redirectUri).origin : undefined;
			if (origin === undefined && !client.redirectUris.some((one) => isSame(one, redirectUri)))
				return page(400, "AADSTS50011: The redirect URI does not match those of the application.");
			const back = (values: Readonly<Record<string, string>>) => sentBack(asked, redirectUri, values);
			const scope = asked.get("scope") ?? "";
			const challenge = asked.get("code_challenge") ?? "";
			if (asked.get("response_type") !== "code")
				return back(refusal("unsupported_response_type", "AADSTS700054: The response_type is not enabled."));
			if (asked.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(challenge))
				return back(refusal("invalid_request", "AADSTS9002325: Proof Key for Code Exchange is required."));
			if (!asksFor(scope, client.audience))
				return back(refusal("invalid_resource", "AADSTS500011: The resource principal was not found in the tenant."));
			const person = people.get((asked.get("login_hint") ?? "").split("@")[0]!);
			if (!person) return whoIsIt(url, [...people.keys()]);
			if (person.roles.length === 0)
				return back(refusal("access_denied", "AADSTS50105: The signed in user is not assigned to a role."));
			const code = secret();
			const nonce = asked.get("nonce") ?? undefined;
			const grant = { client, person, scope, nonce, origin };
			codes.set(code, { ...grant, redirectUri, challenge, expiresAt: now() + codeSeconds * 1000 });
			return back({ code });
		},
		async exchange(form, origin) {
			if (form.has("client_secret") || form.has("client_assertion"))
				return refused("invalid_client", "AADSTS700025: Client is public so no secret should be presented.");
			if (form.get("grant_type") === "refresh_token") {
				const grant = refreshTokens.get(form.get("refresh_token") ?? "");
				if (!grant || grant.client.clientId !== form.get("client_id"))
					return refused("invalid_grant", "AADSTS9002313: The refresh token is malformed or invalid.");
				return elsewhere(grant, origin) ?? answered(grant);
			}
			const given = form.get("code") ?? "";
			const code = codes.get(given);
			codes.delete(given);
			if (!code || code.client.clientId !== form.get("client_id"))
				return refused("invalid_grant", "AADSTS54005: The code was already redeemed, or is not valid.");
			if (code.expiresAt <= now()) return refused("invalid_grant", "AADSTS70008: The code has expired.");
			if (code.redirectUri !== form.get("redirect_uri"))
				return refused("invalid_grant", "AADSTS500112: The reply address does not match the one of the code.");
			const verifier = form.get("code_verifier") ?? "";
			if (createHash("sha256").update(verifier).digest("base64url") !== code.challenge)
				return refused("invalid_grant", "AADSTS501481: The code_verifier does not match the code_challenge.");
			return elsewhere(code, origin) ?? answered(code);
		},
	};
}

/** A single-page application's tokens are for a script of its origin, all others for none. */
function elsewhere(grant: Grant, origin: string | undefined): Answer | undefined {
	if (grant.origin === origin) return undefined;
	return grant.origin === undefined
		? refused("invalid_request", "AADSTS9002326: Cross-origin token redemption is for single-page applications only.")
		: refused("invalid_request", "AADSTS9002327: These tokens may only be redeemed by cross-origin requests.");
}

/** @param registered one of a client's */
function isSame(registered: string, given: string): boolean {
	const [own, other] = [URL.parse(registered), URL.parse(given)];
	if (!own || !other) return false;
	if (own.protocol !== "http:" || own.hostname !== "localhost") return registered === given;
	return other.protocol === "http:" && other.host.replace(/:\d+$/, "") === "localhost" && tailOf(own) === tailOf(other);
}

const tailOf = ({ username, password, pathname, search, hash }: URL): string =>
	[username, password, pathname, search, hash].join(" ");

/** Scopes of one API, beside those of OpenID Connect. */
function asksFor(scope: string, audience: string): boolean {
	const resources = scope.split(" ").filter((one) => one.includes("/"));
	return resources.length > 0 && resources.every((one) => one.slice(0, one.lastIndexOf("/")) === audience);
}

const refusal = (error: string, error_description: string) => ({ error, error_description });

function sentBack(asked: URLSearchParams, redirectUri: string, values: Readonly<Record<string, string>>): Answer {
	const state = asked.get("state");
	const all = { ...values, ...(state !== null && { state }) };
	const mode = asked.get("response_mode") ?? "query";
	if (mode === "form_post") {
		const fields = Object.entries(all).map(
			([name, value]) => `<input type="hidden" name="${name}" value="${text(value)}">`,
		);
		const form = `<form method="post" action="${text(redirectUri)}">${fields.join("")}<button>Go on</button></form>`;
		return page(200, `${form}<script>document.forms[0].submit()</script>`, true);
	}
	const location = new URL(redirectUri);
	const added = new URLSearchParams(all);
	if (mode === "fragment") location.hash = added.toString();
	else for (const [name, value] of added) location.searchParams.set(name, value);
	return { status: 302, headers: { location: location.href, "cache-control": "no-store" } };
}

/** In place of a login: there is none here. */
function whoIsIt(url: URL, names: readonly string[]): Answer {
	const links = names.map((name) => {
		const query = new URLSearchParams(url.searchParams);
		query.set("login_hint", name);
		return `<li><a href="?${text(query.toString())}">${text(name)}</a></li>`;
	});
	return page(200, `<h1>Who are you?</h1><ul>${links.join("")}</ul>`, true);
}

const text = (value: string): string => value.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);

const page = (status: number, body: string, isHtml = false): Answer => ({
	status,
	headers: { "cache-control": "no-store" },
	html: `<!doctype html><html lang="en"><title>Sign in</title>${isHtml ? body : `<p>${text(body)}</p>`}</html>`,
});

const refused = (error: string, error_description: string): Answer => ({
	status: 400,
	json: { error, error_description },
});
