// What each system's transport throws when an answer is lost or late, and what each service answers to whom it refuses:
// the same kind of error, with the same codes, as the SDK or driver makes of the real thing.

import { RestError } from "@azure/storage-blob";
import pg from "pg";

const systems = ["vault", "postgres", "kubernetes", "blob", "token", "durable", "git", "github", "pulls"] as const;
type System = (typeof systems)[number];

/** @throws Error for a system that is not known here: its faults must be described first */
export function systemOf(effect: string): System {
	const system = systems.find((one) => effect.startsWith(`${one} `));
	if (!system) throw new Error(`the recovery matrix knows no faults of the system in "${effect}"`);
	return system;
}

/** The connection was reset: nobody knows whether the request took effect. */
export function resetOf(effect: string): Error {
	switch (systemOf(effect)) {
		case "vault":
		case "blob":
			return new RestError("read ECONNRESET", { code: "ECONNRESET" });
		case "postgres":
		case "git":
		case "github":
		case "pulls":
			return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
		case "kubernetes":
			return new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNRESET" }) });
		case "token":
		case "durable":
			return new Error("fetch failed");
	}
}

/** The time limit was over. */
export function timeoutOf(effect: string): Error {
	switch (systemOf(effect)) {
		case "vault":
		case "blob":
		case "git":
		case "github":
		case "pulls":
			return Object.assign(new Error("The operation was aborted."), { name: "AbortError" });
		case "postgres":
			// Of a login the socket is destroyed with a code; of a statement pg says this, without one.
			return effect.startsWith("postgres login")
				? Object.assign(new Error(), { code: "ETIMEDOUT" })
				: new Error("Query read timeout");
		case "kubernetes":
			return new DOMException("The operation was aborted due to timeout", "TimeoutError");
		case "token":
		case "durable":
			return new Error("timeout");
	}
}

/** Refused, where the stand-in cannot take this right away: what the service would answer, as its client tells it. */
export function refusalOf(effect: string): Error {
	switch (systemOf(effect)) {
		case "blob":
			return new RestError("This request is not authorized to perform this operation using this permission.", {
				code: "AuthorizationPermissionMismatch",
				statusCode: 403,
			});
		case "vault":
			return Object.assign(new Error(), { statusCode: 403, code: "Forbidden", inner: "ForbiddenByFirewall" });
		case "postgres":
			return Object.assign(new pg.DatabaseError("permission denied", 0, "error"), { code: "42501" });
		case "token":
			return new Error("CredentialUnavailableError");
		case "git":
		case "pulls":
			return Object.assign(new Error(), { status: 403, headers: {} });
		case "kubernetes":
		case "github":
		case "durable":
			return new Error("403");
	}
}
