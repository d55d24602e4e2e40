// What Key Vault's refusals mean. By status and code, never by message.
// KF1. "No such secret" is said only when the vault says it in its own words. Otherwise: a proxy's 404 looks like an
//      absent secret, and a new pending password goes over one that the database has. Kept by: secret-store.test.ts.

import { Fault } from "../../domain/fault.ts";
import { isForeign, type Refusal, word } from "./pipeline.ts";

export interface Where {
	readonly vault: string;
	/** `*`: the whole vault */
	readonly secret: string;
	/** What was tried, as an operator would say it. */
	readonly right: "read" | "write" | "update" | "recover" | "list" | "back up" | "restore";
}

/**
 * Whom a 403 turns away, the same for keys as for secrets. Vaults with access policies answer `AccessDenied` or
 * `ForbiddenByPolicy`, those with roles `ForbiddenByRbac`.
 */
const denials = {
	SecretDisabled: "disabled",
	KeyDisabled: "disabled",
	ForbiddenByFirewall: "network",
	ForbiddenByConnection: "network",
	ForbiddenByRbac: "right",
	ForbiddenByPolicy: "right",
	AccessDenied: "right",
} as const;

/**
 * @param refusal of status 403
 * @returns `other`: for a reason that is not known here, whose code is in `inner`
 */
export function denialOf({ code, inner }: Pick<Partial<Refusal>, "code" | "inner">) {
	// No Key Vault's words at all: a proxy's page.
	if (word(code) === undefined) return "network";
	if (inner === undefined) return "right";
	return Object.hasOwn(denials, inner) ? denials[inner as keyof typeof denials] : "other";
}

/** @see https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
export function asFault(error: unknown, { vault, secret, right }: Where): Fault {
	if (error instanceof Fault) return error;
	const refusal = error as Partial<Refusal> & { [isForeign]?: true };
	const { statusCode, inner, [isForeign]: foreign } = refusal;
	// The pipeline's is a word already; the SDK's own errors have whatever the server sent.
	const code = word(refusal.code);
	const at = { vault, secret };
	if (foreign) return new Fault("vault-foreign", { vault }, error);
	switch (statusCode) {
		case 401:
			return new Fault("vault-unauthorized", { vault }, error);
		case 403: {
			const denial = denialOf(refusal);
			if (denial === "disabled") return new Fault("secret-disabled", at, error);
			if (denial === "network") return new Fault("vault-blocked", { vault }, error);
			if (denial === "right") return new Fault("vault-forbidden", { ...at, right }, error);
			return new Fault("vault-denied", { ...at, right, inner: word(inner) ?? "no word" }, error);
		}
		case 404:
			if (code === "SecretNotFound") return new Fault("secret-missing", at, error);
			return new Fault("vault-unreachable", { vault }, error);
		case 407:
			return new Fault("vault-blocked", { vault }, error);
		case 409:
			if (inner === "ObjectIsDeletedButRecoverable") return new Fault("secret-deleted", at, error);
			if (inner === "ObjectIsBeingDeleted") return new Fault("secret-being-deleted", at, error);
			return new Fault("vault-busy", at, error);
		case 429:
			return new Fault("vault-throttled", { vault }, error);
	}
	if (statusCode !== undefined && statusCode !== 408 && statusCode < 500 && code !== undefined)
		return new Fault("vault-rejected", { ...at, detail: `it answers ${statusCode} ${code}` }, error);
	return new Fault("vault-unreachable", { vault }, error);
}
