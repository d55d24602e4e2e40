import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { expect, test } from "@jest/globals";
import { type Line, type Verdict, verifyChain } from "../../../src/lib/domain/audit-chain.ts";
import { headIn, headsCheck, type KeysOf } from "../../../src/lib/domain/audit-heads.ts";
import { canonical, type Link, lineOf, recordOf, start } from "../../../src/lib/domain/audit-record.ts";
import { lineOfHead } from "../../../src/lib/domain/signed-head.ts";

const log = "https://titanicaudit.blob.core.windows.net/audit";
const [own, other] = [1, 2].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }));

const lines: Line[] = [];
const hashes: string[] = [];
let previous: Link = start;
for (const attempt of [1, 2, 3]) {
	const entry = { rotationId: "r", step: "plan", phase: "note", attempt: `${attempt}`, secretName: "s" } as const;
	const record = recordOf({ ...entry, actor: { kind: "timer" } }, { previous, time: new Date("2026-11-23T10:00:00Z") });
	previous = record.data;
	hashes.push(record.data.hash);
	lines.push({ file: "log", line: attempt, text: lineOf(record).trimEnd() });
}

function head(seq: number, hash: string, key: KeyObject, name = log): Line {
	const statement = { log: name, seq, hash, time: "2026-11-23T10:00:00.000Z" };
	const parts = [{ alg: "ES256", typ: "audit-head+jws" }, statement].map((part) =>
		Buffer.from(canonical(part)).toString("base64url"),
	);
	const signature = sign("sha256", Buffer.from(parts.join(".")), { key, dsaEncoding: "ieee-p1363" });
	const jws = `${parts[0]}..${signature.toString("base64url")}`;
	return { file: "heads", line: 1, text: lineOfHead({ head: statement, key: "k", jws }).trimEnd() };
}

async function judged(
	heads: readonly Line[],
	keysOf: KeysOf = async () => ({ keys: [own!.publicKey], others: false }),
) {
	const check = headsCheck(heads.map(headIn), log);
	async function* all() {
		yield* lines;
	}
	const chain: Verdict = await verifyChain(all(), { onRecord: check.onRecord });
	return check.verdict(chain, keysOf);
}

test("a head that another key signed counts for nothing: it neither cuts the log off nor says that it was rewritten", async () => {
	const forged = [head(99, "f".repeat(64), other!.privateKey), head(2, "f".repeat(64), other!.privateKey)];
	const verdict = await judged([head(3, hashes[2]!, own!.privateKey), ...forged]);
	expect(verdict).toMatchObject({ heads: 3, verified: 1, latest: { seq: 3 } });
	expect(verdict.flaws.map(({ flaw, seq }) => [flaw, seq])).toEqual([
		["forged", 99],
		["forged", 2],
	]);
});

test("a head counts if any of the keys has signed it, and one whose key cannot be had is not called forged", async () => {
	const keysOf: KeysOf = async () => ({ keys: [other!.publicKey, own!.publicKey], others: false });
	const both = [head(1, hashes[0]!, own!.privateKey), head(3, hashes[2]!, other!.privateKey)];
	expect(await judged(both, keysOf)).toMatchObject({ verified: 2, flaws: [] });
	expect(await judged(both, async () => ({ keys: [own!.publicKey], others: true }))).toMatchObject({
		verified: 1,
		flaws: [],
	});
});

test("a slash at the end of the log's name makes it no other log", async () => {
	expect(await judged([head(3, hashes[2]!, own!.privateKey, `${log}/`)])).toMatchObject({ verified: 1, flaws: [] });
	expect((await judged([head(3, hashes[2]!, own!.privateKey, `${log}2`)])).flaws).toMatchObject([
		{ flaw: "foreign-head" },
	]);
});

test("true heads tell of a cut end and of a log written anew", async () => {
	expect((await judged([head(4, "d".repeat(64), own!.privateKey)])).flaws).toMatchObject([
		{ flaw: "truncated", seq: 4 },
	]);
	expect((await judged([head(2, "d".repeat(64), own!.privateKey)])).flaws).toMatchObject([
		{ flaw: "rewritten", seq: 2 },
	]);
});
