// What an access token says of itself. The app checks it; here it is only read, to tell a person what is wrong.
// RDR1. Nothing of a token is repeated except its dates, its audience, its tenant and its roles. Kept by: doctor.test.ts.

import type { FoundRight } from "../answers.ts";
import { plain } from "../terminal.ts";
import { timeText } from "../times.ts";

interface Claims {
	readonly aud?: unknown;
	readonly iss?: unknown;
	readonly tid?: unknown;
	readonly exp?: unknown;
	readonly roles?: unknown;
}

export function claimsIn(token: string): Claims | undefined {
	try {
		const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
		return typeof claims === "object" && claims !== null ? claims : undefined;
	} catch {
		return undefined;
	}
}

const textIn = (claim: unknown): string | undefined =>
	typeof claim === "string" ? plain(claim).slice(0, 200) : undefined;

/** @param scope whose tokens the app takes, as somebody has said */
export function tokenRights(
	token: string,
	scope: string | undefined,
	tenant: string | undefined,
	now: Date,
): FoundRight[] {
	const claims = claimsIn(token);
	const readable = "The token is one of Entra ID's.";
	if (!claims)
		return [
			{
				right: readable,
				result: "missing",
				says: "It is no JWT.",
				next: "az login, or set ROTATOR_TOKEN to an access token.",
			},
		];
	return [
		expiryOf(claims, now),
		...(scope === undefined ? [] : [audienceOf(claims, scope)]),
		...(tenant === undefined ? [] : [tenantOf(claims, tenant)]),
		rolesOf(claims),
	];
}

function expiryOf({ exp }: Claims, now: Date): FoundRight {
	if (typeof exp !== "number") return { right: "The token says when it ends.", result: "unknown" };
	const ends = timeText(new Date(exp * 1000).toISOString());
	const right = `The token is valid until ${ends}.`;
	if (exp * 1000 > now.getTime()) return { right, result: "ok" };
	return {
		right: "The token is valid.",
		result: "missing",
		says: `It has expired at ${ends}.`,
		next: "Sign in again: az login",
	};
}

function audienceOf({ aud }: Claims, scope: string): FoundRight {
	const wanted = scope.replace(/\/[^/]*$/, "");
	const id = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(wanted)?.[0];
	const right = `The token is for ${plain(wanted)}.`;
	if (aud === wanted || (id !== undefined && aud === id)) return { right, result: "ok" };
	// An identifier URI without the id in it, and a token of version 2, which has the id.
	if (id === undefined && /^[0-9a-f-]{36}$/i.test(textIn(aud) ?? ""))
		return { right, result: "unknown", says: `It is for ${textIn(aud)}, which may be its id.` };
	return {
		...{ right, result: "missing" },
		says: `It is for ${textIn(aud) ?? "nobody"}.`,
		next: `az account get-access-token --scope ${plain(scope)} --output none, and unset ROTATOR_TOKEN`,
	};
}

function tenantOf({ tid }: Claims, tenant: string): FoundRight {
	const right = `The token is of tenant ${plain(tenant)}.`;
	if (tid === tenant) return { right, result: "ok" };
	if (!/^[0-9a-f-]{36}$/i.test(tenant)) return { right, result: "unknown", says: `It is of ${textIn(tid) ?? "none"}.` };
	return {
		right,
		result: "missing",
		says: `It is of ${textIn(tid) ?? "none"}.`,
		next: `az login --tenant ${plain(tenant)}`,
	};
}

function rolesOf({ roles }: Claims): FoundRight {
	const has = Array.isArray(roles) ? roles.flatMap((role) => textIn(role) ?? []) : [];
	const right = "The token has the app role Rotation.Operate.";
	if (has.includes("Rotation.Operate")) return { right, result: "ok", says: `Its roles: ${has.join(", ")}.` };
	return {
		...{ right, result: "missing" },
		says:
			has.length === 0
				? "It has no app role."
				: `It has only ${has.join(", ")}, which is not enough to have the app looked at.`,
		next: "Ask who administers the app for the role: Entra ID, Enterprise applications, the app, Users and groups. A service principal needs it directly: one that it has through a group is in no token.",
	};
}
