import { expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { saidBy } from "../../../src/lib/domain/said.ts";

const error = (of: object): Error => Object.assign(new Error("https://titanic/?sig=secret"), of);

test.each<[string, unknown, string | undefined]>([
	["Node.js's", error({ code: "ENOTFOUND" }), "ENOTFOUND"],
	["one of five letters", error({ code: "EPIPE" }), "EPIPE"],
	["OpenSSL's", error({ code: "CERT_HAS_EXPIRED" }), "CERT_HAS_EXPIRED"],
	["fetch's, which is the cause's", new TypeError("failed", { cause: error({ code: "ECONNRESET" }) }), "ECONNRESET"],
	["an SDK's, behind its own", error({ code: "REQUEST_SEND_ERROR", cause: error({ code: "EPERM" }) }), "EPERM"],
	["Azure's, with the status", error({ statusCode: 503, code: "ServerBusy" }), "HTTP 503 ServerBusy"],
	["a status alone", error({ statusCode: 502 }), "HTTP 502"],
	["PostgreSQL's", error({ code: "57P05" }), "SQLSTATE 57P05"],
	["a time limit's", error({ name: "TimeoutError", code: 23 }), "no answer in time"],
	["nothing: a text", error({ code: "password=iceberg" }), undefined],
	["nothing: what is no status", error({ statusCode: 1e9 }), undefined],
	[
		"nothing: an error that is its own cause",
		(() => {
			const e = error({});
			return Object.assign(e, { cause: e });
		})(),
		undefined,
	],
	["nothing: no error at all", "ENOTFOUND", undefined],
])("what a foreign error says is %s", (_, foreign, said) => {
	expect(saidBy(foreign)).toBe(said);
});

test("a fault of what cannot be reached tells it, before the full stop, and one that has its own words does not", () => {
	const foreign = error({ code: "ENOTFOUND" });
	expect(new Fault("vault-unreachable", { vault: "main" }, foreign).sentence).toBe(
		"Vault main cannot be reached or failed to answer (ENOTFOUND).",
	);
	expect(new Fault("vault-unreachable", { vault: "main" }).sentence).toMatch(/ failed to answer\.$/);
	const token = new Fault(
		"token-unavailable",
		{ resource: "vault main" },
		error({ name: "CredentialUnavailableError" }),
	);
	expect(token.message).toBe(
		"[token-unavailable] The app's identity gets no token for vault main (no identity is assigned).",
	);
	expect(new Fault("secret-missing", { vault: "main", secret: "x" }, foreign).sentence).not.toContain("ENOTFOUND");
});
