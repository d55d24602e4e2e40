// What a foreign error says of itself, in a word: the network's code, an HTTP status, an SQLSTATE.
// SD1. Only what has the form of a code is taken, and never a message. Otherwise: a URL, a body or a token of an SDK's message gets
//      into a fault. Kept by: said.test.ts.

/** Node.js, OpenSSL and undici write `ECONNREFUSED`, Azure `AuthorizationFailure`. */
const codes = /^(?:[A-Z][A-Z0-9_]{2,59}|[A-Z][A-Za-z]{2,59})$/;
const names: Readonly<Record<string, string>> = {
	TimeoutError: "no answer in time",
	AbortError: "no answer in time",
	CredentialUnavailableError: "no identity is assigned",
};

/** `ENOTFOUND`, `HTTP 503 ServerBusy`, `SQLSTATE 57P05`; `undefined` where it says nothing of the kind */
export function saidBy(error: unknown): string | undefined {
	let at: unknown = error;
	for (let depth = 0; depth < 4 && typeof at === "object" && at !== null; depth++) {
		const said = wordOf(at);
		if (said !== undefined) return said;
		at = (at as { cause?: unknown }).cause;
	}
	return undefined;
}

function wordOf(error: object): string | undefined {
	const { code, statusCode, name } = error as { code?: unknown; statusCode?: unknown; name?: unknown };
	const text = typeof code === "string" ? code : "";
	const isStatus = Number.isInteger(statusCode) && (statusCode as number) >= 100 && (statusCode as number) <= 599;
	const http = isStatus ? `HTTP ${statusCode}` : undefined;
	// Five letters or digits, as EPIPE has too.
	if (/^[0-9A-Z]{5}$/.test(text) && !text.startsWith("E")) return `SQLSTATE ${text}`;
	const named = typeof name === "string" && Object.hasOwn(names, name) ? names[name] : undefined;
	if (named !== undefined) return named;
	// The SDK's word for any failure of the network: what is behind it says more.
	const word = codes.test(text) && text !== "REQUEST_SEND_ERROR" ? text : undefined;
	return [http, word].filter((part) => part !== undefined).join(" ") || undefined;
}
