// What an operator sends: a small, flat JSON object or nothing.
// Y1. Unknown fields are refused, not ignored. Otherwise: `{"dryrun": true}` rotates.
// Y2. No text of the sender's comes back in an answer, but for a field's name that looks like one.

import type { HttpRequest } from "@azure/functions";
import * as z from "zod";
import { Fault } from "../domain/fault.ts";

export const maxBodyBytes = 16 * 1024;

const flag = z.boolean({ error: "is neither true nor false" }).default(false);
/** No "=": the Functions host rewrites what follows `Password=` or `key=` in its logs, and can break the state with it. */
const reason = z
	.string({ error: "is no text" })
	.regex(/^[^\p{Cc}=]{1,200}$/u, { error: "is not 1 to 200 characters without line breaks and =" })
	.optional();

const object = { error: "is no JSON object" };
/** `POST /api/secrets/{name}/rotations` */
export const RotationBody = z.strictObject({ reason, dryRun: flag, force: flag }, object);
export type RotationBody = z.infer<typeof RotationBody>;
/** `POST /api/secrets/{name}/deliveries` */
export const DeliveryBody = z.strictObject({ reason }, object);
export type DeliveryBody = z.infer<typeof DeliveryBody>;

/**
 * @param schema an object all of whose fields are optional: no body is an empty object
 * @throws Fault `body-too-large`, `body-type-unknown`, `body-not-json`, `body-not-valid`
 */
export async function readBody<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T> {
	const tooLarge = new Fault("body-too-large", { bytes: maxBodyBytes });
	if (Number(request.headers.get("content-length") ?? 0) > maxBodyBytes) throw tooLarge;
	const bytes = await request.arrayBuffer();
	if (bytes.byteLength > maxBodyBytes) throw tooLarge;
	if (bytes.byteLength > 0 && !/^application\/json *(;|$)/i.test(request.headers.get("content-type") ?? "")) {
		throw new Fault("body-type-unknown", { allowed: "application/json" });
	}
	const parsed = schema.safeParse(bytes.byteLength === 0 ? {} : jsonOf(bytes));
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0]!;
	if (issue.code === "unrecognized_keys") {
		const key = issue.keys[0]!;
		throw new Fault("body-not-valid", {
			path: /^\w{1,40}$/.test(key) ? `Field ${key}` : "A field",
			detail: "is unknown",
		});
	}
	const path = issue.path.length === 0 ? "The value" : `Field ${String(issue.path[0])}`;
	throw new Fault("body-not-valid", { path, detail: issue.message });
}

function jsonOf(bytes: ArrayBuffer): unknown {
	try {
		return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
	} catch {
		throw new Fault("body-not-json", { detail: "is no valid JSON in UTF-8" });
	}
}
