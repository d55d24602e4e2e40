// Signed evidence: how it is made and checked.
// SGE1. What is signed is for this one purpose (`typ`). Otherwise: a signature that the same key made over a head of the log passes for
//      one of a report. Kept by: signed.test.ts.
// SGE2. A text shows what was read from it, and nothing else. Otherwise: a field that is there twice, or a number with more digits than
//      are kept, shows a person what nobody has signed. Kept by: evidence.test.ts.

import { createHash, type KeyObject, verify } from "node:crypto";
import { canonical } from "../audit-record.ts";
import type { Sign } from "../head.ts";
import type { Evidence, SignedEvidence } from "./statement.ts";

const base64url = (text: string): string => Buffer.from(text).toString("base64url");
const protectedHeader = base64url(canonical({ alg: "ES256", typ: "compliance-evidence+jws" }));
const sha256 = (text: string) => createHash("sha256").update(text);

/** Which evidence it is. @returns SHA-256, hex */
export const digestOf = (evidence: Evidence): string => sha256(canonical(evidence)).digest("hex");

const inputOf = ({ evidence, producedAt }: SignedEvidence): string =>
	`${protectedHeader}.${base64url(canonical({ evidence, producedAt }))}`;

/** @param signer absent: it is handed out unsigned, and says so by having no signature */
export async function signedEvidence(
	signer: { readonly sign: Sign } | undefined,
	evidence: Evidence,
	producedAt: Date,
): Promise<SignedEvidence> {
	const unsigned = { evidence, producedAt: producedAt.toISOString() };
	if (!signer) return unsigned;
	const { signature, key } = await signer.sign(sha256(inputOf(unsigned)).digest());
	return { ...unsigned, key, jws: `${protectedHeader}..${Buffer.from(signature).toString("base64url")}` };
}

/** As it is kept and handed out: one text for one document. */
export const textOfEvidence = (signed: SignedEvidence): string => `${canonical(signed)}\n`;

/** @returns `undefined` when the text holds no evidence */
export function parseEvidence(text: string): SignedEvidence | undefined {
	try {
		const given = JSON.parse(text) as SignedEvidence;
		const { evidence, producedAt, key, jws } = given ?? {};
		const isText = (value: unknown) => value === undefined || typeof value === "string";
		const isWhole = typeof evidence?.head?.rows === "number" && typeof producedAt === "string";
		// RFC 8785 has no form for a lone surrogate.
		canonical(given);
		return isWhole && isText(key) && isText(jws) ? given : undefined;
	} catch {
		return undefined;
	}
}

/** Is the text the JSON of what was read from it, whatever its blanks and escapes? */
export function showsOnly(text: string, read: object): boolean {
	const dense = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|\s+/g, (found) =>
		found.startsWith('"') ? JSON.stringify(JSON.parse(found)) : "",
	);
	return dense === JSON.stringify(read);
}

/** Has this key signed it? @param key public; another than one on P-256 has not */
export function isEvidenceSignedBy(signed: SignedEvidence, key: KeyObject): boolean {
	const [header, payload, signature = "", ...more] = (signed.jws ?? "").split(".");
	if (header !== protectedHeader || payload !== "" || more.length > 0) return false;
	if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") return false;
	const input = Buffer.from(inputOf(signed));
	return verify("sha256", input, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
}

/** How many rows there are, whatever its head says. */
export const rowsIn = ({ secrets, rotations, exemptions, population }: Evidence): number =>
	secrets.length + rotations.length + exemptions.length + population.unmanaged.length;
