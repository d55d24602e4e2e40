// `rotator compliance verify`: is this evidence what the app signed?
// CV1. What could not be checked is not good. Otherwise: anyone who takes the signature off a forged file gets the exit code of a true
//      one. Kept by: evidence.test.ts.

import { parseArgs } from "node:util";
import { digestOf, isEvidenceSignedBy, parseEvidence, rowsIn, showsOnly } from "../lib/domain/evidence/signed.ts";
import type { SignedEvidence } from "../lib/domain/evidence/statement.ts";
import { isSignedBy } from "../lib/domain/signed-head.ts";
import { type Keys, keysFrom } from "./audit-verify/sources.ts";
import { textIn } from "./support/files.ts";
import { type Output, sentenceOf, Unusable } from "./support/run.ts";

const help = `rotator compliance verify [--key SOURCE] FILE

  --key SOURCE   a public key: its address in Key Vault, PEM, a JWK or a JWK set; else AUDIT_SIGNING_KEY_URL.
                 It may be given several times.

Whether the audit log is what was written, and has the record that the evidence ends with, says rotator audit verify.
`;

const mostBytes = 256 * 1024 * 1024;

/** @param args as after `compliance verify` on the command line */
export async function complianceVerify(args: readonly string[]): Promise<Output> {
	let given: { readonly file: string; readonly keys: readonly string[] } | "help";
	try {
		given = parsed(args);
	} catch (error) {
		return { code: 2, stderr: `${(error as Error).message}\n\n${help}` };
	}
	if (given === "help") return { code: 0, stdout: help };
	try {
		const text = await textIn(given.file, "Give the JSON of rotator compliance --format json.", mostBytes);
		const signed = parseEvidence(text);
		if (!signed) {
			const next = "Give what rotator compliance --format json has written.";
			return { code: 2, stderr: `${given.file} holds no evidence. ${next}\n` };
		}
		return await verdictOn(signed, showsOnly(text, signed), await keysFrom(given.keys));
	} catch (error) {
		const told = error instanceof Unusable ? `${error.message} ${error.next}` : sentenceOf(error);
		return { code: 2, stderr: `${told}\n` };
	}
}

function parsed(args: readonly string[]) {
	const { values, positionals } = parseArgs({
		args: [...args],
		options: { key: { type: "string", multiple: true }, help: { type: "boolean", short: "h" } },
		allowPositionals: true,
	});
	if (values.help) return "help" as const;
	const [file, ...more] = positionals;
	if (file === undefined || more.length > 0) throw new TypeError("Give one file.");
	const { AUDIT_SIGNING_KEY_URL: set } = process.env;
	return { file, keys: values.key ?? (set ? [set] : []) };
}

async function verdictOn(signed: SignedEvidence, isAsWritten: boolean, { keysOf, problems }: Keys): Promise<Output> {
	const { evidence, producedAt, key, jws } = signed;
	const { head } = evidence;
	const wrong: string[] = [];
	const unchecked: string[] = [];
	if (!isAsWritten)
		wrong.push(
			"It is not as it was written: a field is there twice, or a number is in another form than it was signed in.",
		);
	if (jws === undefined || key === undefined) wrong.push("It is not signed: anybody could have written it.");
	else {
		const { keys, others } = await keysOf(key);
		const isGood = keys.some((one) => isEvidenceSignedBy(signed, one));
		if (!isGood && others) unchecked.push("its signature.");
		else if (!isGood) wrong.push("The key has not signed it: it was changed, or somebody else has written it.");
	}
	const { signedHead } = head.log;
	if (signedHead) {
		const { keys, others } = await keysOf(signedHead.key);
		const isGood = keys.some((one) => isSignedBy(signedHead, one));
		if (!isGood && others) unchecked.push("the signature of the log's head in it.");
		else if (!isGood) wrong.push("The log's head in it is not signed by the key.");
	} else unchecked.push("the log's end of that day: no head of it was signed by then.");
	if (rowsIn(evidence) !== head.rows) wrong.push(`It says ${head.rows} rows and has ${rowsIn(evidence)}.`);
	if (head.log.verdict !== "whole" || head.log.headAgrees === false)
		wrong.push("The audit log was broken when it was put together.");
	unchecked.push(...problems());
	const isBad = wrong.length > 0;
	const lines = [
		isBad ? "It is not good." : unchecked.length > 0 ? "Nothing wrong was found." : "It is what the app signed.",
		`As of ${head.asOf}, produced ${producedAt}; ${head.rows} rows; records 1 to ${head.log.records} of ${head.log.name}.`,
		`SHA-256 ${digestOf(evidence)}`,
		...wrong.map((line) => `  wrong: ${line}`),
		...unchecked.map((line) => `  not checked: ${line}`),
	];
	return { code: isBad ? 1 : unchecked.length > 0 ? 3 : 0, stdout: `${lines.join("\n")}\n` };
}
