// The vault's errors, in the words and the form of the real one: clients decide by status, code and inner code.
import type { Answer } from "../loopback/index.ts";

export interface VaultError {
	readonly status: number;
	readonly code: string;
	readonly message: string;
	/** where Key Vault says more, as for 403 and 409 */
	readonly inner?: string;
}

/** Thrown by the parts of the vault; anything else that is thrown is a fault of the stand-in itself. */
export class Refusal extends Error {
	readonly error: VaultError;
	constructor(error: VaultError) {
		super(error.message);
		this.error = error;
	}
}

export const asAnswer = ({ status, code, message, inner }: VaultError, headers?: Record<string, string>): Answer => ({
	status,
	...(headers && { headers }),
	json: { error: { code, message, ...(inner && { innererror: { code: inner } }) } },
});

export const badParameter = (message: string) => new Refusal({ status: 400, code: "BadParameter", message });

/** Key Vault names neither the property nor the range; here it says both. */
export const invalidProperty = (property: string, allowed: string) =>
	badParameter(`Property ${property} has invalid value\r\n${allowed}`);

export const secretNotFound = (name: string, version?: string) =>
	new Refusal({
		status: 404,
		code: "SecretNotFound",
		message: `A secret with (name/id) ${version ? `${name}/${version}` : name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
	});

export const deletedSecretNotFound = (name: string) =>
	new Refusal({ status: 404, code: "SecretNotFound", message: `Deleted Secret not found: ${name}` });

export const secretDisabled = () =>
	new Refusal({
		status: 403,
		code: "Forbidden",
		message: "Operation get is not allowed on a disabled secret.",
		inner: "SecretDisabled",
	});

/** What `GET /deletedsecrets` says of a secret whose newest version is disabled. @param inner the word of 2020 was another */
export const deletedDisabled = (inner: "SecretDisabled" | "AccessDenied") =>
	new Refusal({
		status: 403,
		code: "Forbidden",
		message: "Operation get is not allowed on a disabled secret.",
		inner,
	});

/** Of another subscription or geography, or no backup at all: the real one cannot tell which. */
export const invalidBackup = () => badParameter("Backup blob contains invalid or corrupt version.");

export const tooManyVersions = (name: string) =>
	badParameter(`The secret ${name} has more than 500 versions, which is more than a backup holds.`);

export const nameTaken = (name: string) =>
	new Refusal({
		status: 409,
		code: "Conflict",
		message: `There was a conflict restoring the secret '${name}'. A secret with the same name already exists.`,
	});

export const keyNotFound = (name: string, version?: string) =>
	new Refusal({
		status: 404,
		code: "KeyNotFound",
		message: `A key with (name/id) ${version ? `${name}/${version}` : name} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
	});

export const keyDisabled = (operation: string) =>
	new Refusal({
		status: 403,
		code: "Forbidden",
		message: `Operation ${operation} is not allowed on a disabled key.`,
		inner: "KeyDisabled",
	});

/** The key's `key_ops` do not have it. */
export const operationNotPermitted = (operation: string) =>
	new Refusal({
		status: 403,
		code: "Forbidden",
		message: `Operation ${operation} is not permitted on this key.`,
		inner: "KeyOperationForbidden",
	});

export const nameInDeletedState = (name: string) =>
	new Refusal({
		status: 409,
		code: "Conflict",
		message: `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`,
		inner: "ObjectIsDeletedButRecoverable",
	});

/** While it deletes or recovers, nothing else goes. */
export const inBetween = (name: string, what: "Deleted" | "Recovered") =>
	new Refusal({
		status: 409,
		code: "Conflict",
		message: `Secret ${name} is currently being ${what.toLowerCase()}${what === "Deleted" ? "." : " and cannot be re-created; retry later."}`,
		inner: `ObjectIsBeing${what}`,
	});

export const throttled = {
	status: 429,
	code: "Throttled",
	message: "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
};

const outer: Record<number, string> = {
	401: "Unauthorized",
	403: "Forbidden",
	404: "SecretNotFound",
	409: "Conflict",
	429: "Throttled",
	500: "InternalServerError",
	503: "ServiceUnavailable",
};

/** An injected fault: `code` is the inner code where Key Vault has one. */
export const injectedError = ({ status, code }: { status: number; code?: string }): VaultError => {
	const message = status === 429 ? throttled.message : "A fault was injected.";
	const known = outer[status] ?? "BadParameter";
	if (status === 403 || status === 409) return { status, code: known, message, inner: code };
	return { status, code: code ?? known, message };
};
