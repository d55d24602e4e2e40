// The form of a secret's value, as the configuration gives it.

import * as z from "zod";
import { list, mapping, SecretName, wanted } from "../config/fields.ts";
import { canBeRead, type Format, formatOf, formats, hasForm, likelyFormat } from "../domain/render.ts";

/** @param needed without it nothing secret is in the text */
function templateOf(needed: string, known: readonly string[]) {
	return (
		z
			.string(wanted(`a text with {${needed}} in it`))
			.max(2000, { error: "has more than 2000 characters" })
			.refine((value) => value.includes(`{${needed}}`), { error: `has no {${needed}}` })
			// What JSON has in braces has quotation marks in it.
			.refine((value) => [...value.matchAll(/\{([^{}"]*)\}/g)].every(([, name]) => known.includes(name ?? "")), {
				error: `has an unknown placeholder; give ${inBraces(known)}`,
			})
			.describe(`Placeholders ${inBraces(known)}.`)
	);
}
const inBraces = (names: readonly string[]) => names.map((name) => `{${name}}`).join(", ");

const FormatName = z.enum(formats, wanted(formats.join(", "))).optional();

const format = FormatName.describe(
	"How values are written in it: URL-encoded; quoted as libpq's keyword=value; URL-encoded as pgjdbc reads it; quoted as ADO.NET's keyword=value; (Npgsql); escaped in JSON; quoted in NAME=value lines; as they are. Default: url or jdbc for a template that is a URL, raw for {password} alone; any other one needs it.",
);

/** What a role logs in with. */
export const ofLogins = ["role", "password", "host", "port", "database"] as const;

/** Secrets that are rendered from the managed one's value. */
export const derivedOf = (needed: string, known: readonly string[]) =>
	list(
		mapping({
			secret: SecretName.describe("A further secret of the same vault, written with the new credential."),
			template: templateOf(needed, known),
			format,
		}).transform(withFormat),
		10,
	).describe("Secrets made of the same credential.");

/** With the format that is given, or that its form gives. */
function withFormat<T extends { readonly template: string; readonly format?: Format }>(
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
const shapeOf = (template: ReturnType<typeof templateOf>) =>
	mapping({ template, format }).transform((given, context) => {
		const shape = withFormat(given, context);
		if (context.issues.length === 0 && !canBeRead(shape)) {
			const message = "is a text that the password cannot be read back from; give a URL, or another format";
			context.addIssue({ code: "custom", path: ["template"], message });
		}
		return shape;
	});

export const Value = shapeOf(
	templateOf("password", ofLogins).describe(
		"What the secret's value is made of: {password}, and {role}, {host}, {port}, {database} where they belong to it. Default: {password} alone.",
	),
)
	.default({ template: "{password}", format: "raw" })
	.describe("What its value is made of.");

/** Of roles that take turns: read one after the other, a user name and a password of their own would not belong together. */
export const LoginValue = shapeOf(
	templateOf("password", ofLogins)
		.refine((value) => value.includes("{role}"), { error: "has no {role}: user name and password travel in one value" })
		.describe("What the secret's value is made of: {role} and {password}, and {host}, {port}, {database}."),
).describe("What its value is made of.");
