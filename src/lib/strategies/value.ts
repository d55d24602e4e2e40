// The form of a secret's value, as the configuration gives it.

import * as z from "zod";
import { mapping, wanted } from "../config/fields.ts";
import { canBeRead, type Format, formatOf, formats, hasForm, likelyFormat } from "../domain/render.ts";

const placeholders = new Set(["role", "password", "host", "port", "database"]);

const Template = z
	.string(wanted("a text with {password} in it"))
	.max(2000, { error: "has more than 2000 characters" })
	.refine((value) => value.includes("{password}"), { error: "has no {password}" })
	// What JSON has in braces has quotation marks in it.
	.refine((value) => [...value.matchAll(/\{([^{}"]*)\}/g)].every(([, name]) => placeholders.has(name ?? "")), {
		error: "has an unknown placeholder; give {role}, {password}, {host}, {port}, {database}",
	});

const FormatName = z.enum(formats, wanted(formats.join(", "))).optional();

/** The fields of what is rendered. */
export const shaped = {
	template: Template.describe("Placeholders {role}, {password}, {host}, {port}, {database}."),
	format: FormatName.describe(
		"How values are written in it: URL-encoded; quoted as libpq's keyword=value; URL-encoded as pgjdbc reads it; quoted as ADO.NET's keyword=value; (Npgsql); escaped in JSON; quoted in NAME=value lines; as they are. Default: url or jdbc for a template that is a URL, raw for {password} alone; any other one needs it.",
	),
};

/** With the format that is given, or that its form gives. */
export function withFormat<T extends { readonly template: string; readonly format?: Format }>(
	given: T,
	context: z.RefinementCtx,
): T & { readonly format: Format } {
	const { template } = given;
	const format = given.format ?? formatOf(template);
	const message = format === undefined ? whyNoUrl(template) : hasForm(template, format) ? "" : unfit[format];
	if (message !== "") context.addIssue({ code: "custom", path: ["template"], message });
	return { ...given, format: format ?? "raw" };
}

const whyNoUrl = (template: string): string => {
	const likely = likelyFormat(template);
	const which = likely ? `it looks like ${likely}` : formats.join(", ");
	return `is no URL, and URL-encoded values would be wrong in it; give format (${which})`;
};

const unfit: Record<Format, string> = {
	url: "",
	raw: "",
	jdbc: "is not in the format jdbc; give jdbc:postgresql://..., with {role} and {password} as user and password behind the ?",
	libpq: "is not in the format libpq; give keyword=value ..., with placeholders in values only",
	"ado-net": "is not in the format ado-net; give keyword=value;..., with placeholders in values only",
	json: "is not in the format json; give JSON, with quotation marks around each placeholder but {port}",
	env: "is not in the format env; give lines of NAME=value, with placeholders in values only and no quotation marks around them",
};

/** The value of a managed secret: whatever writes it, its password has to be read back from it. */
export const Value = mapping({
	...shaped,
	template: Template.describe(
		"What the secret's value is made of: {password}, and {role}, {host}, {port}, {database} where they belong to it. Default: {password} alone.",
	),
})
	.transform((given, context) => {
		const shape = withFormat(given, context);
		if (context.issues.length === 0 && !canBeRead(shape)) {
			const message = "is a text that the password cannot be read back from; give a URL, or another format";
			context.addIssue({ code: "custom", path: ["template"], message });
		}
		return shape;
	})
	.default({ template: "{password}", format: "raw" })
	.describe("What its value is made of.");
