// What is sent to PostgreSQL instead of the password.
// V1. This has PostgreSQL's format exactly. Otherwise: it is hashed as a plain password, without a word, and nobody gets
//     in. Kept by: verifier.test.ts (a real server), the login in the switch.
// V2. It is of the same bytes that every client sends: of the password as it is, in UTF-8. PostgreSQL and libpq apply SASLprep
//     (RFC 4013), and take the password as it is where it is ASCII or SASLprep refuses it; other clients apply half of it, or
//     none. So a password that SASLprep would change gets no verifier. Otherwise: the way back lets in some clients and not
//     others. Kept by: verifier.test.ts, where PostgreSQL makes the same.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { Fault } from "./fault.ts";
import type { Password } from "./password.ts";

declare const scram: unique symbol;
/** `SCRAM-SHA-256$4096:<salt>$<StoredKey>:<ServerKey>`, each in base64. */
export type Verifier = string & { readonly [scram]: true };

const iterations = 4096;
const hmac = (key: Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();

/** What SASLprep makes a space, or nothing (RFC 3454, tables C.1.2 and B.1), by code point. */
const mapped: readonly (readonly [first: number, last: number])[] = [
	[0xa0, 0xa0],
	[0xad, 0xad],
	[0x34f, 0x34f],
	[0x1680, 0x1680],
	[0x1806, 0x1806],
	[0x180b, 0x180d],
	[0x2000, 0x200d],
	[0x202f, 0x202f],
	[0x205f, 0x2060],
	[0x3000, 0x3000],
	[0xfe00, 0xfe0f],
	[0xfeff, 0xfeff],
];
const isMapped = (character: string) =>
	mapped.some(([first, last]) => first <= character.charCodeAt(0) && character.charCodeAt(0) <= last);

/** @returns why this cannot be, or become again, a role's password; `undefined` where it can */
export function unsuited(password: Password, secret: string): Fault | undefined {
	const text = password.reveal();
	const isKept = text.isWellFormed() && !text.includes("\0") && text.normalize("NFKC") === text;
	return text !== "" && isKept && ![...text].some(isMapped) ? undefined : new Fault("password-ambiguous", { secret });
}

/**
 * The SCRAM-SHA-256 verifier of a password, as PostgreSQL stores it in pg_authid.
 * @param secret the managed secret's name, for the error
 * @param salt 16 bytes
 * @throws Fault `password-ambiguous`
 * @see RFC 5802, section 3; PostgreSQL's src/common/scram-common.c, src/common/saslprep.c
 */
export function verifierOf(password: Password, secret: string, salt: Uint8Array = randomBytes(16)): Verifier {
	const fault = unsuited(password, secret);
	if (fault) throw fault;
	const salted = pbkdf2Sync(password.reveal(), salt, iterations, 32, "sha256");
	const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
	const serverKey = hmac(salted, "Server Key").toString("base64");
	return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString("base64")}$${storedKey}:${serverKey}` as Verifier;
}
