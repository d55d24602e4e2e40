// Is the app there? It says in words which of name, network, TLS and HTTP fails.

import { ApiProblem, ApiUnreachable, client } from "../../../api/client.ts";
import type { FoundRight } from "../answers.ts";
import type { Around } from "../around.ts";

const reasons: readonly (readonly [RegExp, says: string, next: string])[] = [
	[
		/^(ENOTFOUND|EAI_AGAIN)$/,
		"Its name is not known to DNS",
		"Check the address, the network and its private DNS zone.",
	],
	[/^ECONNREFUSED$/, "Nothing listens there", "Check the address and its port."],
	[
		/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|TimeoutError)$/,
		"Nothing answers there",
		"Check firewalls, and whether only a private network gets there (operator_ranges).",
	],
	[/^(EHOSTUNREACH|ENETUNREACH)$/, "There is no way to it", "Check the network, a VPN."],
	[
		/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
		"Something cut the connection",
		"Check proxies and firewalls in between; an IP restriction of the app answers 403, not so.",
	],
	[
		/^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
		"Its certificate is not valid now",
		"Check this machine's clock, then the certificate.",
	],
	[
		/^(ERR_TLS_CERT_ALTNAME_INVALID)$/,
		"Its certificate is of another name",
		"Check the address; a proxy may answer in its place.",
	],
	[
		/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_|ERR_TLS|ERR_SSL)/,
		"Its certificate is not trusted here",
		"Give the CA: NODE_EXTRA_CA_CERTS=<file>. A proxy that opens TLS has one of its own.",
	],
];

export interface Reached {
	readonly rights: readonly FoundRight[];
	/** Milliseconds since 1970, by the app's side. */
	readonly isThere: boolean;
}

/** How far clocks may differ before tokens are refused. */
const mostSkewMs = 5 * 60_000;
const toleratedMs = 10_000;

export async function reached(baseUrl: string, around: Around): Promise<Reached> {
	const right = `${baseUrl} answers.`;
	let date: string | null = null;
	const noting: typeof fetch = async (url, init) => {
		const response = await fetch(url, init);
		date = response.headers.get("date");
		return response;
	};
	// It needs no token.
	const asked = client({ baseUrl, fetch: noting, timeoutMs: 15_000 })("showCode", { code: "rotation-running" });
	const error: unknown = await asked.then(
		() => undefined,
		(thrown) => thrown,
	);
	if (error instanceof ApiUnreachable) return { rights: [unreached(right, error)], isThere: false };
	if (error instanceof ApiProblem && error.code === "foreign-answer")
		return { rights: [{ right, result: "missing", says: error.message, next: error.next }], isThere: false };
	if (error !== undefined && !(error instanceof ApiProblem)) throw error;
	return { rights: [{ right, result: "ok" }, clock(date, around.now())], isThere: true };
}

function unreached(right: string, error: ApiUnreachable): FoundRight {
	const { cause } = error as { cause?: { code?: unknown; name?: unknown; cause?: { code?: unknown } } };
	const code = [cause?.cause?.code, cause?.code, cause?.name].find((one) => typeof one === "string") as
		| string
		| undefined;
	const [, says, next] = reasons.find(([pattern]) => pattern.test(code ?? "")) ?? [];
	return {
		...{ right, result: "missing" },
		says: says === undefined ? error.message : `${says} (${code}).`,
		next: next ?? "Check the address (ROTATOR_URL), and whether this machine may reach it.",
	};
}

function clock(date: string | null, now: Date): FoundRight {
	const theirs = Date.parse(date ?? "");
	if (Number.isNaN(theirs))
		return {
			right: "This machine's clock is right.",
			result: "unknown",
			says: "The app's side does not give the time.",
		};
	const off = now.getTime() - theirs;
	const seconds = Math.round(Math.abs(off) / 1000);
	if (Math.abs(off) <= toleratedMs) return { right: "This machine's clock is right.", result: "ok" };
	const says = `It is ${seconds} s ${off > 0 ? "ahead of" : "behind"} the app's side${Math.abs(off) > mostSkewMs ? ", and tokens are refused for that" : ""}.`;
	return {
		right: "This machine's clock is right.",
		result: "missing",
		says,
		next: "Set it by NTP: timedatectl set-ntp true, w32tm /resync.",
	};
}
