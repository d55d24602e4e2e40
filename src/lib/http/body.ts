// What an operator sends: a small, flat JSON object.
// Y2. A field is given once. Otherwise: of `{"dryRun": true, "dryRun": false}` the first counts for anyone who looks at the
//     request on its way, and the last one for us.
// Y3. A body that cannot be seen whole is no order. Otherwise: the Functions host gives a function nothing of a body that is
//     sent in chunks, and a dry run becomes a rotation. Kept by: api.test.ts, hostile-input.test.ts.
// Y4. No text of the sender's comes back in an answer, except a field's name that is a word.

import type { HttpRequest } from "@azure/functions";
import type * as z from "zod";
import { Fault } from "../domain/fault.ts";

export const maxBodyBytes = 16 * 1024;

/** @throws Fault `body-length-missing`, `body-missing`, `body-incomplete`, `body-too-large`, `body-type-unknown`, `body-not-json`, `body-not-valid` */
export async function readBody<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T> {
	const text = textOf(await bytesOf(request));
	const given = jsonOf(text);
	const parsed = schema.safeParse(given);
	if (parsed.success) {
		// A body that is as it should be is flat, so each of its fields has the one colon that is in no string.
		const colons = text.replace(/"(?:[^"\\]|\\.)*"/g, "").split(":").length - 1;
		if (colons === Object.keys(given as object).length) return parsed.data;
		throw new Fault("body-not-valid", { problems: "a field is given twice" });
	}
	throw new Fault("body-not-valid", { problems: parsed.error.issues.flatMap(problemsIn).join("; ") });
}

function problemsIn(issue: z.core.$ZodIssue): string[] {
	if (issue.code !== "unrecognized_keys")
		return [`${issue.path.length === 0 ? "the value" : `field ${String(issue.path[0])}`} ${issue.message}`];
	return issue.keys.map((key) => `${/^[a-zA-Z]{1,20}$/.test(key) ? `field ${key}` : "a field"} is unknown`);
}

/** The whole body, as plain JSON. */
async function bytesOf(request: HttpRequest): Promise<ArrayBuffer> {
	const { headers } = request;
	const length = /^\d{1,15}$/.exec(headers.get("content-length") ?? "")?.[0];
	if (length === undefined || headers.has("transfer-encoding")) {
		throw new Fault("body-length-missing", { header: "Content-Length" });
	}
	const expected = Number(length);
	if (expected === 0) throw new Fault("body-missing", { allowed: "a JSON object" });
	if (expected > maxBodyBytes) throw new Fault("body-too-large", { bytes: maxBodyBytes });
	const bytes = await request.arrayBuffer();
	const received = bytes.byteLength;
	if (received !== expected) throw new Fault("body-incomplete", { received, expected });
	if (isPlainJson(headers)) return bytes;
	throw new Fault("body-type-unknown", { allowed: "application/json, in UTF-8 and not compressed" });
}

function isPlainJson(headers: HttpRequest["headers"]): boolean {
	const [type = "", ...parameters] = (headers.get("content-type") ?? "").toLowerCase().split(";");
	const charsets = parameters.map((parameter) => /^ *charset *= *"?([^"]*?)"? *$/.exec(parameter)?.[1] ?? "utf-8");
	const encoding = headers.get("content-encoding") ?? "identity";
	return (
		type.trim() === "application/json" &&
		charsets.every((charset) => charset === "utf-8") &&
		encoding.toLowerCase() === "identity"
	);
}

const noJson = () => new Fault("body-not-json", { detail: "is not valid JSON in UTF-8" });

function textOf(bytes: ArrayBuffer): string {
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		throw noJson();
	}
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw noJson();
	}
}
