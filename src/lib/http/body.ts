// What an operator sends: a small, flat JSON object.
// Y1. Unknown fields are refused, not ignored. Otherwise: `{"dryrun": true}` rotates.
// Y2. A field is given once. Otherwise: of `{"dryRun": true, "dryRun": false}` the first counts for whoever looks at the
//     request on its way, and the last one for us.
// Y3. A body that cannot be seen whole is no order. Otherwise: the Functions host gives a function nothing of a body that is
//     sent in chunks, and a dry run becomes a rotation. Kept by: api.test.ts, hostile-input.test.ts.
// Y4. No text of the sender's comes back in an answer, but for a field's name that is a word.

import type { HttpRequest } from "@azure/functions";
import * as z from "zod";
import { Fault } from "../domain/fault.ts";
import { wrongWithReason } from "../domain/reason.ts";

export const maxBodyBytes = 16 * 1024;

const flag = z.boolean({ error: "is neither true nor false" }).default(false);
/** Where a person should see the plan first. */
const dryRunFirst = z.boolean({ error: "is neither true nor false" }).default(true);
const reason = z
	.string({ error: "is no text" })
	.superRefine((value, context) => {
		const message = wrongWithReason(value);
		if (message !== undefined) context.addIssue({ code: "custom", message });
	})
	.optional();

const version = z
	.string({ error: "is no text" })
	.regex(/^[0-9a-f]{32}$/, { error: "is no version of Key Vault's" })
	.optional();

const object = { error: "is no JSON object" };
/** `POST /api/secrets/{name}/rotations` */
export const RotationBody = z
	.strictObject({ reason, dryRun: flag, force: flag, compromised: flag }, object)
	// What somebody else knows is not left alone because it is not due.
	.transform(({ force, ...body }) => ({ ...body, force: force || body.compromised }));
export type RotationBody = z.infer<typeof RotationBody>;
const directions = ["database-from-vault", "new-password"] as const;
/** `POST /api/secrets/{name}/reconciliations`: a dry run unless it says otherwise. */
export const ReconciliationBody = z.strictObject(
	{
		direction: z.enum(directions, { error: `is none of ${directions.join(", ")}` }),
		reason,
		dryRun: dryRunFirst,
		/** The live version that a dry run has shown: another one by now is refused. */
		version,
	},
	object,
);
export type ReconciliationBody = z.infer<typeof ReconciliationBody>;
/** `POST /api/secrets/{name}/rollbacks`: a dry run unless it says otherwise. */
export const RollbackBody = z.strictObject(
	{
		/** Whose value is to be live again. */
		to: version,
		reason,
		dryRun: dryRunFirst,
		/** The live version that a dry run has shown: another one by now is refused. */
		version,
	},
	object,
);
export type RollbackBody = z.infer<typeof RollbackBody>;
/** `POST /api/rotations/{id}/cancellations` */
export const CancellationBody = z.strictObject({ reason }, object);
/** `POST /api/secrets/{name}/deliveries` */
export const DeliveryBody = z.strictObject({ reason, dryRun: flag }, object);
export type DeliveryBody = z.infer<typeof DeliveryBody>;

/** @throws Fault `body-length-missing`, `body-missing`, `body-incomplete`, `body-too-large`, `body-type-unknown`, `body-not-json`, `body-not-valid` */
export async function readBody<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T> {
	const text = textOf(await bytesOf(request));
	const given = jsonOf(text);
	const parsed = schema.safeParse(given);
	if (parsed.success) {
		// A body that is as it should be is flat, so each of its fields has the one colon that is in no string.
		const colons = text.replace(/"(?:[^"\\]|\\.)*"/g, "").split(":").length - 1;
		if (colons === Object.keys(given as object).length) return parsed.data;
		throw new Fault("body-not-valid", { path: "A field", detail: "is given twice" });
	}
	const issue = parsed.error.issues[0]!;
	if (issue.code === "unrecognized_keys") {
		const key = issue.keys[0]!;
		throw new Fault("body-not-valid", {
			path: /^[a-zA-Z]{1,20}$/.test(key) ? `Field ${key}` : "A field",
			detail: "is unknown",
		});
	}
	const path = issue.path.length === 0 ? "The value" : `Field ${String(issue.path[0])}`;
	throw new Fault("body-not-valid", { path, detail: issue.message });
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

const noJson = () => new Fault("body-not-json", { detail: "is no valid JSON in UTF-8" });

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
