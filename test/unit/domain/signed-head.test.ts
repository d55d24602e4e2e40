import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { canonical } from "../../../src/lib/domain/audit-record.ts";
import type { SignedHead } from "../../../src/lib/domain/head.ts";
import { isSignedBy, parseHead, signedHead } from "../../../src/lib/domain/signed-head.ts";

const head = { log: "https://titanicaudit.blob.core.windows.net/audit", seq: 6, hash: "a".repeat(64) };
const statement = { ...head, time: "2026-11-23T10:00:00.000Z" };
const base64url = (text: string) => Buffer.from(text).toString("base64url");
const ours = canonical({ alg: "ES256", typ: "audit-head+jws" });

/** Everything as it must be but for what is given. */
function signed(
	key: KeyObject,
	{ header = ours, payload = "", more = "", dsaEncoding = "ieee-p1363" as const, digest = "sha256" } = {},
): SignedHead {
	const text = `${base64url(header)}.${base64url(canonical(statement))}`;
	const signature = sign(digest, Buffer.from(text), { key, dsaEncoding }).toString("base64url");
	return { head: statement, key: "https://v/keys/k/1", jws: `${base64url(header)}.${payload}.${signature}${more}` };
}

const pair = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
const { privateKey, publicKey } = pair("P-256");

describe("a signed head", () => {
	test("is made so that its key is told from every other one", async () => {
		const signer = {
			// The vault signs a digest: here it is the text that makes it, signed anew.
			sign: async () => ({ signature: Buffer.alloc(64), key: "https://v/keys/k/1" }),
		};
		const made = await signedHead(signer, head, new Date(statement.time));
		expect(made.head).toEqual(statement);
		expect(made.jws.split(".").slice(0, 2)).toEqual([base64url(ours), ""]);
		expect(isSignedBy(made, publicKey)).toBe(false);
		expect(isSignedBy(signed(privateKey), publicKey)).toBe(true);
		expect(isSignedBy(signed(privateKey), pair("P-256").publicKey)).toBe(false);
	});

	const headers: Record<string, string> = {
		"another purpose": canonical({ alg: "ES256", typ: "JWT" }),
		"no purpose": canonical({ alg: "ES256" }),
		"another algorithm": canonical({ alg: "none", typ: "audit-head+jws" }),
		"more than ours": canonical({ alg: "ES256", typ: "audit-head+jws", crit: ["exp"] }),
		"ours in another order": '{"typ":"audit-head+jws","alg":"ES256"}',
	};
	test.each(Object.entries(headers))(
		"whose protected header names %s counts for nothing, though it is signed",
		(_, header) => {
			expect(isSignedBy(signed(privateKey, { header }), publicKey)).toBe(false);
		},
	);

	test("with a payload of its own, or more parts, counts for nothing", () => {
		expect(isSignedBy(signed(privateKey, { payload: base64url(canonical(statement)) }), publicKey)).toBe(false);
		expect(isSignedBy(signed(privateKey, { more: ".x" }), publicKey)).toBe(false);
	});

	test.each(["P-384", "P-521", "secp256k1"])("that a key on the curve %s has signed counts for nothing", (curve) => {
		const other = pair(curve);
		expect(isSignedBy(signed(other.privateKey), other.publicKey)).toBe(false);
	});

	test("whose statement was changed counts for nothing", () => {
		const { key, jws } = signed(privateKey);
		for (const change of [
			{ seq: 7 },
			{ hash: "b".repeat(64) },
			{ log: "https://other/audit" },
			{ time: "2027-01-01T00:00:00.000Z" },
		]) {
			expect(isSignedBy({ head: { ...statement, ...change }, key, jws }, publicKey)).toBe(false);
		}
	});
});

test.each([
	"",
	"null",
	"7",
	"[]",
	"{}",
	'{"head":null}',
	JSON.stringify({ head: { ...statement, seq: "6" }, key: "k", jws: "j" }),
	JSON.stringify({ head: { ...statement, time: "soon" }, key: "k", jws: "j" }),
	'{"head":{"log":"\\ud800","seq":1,"hash":"a","time":"2026-11-23T10:00:00.000Z"},"key":"k","jws":"j"}',
])("%s is no signed head", (text) => {
	expect(parseHead(text)).toBeUndefined();
});
