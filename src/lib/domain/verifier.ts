// What is sent to PostgreSQL instead of the password.
// V1. This has PostgreSQL's format exactly. Otherwise: it is hashed as a plain password, without a word, and nobody gets
//     in. Kept by: verifier.test.ts (a real server), the login in the switch.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { Fault } from "./fault.ts";
import type { Password } from "./password.ts";

declare const scram: unique symbol;
/** `SCRAM-SHA-256$4096:<salt>$<StoredKey>:<ServerKey>`, each in base64. */
export type Verifier = string & { readonly [scram]: true };

const iterations = 4096;
const hmac = (key: Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();

/**
 * The SCRAM-SHA-256 verifier of a password, as PostgreSQL stores it in pg_authid.
 * @param secret the managed secret's name, for the error
 * @param salt 16 bytes
 * @throws Fault `password-not-ascii`: SASLprep (RFC 4013) would change such a password
 * @see RFC 5802, section 3; PostgreSQL's src/common/scram-common.c
 */
export function verifierOf(password: Password, secret: string, salt: Uint8Array = randomBytes(16)): Verifier {
	const text = password.reveal();
	if (!/^[\x20-\x7e]+$/.test(text)) throw new Fault("password-not-ascii", { secret });
	const salted = pbkdf2Sync(text, salt, iterations, 32, "sha256");
	const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
	const serverKey = hmac(salted, "Server Key").toString("base64");
	return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString("base64")}$${storedKey}:${serverKey}` as Verifier;
}
