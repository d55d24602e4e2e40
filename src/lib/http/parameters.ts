// Names in the path and parameters of the query, as a route has them.
// PRM1. What nobody reads is refused. Otherwise: `?dryRun=true`, which belongs into the body, rotates.
// PRM2. No text of the caller's comes back in an answer, except a parameter's name that is a word.

import type { HttpRequest } from "@azure/functions";
import type * as z from "zod";
import { Fault } from "../domain/fault.ts";

/** @throws Fault `name-not-valid` */
export function paramsIn({ params }: HttpRequest, schema: z.ZodObject): Record<string, unknown> {
	// Names of a host's own could come with them.
	const given = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, params[name] ?? ""]));
	const parsed = schema.safeParse(given);
	if (parsed.success) return parsed.data;
	const { path, message } = parsed.error.issues[0]!;
	const name = String(path[0]);
	const parameter = (schema.shape[name] as z.ZodType).meta()?.title ?? name;
	throw new Fault("name-not-valid", { parameter, allowed: message });
}

/** @throws Fault `query-not-valid`, `parameter-not-valid` */
export function queryIn(request: HttpRequest, schema: z.ZodObject): Record<string, unknown> {
	const allowed = Object.keys(schema.shape);
	onlyThese(request, allowed);
	const given: [string, string][] = [];
	for (const name of allowed) {
		const [value, ...more] = request.query.getAll(name);
		if (more.length > 0) throw new Fault("parameter-not-valid", { parameter: name, detail: "is given twice" });
		if (value !== undefined) given.push([name, value]);
	}
	const parsed = schema.safeParse(Object.fromEntries(given));
	if (parsed.success) return parsed.data;
	const { path, message } = parsed.error.issues[0]!;
	throw new Fault("parameter-not-valid", { parameter: String(path[0]), detail: message });
}

function onlyThese({ url, query }: HttpRequest, allowed: readonly string[]): void {
	// The URL too: on its way into an object's fields, `__proto__` gets lost.
	const names = [...query.keys(), ...(URL.parse(url)?.searchParams.keys() ?? [])];
	const unknown = names.find((name) => !allowed.includes(name));
	if (unknown === undefined) return;
	const parameter = /^\w{1,40}$/.test(unknown) ? `Parameter ${unknown}` : "A parameter";
	throw new Fault("query-not-valid", { parameter, allowed: allowed.join(", ") || "none" });
}
