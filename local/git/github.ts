// Stands in for GitHub's API, as far as a GitHub App needs it to get a token, and says who may use the repository of a git server.
// GB1. A JWT is checked as GitHub checks one: signature by a key of the app that it names, times by GitHub's clock. Otherwise: one that
//      GitHub refuses gets a token here. Kept by: github-app.test.ts.
// GB2. A token is good for the repositories and permissions that it was asked for, one hour. Kept by: github-app.test.ts. Statuses
// and messages as documented, and as reported by others who met them; GitHub itself was not asked. That an unknown app is answered
// with 404 is from memory, not looked up.

import { type KeyObject, randomBytes } from "node:crypto";
import { compactVerify, decodeJwt } from "jose";
import { type Answer, type Faults, faults, type Request, serve } from "../../packages/loopback/index.ts";

type Permissions = Readonly<Record<string, string>>;

export interface Installation {
	readonly id: number;
	readonly repositories: readonly string[];
	readonly permissions: Permissions;
	readonly suspended?: boolean;
}

export interface GitHub extends AsyncDisposable {
	/** Of its API. */
	readonly api: string;
	readonly faults: Faults;
	/** Its one app: its public keys and installations may be changed. */
	readonly app: { readonly id: number; readonly clientId: string; keys: KeyObject[]; installations: Installation[] };
	/** Its clock. */
	now: () => Date;
	/** Does it let this `Authorization` of git into a repository? */
	accepts(authorization: string, repository: string): boolean;
	/** Every token so far ends now. */
	revoke(): void;
	/** The bodies of what was asked for with a good JWT. */
	readonly asked: unknown[];
	/** All that came as `Authorization`, and all tokens. */
	readonly secrets: string[];
}

interface Token {
	readonly repositories: readonly string[];
	readonly permissions: Permissions;
	readonly endsAt: number;
}

export async function startGitHub(app: GitHub["app"]): Promise<GitHub> {
	const tokens = new Map<string, Token>();
	const all = faults();
	const gitHub = {
		app,
		faults: all,
		now: () => new Date(),
		asked: [] as unknown[],
		secrets: [] as string[],
		revoke: () => tokens.clear(),
		accepts(authorization: string, repository: string) {
			const [user, token = ""] = Buffer.from(authorization.replace(/^Basic /, ""), "base64")
				.toString()
				.split(/:(.*)/);
			const found = tokens.get(token);
			const isGood = found !== undefined && found.endsAt > gitHub.now().getTime();
			return user === "x-access-token" && isGood && found.repositories.includes(repository);
		},
	};

	async function answer({ method, path, headers, body }: Request): Promise<Answer> {
		if (!headers["user-agent"]) return said(403, "Request forbidden by administrative rules.");
		const [, id] = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(path) ?? [];
		if (method !== "POST" || id === undefined) return said(404, "Not Found");
		const jwt = (headers.authorization ?? "").replace(/^Bearer /, "");
		gitHub.secrets.push(jwt);
		const refused = await refusalOf(jwt, app, Math.floor(gitHub.now().getTime() / 1000));
		if (refused) return refused;
		const installation = app.installations.find((one) => one.id === Number(id));
		if (!installation) return said(404, "Not Found");
		if (installation.suspended) return said(403, "This installation has been suspended");
		const asked = JSON.parse(body) as { repositories?: string[]; permissions?: Permissions };
		gitHub.asked.push(asked);
		const { repositories = installation.repositories, permissions = installation.permissions } = asked;
		if (!repositories.every((name) => installation.repositories.includes(name)))
			return said(
				422,
				"There is at least one repository that does not exist or is not accessible to the parent installation.",
			);
		const isGranted = ([name, level]: [string, string]) =>
			[level, "write"].includes(installation.permissions[name] ?? "none");
		if (!Object.entries(permissions).every(isGranted))
			return said(422, "The permissions requested are not granted to this installation.");
		const token = `ghs_${app.id}_${randomBytes(300).toString("base64url")}`;
		gitHub.secrets.push(token);
		const endsAt = gitHub.now().getTime() + 3_600_000;
		tokens.set(token, { repositories, permissions, endsAt });
		const expires_at = new Date(endsAt).toISOString().replace(/\.\d+Z$/, "Z");
		const given = { ...permissions, metadata: "read" };
		return { status: 201, json: { token, expires_at, permissions: given, repository_selection: "selected" } };
	}

	const withDate = (one: Answer): Answer => ({
		...one,
		headers: { date: gitHub.now().toUTCString(), ...one.headers },
	});
	const server = await serve({
		faults: all,
		answer: async (request) => withDate(await answer(request)),
		refuse: ({ status, code = "Server Error" }) => withDate(said(status, code)),
	});
	return Object.assign(gitHub, { api: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() });
}

const said = (status: number, message: string): Answer => ({
	status,
	json: { message, documentation_url: "https://docs.github.com/rest", status: `${status}` },
});

async function refusalOf(jwt: string, app: GitHub["app"], now: number): Promise<Answer | undefined> {
	const undecoded = said(401, "A JSON web token could not be decoded");
	let claims: Record<string, unknown>;
	try {
		claims = decodeJwt(jwt);
	} catch {
		return undecoded;
	}
	if (claims.iss !== app.id && claims.iss !== app.clientId) return said(404, "Integration not found");
	const checks = app.keys.map((key) =>
		compactVerify(jwt, key, { algorithms: ["RS256"] }).then(
			() => true,
			() => false,
		),
	);
	if (!(await Promise.all(checks)).includes(true)) return undecoded;
	const { iat, exp } = claims;
	if (typeof exp !== "number" || exp <= now)
		return said(
			401,
			"'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
		);
	if (exp > now + 600) return said(401, "'Expiration time' claim ('exp') is too far in the future");
	if (typeof iat !== "number" || iat > now)
		return said(
			401,
			"'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
		);
	return undefined;
}
