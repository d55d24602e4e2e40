// What a git server, or the network on the way to it, says when it does not do what was asked.
// GF1. By status, header and error code: a server's words may be a proxy's, and repeat what was sent.
// GF2. A 403 that says when to come again is not a missing right. Otherwise: a delivery is given up because of others' traffic.
// Both kept by: git/faults.test.ts, repository.test.ts.

import { Fault } from "../../domain/fault.ts";
import type { Answer } from "./exchange.ts";

interface Asked {
	readonly repository: string;
	readonly credential: string;
	/** What is forbidden with a 403, before the repository's name: `push to`. */
	readonly right: string;
}

/** @returns a Fault for what the server, the network or the token failed; any other error as it is: a defect of ours */
export function asFault(error: unknown, asked: Asked): unknown {
	if (error instanceof Fault) return error;
	if (isAnswer(error)) return ofAnswer(error, asked);
	const trouble = troubleOf(error);
	const { repository } = asked;
	if (!trouble) return error;
	if (trouble.detail === "TOO_LARGE") return new Fault("repository-too-large", { repository });
	return new Fault(`repository-${trouble.what}`, { repository, detail: trouble.detail }, error);
}

/** What an exchange ends with that has no answer; `undefined` for a defect of ours. */
export function troubleOf(error: unknown): { what: "unreachable" | "untrusted"; detail: string } | undefined {
	const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
	if (name === "AbortError" || name === "TimeoutError") return { what: "unreachable", detail: "no answer in time" };
	if (typeof code !== "string" || !word.test(code)) return undefined;
	return { what: untrusted.test(code) ? "untrusted" : "unreachable", detail: code };
}

function ofAnswer({ status, headers }: Answer, { repository, credential, right }: Asked): Fault {
	const isPage = String(headers["content-type"] ?? "").startsWith("text/html");
	if (status === 301 || status === 308) return new Fault("repository-moved", { repository, status });
	if (status === 401 || status === 203 || (status >= 300 && status < 400) || (status === 200 && isPage))
		return new Fault("repository-unauthorized", { repository, credential, answer: answerOf(status, isPage) });
	if (status === 403 && (headers["retry-after"] !== undefined || headers["x-ratelimit-remaining"] === "0"))
		return new Fault("repository-failed", { repository, detail: "HTTP 403, and it says when to come again" });
	if (status === 403) return new Fault("repository-forbidden", { repository, credential, right });
	if (status === 404) return new Fault("repository-missing", { repository, credential });
	if (status === 408 || status === 429 || status >= 500)
		return new Fault("repository-failed", { repository, detail: `HTTP ${status}` });
	return new Fault("repository-foreign", { repository });
}

const answerOf = (status: number, isPage: boolean): string =>
	status === 401
		? "HTTP 401"
		: status >= 300
			? `a redirect, HTTP ${status}`
			: `${isPage ? "a page" : "an answer"} to sign in at, HTTP ${status}`;

const isAnswer = (error: unknown): error is Answer => typeof (error as Answer | undefined)?.status === "number";

/** OpenSSL's verification errors, as Node.js names them. */
const untrusted =
	/^(ERR_TLS_CERT|CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF))/;
const word = /^[A-Z][A-Z0-9_]{2,60}$/;
