// A signed head of the audit log: how it is made, kept as a line, and checked.
// SH1. What is signed is the RFC 8785 form of the statement, for this one purpose (`typ`). Otherwise: a signature that the
//      same key made over something else passes for one of a head.
// SH2. The key's version is a hint, outside the signature: the vault gives it only with the signature. Anyone who changes it
//      names a key that has not signed. Kept by: signed-head.test.ts.

import { createHash, type KeyObject, verify } from "node:crypto";
import { canonical } from "./audit-record.ts";
import type { Head, HeadStatement, Sign, SignedHead } from "./head.ts";

const protectedHeader = base64url(canonical({ alg: "ES256", typ: "audit-head+jws" }));

/** Signs that the log ended so at that time. */
export async function signedHead(
	signer: { readonly sign: Sign },
	{ log, seq, hash }: Head,
	time: Date,
): Promise<SignedHead> {
	const head = { log, seq, hash, time: time.toISOString() };
	const digest = createHash("sha256")
		.update(`${protectedHeader}.${payloadOf(head)}`)
		.digest();
	const { signature, key } = await signer.sign(digest);
	return { head, key, jws: `${protectedHeader}..${Buffer.from(signature).toString("base64url")}` };
}

const payloadOf = (head: HeadStatement): string => base64url(canonical(head));

function base64url(text: string): string {
	return Buffer.from(text).toString("base64url");
}

/** As it is stored, with its line end. */
export const lineOfHead = (signed: SignedHead): string => `${canonical(signed)}\n`;

/** @returns `undefined` when the line holds no signed head */
export function parseHead(text: string): SignedHead | undefined {
	let given: SignedHead;
	try {
		given = JSON.parse(text);
	} catch {
		return undefined;
	}
	const { head, key, jws } = given ?? {};
	const { log, seq, hash, time } = head ?? {};
	if (!Number.isSafeInteger(seq) || ![log, hash, time, key, jws].every(isText)) return;
	if (Number.isNaN(Date.parse(time))) return;
	return { head: { log, seq, hash, time }, key, jws } as SignedHead;
}

/** RFC 8785 has no form for a lone surrogate. */
const isText = (value: unknown): boolean => typeof value === "string" && value.isWellFormed();

/**
 * Has this key signed it?
 * @param key public; another than one on P-256 has not
 */
export function isSignedBy({ head, jws }: SignedHead, key: KeyObject): boolean {
	const [header, payload, signature = "", ...more] = jws.split(".");
	if (header !== protectedHeader || payload !== "" || more.length > 0) return false;
	if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") return false;
	const signed = Buffer.from(`${header}.${payloadOf(head)}`);
	return verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
}

/**
 * A row of Log Analytics, as a query exports it: numbers may be texts there.
 * @returns `undefined` when it is not a signed head
 */
export function headOfRow(row: Readonly<Record<string, unknown>>): SignedHead | undefined {
	const { TimeGenerated, Log: log, Seq, Hash: hash, Key: key, Jws: jws } = row;
	const time = new Date(String(TimeGenerated));
	if (Number.isNaN(time.getTime())) return undefined;
	return parseHead(JSON.stringify({ head: { log, seq: Number(Seq), hash, time: time.toISOString() }, key, jws }));
}
