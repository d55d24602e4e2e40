import { generateKeyPairSync, sign } from "node:crypto";
import { expect, test } from "@jest/globals";
import {
	isEvidenceSignedBy,
	parseEvidence,
	signedEvidence,
	textOfEvidence,
} from "../../../../src/lib/domain/evidence/signed.ts";
import type { Evidence, SignedEvidence } from "../../../../src/lib/domain/evidence/statement.ts";
import type { Sign } from "../../../../src/lib/domain/head.ts";
import { signedHead } from "../../../../src/lib/domain/signed-head.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** As Key Vault does: it gets the digest only. Node's `sign` hashes by itself, so what is signed is remembered by its digest. */
const evidence = { head: { rows: 2, asOf: "2026-11-30T00:00:00.000Z" } } as unknown as Evidence;
const at = new Date("2026-11-30T08:00:00Z");

async function signedBy(of: Evidence): Promise<SignedEvidence> {
	const unsigned = await signedEvidence({ sign: async () => ({ signature: new Uint8Array(64), key: "k" }) }, of, at);
	const [header] = unsigned.jws!.split(".");
	const { evidence, producedAt } = unsigned;
	const { canonical } = await import("../../../../src/lib/domain/audit-record.ts");
	const input = `${header}.${Buffer.from(canonical({ evidence, producedAt })).toString("base64url")}`;
	const signature = sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
	return { ...unsigned, jws: `${header}..${signature.toString("base64url")}` };
}

test("its own key has signed it, another one has not", async () => {
	const signed = await signedBy(evidence);
	expect(isEvidenceSignedBy(signed, publicKey)).toBe(true);
	expect(isEvidenceSignedBy(signed, generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey)).toBe(false);
	expect(isEvidenceSignedBy(signed, generateKeyPairSync("ed25519").publicKey)).toBe(false);
});

test("whatever is changed of it, the signature is none of it any more", async () => {
	const signed = await signedBy(evidence);
	const others: SignedEvidence[] = [
		{ ...signed, evidence: { ...evidence, head: { ...evidence.head, rows: 3 } } },
		{ ...signed, producedAt: "2026-11-30T08:00:01.000Z" },
		{ ...signed, jws: signed.jws!.replace("..", ".e30.") },
		{ ...signed, jws: `${signed.jws}.` },
	];
	for (const other of others) expect(isEvidenceSignedBy(other, publicKey)).toBe(false);
	const { jws: _, ...unsigned } = signed;
	expect(isEvidenceSignedBy(unsigned, publicKey)).toBe(false);
});

test("a signature over a head of the log is none over evidence", async () => {
	let digest: Uint8Array | undefined;
	const spying: Sign = async (given) => {
		digest = given;
		return { signature: new Uint8Array(64), key: "k" };
	};
	const head = await signedHead({ sign: spying }, { log: "l", seq: 1, hash: "h" }, at);
	const signed = await signedBy(evidence);
	expect(head.jws.split(".")[0]).not.toBe(signed.jws!.split(".")[0]);
	expect(isEvidenceSignedBy({ ...signed, jws: head.jws }, publicKey)).toBe(false);
	expect(digest).toHaveLength(32);
});

test("it is read back from its text, in whatever order that is; what is none is none", async () => {
	const signed = await signedBy(evidence);
	expect(parseEvidence(textOfEvidence(signed))).toEqual(signed);
	const { jws, ...others } = signed;
	expect(isEvidenceSignedBy(parseEvidence(JSON.stringify({ jws, ...others }, null, 2))!, publicKey)).toBe(true);
	for (const text of ["", "{}", "[]", "null", '{"evidence":{}}', '{"evidence":{"head":{"rows":1}},"producedAt":5}'])
		expect(parseEvidence(text)).toBeUndefined();
});

test("where no key is set it is handed out unsigned", async () => {
	const unsigned = await signedEvidence(undefined, evidence, at);
	expect(unsigned).toEqual({ evidence, producedAt: at.toISOString() });
});
