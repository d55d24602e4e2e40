// `node src/cli/config-docs.ts`: writes what is said of the configuration from the schema itself, of codes and of rights from
// their lists.
// CD1. What is written is the schema. Otherwise: the documents promise options that do not exist. Kept by:
//      test/unit/config/docs.test.ts, which fails when a file is stale.

import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { Configuration } from "../lib/config/configuration.ts";
import { Settings } from "../lib/config/settings.ts";
import { codesPage } from "./config-docs/codes.ts";
import { messagesPage } from "./config-docs/messages.ts";
import { openApi } from "./config-docs/openapi.ts";
import { withRights } from "./config-docs/rights.ts";
import { rotatorPage } from "./config-docs/rotator.ts";
import { code, row } from "./support/markdown.ts";
import { type Output, run } from "./support/run.ts";

/** As much of JSON Schema as is written for us. */
interface Schema {
	readonly description?: string;
	readonly default?: unknown;
	readonly const?: unknown;
	readonly enum?: readonly unknown[];
	readonly type?: string;
	readonly minimum?: number;
	readonly maximum?: number;
	readonly maxItems?: number;
	readonly patternErrorMessage?: string;
	readonly required?: readonly string[];
	readonly properties?: Readonly<Record<string, Schema>>;
	readonly additionalProperties?: Schema | false;
	readonly items?: Schema;
	readonly oneOf?: readonly Schema[];
	readonly anyOf?: readonly Schema[];
}

export const root = join(import.meta.dirname, "..", "..");

/** @returns each generated file's text, by its path from the project's folder */
export function generated(): Record<string, string> {
	const configuration = z.toJSONSchema(Configuration, { io: "input" }) as Schema;
	const settings = z.toJSONSchema(Settings, { io: "input" }) as Schema;
	const schema = { ...forEditors(configuration), title: "Rotation configuration of titanic-secret-rotator" };
	return {
		"rotation.config.schema.json": `${formatted(schema)}\n`,
		"docs/codes.md": codesPage(),
		"docs/rotator.md": rotatorPage(),
		"docs/messages.md": messagesPage(),
		"docs/openapi.json": `${JSON.stringify(openApi(version()), undefined, "\t")}\n`,
		"docs/configuration.md": page(optionRows("", withoutDefaults(configuration)), settingRows(settings)),
		"docs/security.md": withRights(readFileSync(join(root, "docs/security.md"), "utf8").replaceAll("\r\n", "\n")),
	};
}

const version = (): string => JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;

/** What a file leaves out, another file or a default may have: an editor asks for nothing, and the loader for all that is missing. */
function forEditors(configuration: Schema): Schema {
	const { required: _, properties = {}, ...rest } = configuration;
	const secrets = optional(properties.secrets!);
	const { properties: ofEntry = {} } = (secrets.additionalProperties as Schema).anyOf?.[0] ?? {};
	const given = properties.defaults?.properties ?? {};
	const defaults = {
		...properties.defaults,
		properties: {
			secrets: { ...secrets.additionalProperties, description: given.secrets?.description },
			consumers: { ...ofEntry.consumers?.items, description: given.consumers?.description },
		},
	};
	return { ...rest, properties: { ...properties, secrets, defaults } } as Schema;
}

/** Without what is required, more than one shape may fit. */
function optional(schema: Schema): Schema {
	const { required: _, oneOf, properties, items, additionalProperties, ...rest } = schema;
	return {
		...rest,
		...(properties && {
			properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, optional(one)])),
		}),
		...(items && { items: optional(items) }),
		...(additionalProperties !== undefined && {
			additionalProperties: additionalProperties && optional(additionalProperties),
		}),
		...(oneOf && { anyOf: oneOf.map(optional) }),
	};
}

/** Their rows are those of what they are defaults of. */
function withoutDefaults(configuration: Schema): Schema {
	const { defaults, ...properties } = configuration.properties ?? {};
	const rows = Object.entries(defaults?.properties ?? {}).map(([name, { description }]) => {
		const what = { patternErrorMessage: `a mapping of options of ${name}` };
		return [name, { ...what, ...(description !== undefined && { description }) }] as const;
	});
	return {
		...configuration,
		properties: { ...properties, defaults: { ...defaults, properties: Object.fromEntries(rows) } },
	};
}

/** As the formatter wants it: short lists of words on one line. */
const formatted = (schema: object) =>
	JSON.stringify(schema, undefined, "\t").replace(
		/\[\s+("\w+"(?:,\s+"\w+")*)\s+\]/g,
		(_, words: string) => `[${words.replace(/\s+/g, " ")}]`,
	);

const fallback = (schema: Schema, required: boolean) =>
	schema.default === undefined ? (required ? "required" : "optional") : code(schema.default);

/** One row an option, depth first, in the schema's order. */
function optionRows(path: string, { properties = {}, required = [] }: Schema, kind = ""): string[] {
	return Object.entries(properties).flatMap(([name, option]) => {
		const at = `${path}${name}`;
		const { oneOf, items } = option;
		const named = option.additionalProperties || undefined;
		if (oneOf) return oneOf.flatMap((one) => optionRows(`${at}.`, one, both(kind, kindOf(one))));
		if (items)
			return [optionRow(`${at}[]`, option, required.includes(name), kind), ...optionRows(`${at}[].`, items, kind)];
		if (named?.oneOf) return rowsOfShapes(`${at}.<name>.`, named.oneOf);
		if (named?.properties) return optionRows(`${at}.<name>.`, named, kind);
		if (named) return [optionRow(`${at}.<name>`, { ...named, description: option.description }, false, kind)];
		if (option.properties) return optionRows(`${at}.`, option, kind);
		return [optionRow(at, option, required.includes(name), kind)];
	});
}

const both = (...kinds: readonly string[]) => kinds.filter((kind) => kind !== "").join(", ");

/** What all of them have is written once, with the first. */
function rowsOfShapes(path: string, shapes: readonly Schema[]): string[] {
	const plain = shapes.map((one) => optionRows(path, one));
	return shapes.flatMap((one, which) => {
		const marked = optionRows(path, one, kindOf(one));
		return plain[which]!.flatMap((row, at) => {
			const isCommon = plain.every((rows) => rows.includes(row));
			return isCommon ? (which === 0 ? [row] : []) : [marked[at]!];
		});
	});
}

/** Of several shapes, the one with this constant: `admin-secret`. */
const kindOf = ({ properties = {} }: Schema) =>
	String(Object.values(properties).find((property) => property.const !== undefined)?.const);

function optionRow(path: string, option: Schema, required: boolean, kind = ""): string {
	const only = kind === "" || option.const !== undefined ? "" : ` (${kind} only)`;
	return row(`${code(path)}${only}`, option.description ?? "", allowed(option), fallback(option, required));
}

function allowed({ const: only, enum: some, minimum, maximum, maxItems, patternErrorMessage, type }: Schema): string {
	if (only !== undefined) return code(only);
	if (some !== undefined) return some.map(code).join(", ");
	if (minimum !== undefined) return `${minimum} to ${maximum}`;
	if (maxItems !== undefined) return `at most ${maxItems}`;
	return patternErrorMessage ?? (type === "string" ? "a text" : (type ?? ""));
}

const settingRows = ({ properties = {}, required = [] }: Schema) =>
	Object.entries(properties).map(([name, setting]) =>
		row(code(name), setting.description ?? "", fallback(setting, required.includes(name))),
	);

const page = (options: string[], settings: string[]) => `# Configuration

<!-- Written by src/cli/config-docs.ts from the schema: change it there. -->

What is rotated is one YAML file. Where that file, the audit log and the operators' tokens are, app settings say. A
file that is not valid refuses every rotation (code \`configuration-invalid\`) and changes nothing.

- An example: [rotation.config.example.yaml](../rotation.config.example.yaml).
- \`npm run config:check -- FILE\` names path, line, what is wrong and what is allowed.
- Editors (which leave it to \`config:check\` to say what is missing): put \`# yaml-language-server: $schema=./rotation.config.schema.json\` at the top.

## The file

\`<name>\` is a name of your own, \`[]\` each item of a list. An unknown option is an error.

In \`secrets\` it is the managed secret's id: letters, digits and hyphens, at most 119, not ending in -pending. The API, the audit log and
the records call the secret so, and the vault too, unless \`name\` says otherwise. Two vaults may each have a \`db-password\`: give one of
the two entries another id, and \`name: db-password\`. Rename an id only while nothing of it runs: its history stays under the old one.

### Defaults

\`defaults\` in the first file has what many entries have alike: \`defaults.secrets\` options of secrets, \`defaults.consumers\` options of each
of their consumers. [examples/many-secrets](../examples/many-secrets/rotation.config.yaml) shows them, and a file for each team.

- What an entry says itself counts. Mappings are merged option by option; a list is replaced as a whole.
- Where the entry's \`delivery\` has another \`path\`, or its \`login\` another \`mode\`, nothing of the default's mapping is taken.
- What the secret's strategy does not have is left out: a default \`server\` does not apply to a \`random-value\`.
- There is no way to take a default back other than to give another value: what one secret must not have is no default.
- \`name\` has none. What is wrong with a default is reported at the default, with the entries that take it.

### Several files

\`include\` names further files, relative to the file that it is in: \`teams/web.yaml\`, or \`teams/*.yaml\`. They stay in the first file's
folder, have the parts \`vaults\`, \`servers\`, \`clusters\`, \`repositories\` and \`secrets\`, and may include more. What is for everybody
(\`defaults\`, \`approvals\`, \`freezes\`, \`exemptions\` and the rest) is in the first file only. An entry that is in two files is an error,
which names both places. The hash that records and the audit log have is that of all files together. Files of CAs are relative to the
first file.

### Where the files are

In the app's folder, where a deployment puts them; or in a blob container, with \`ROTATION_CONFIG_CONTAINER_URL\` (Terraform:
\`configuration_container_url\`; rights: [security.md](security.md)). Of a container, a change is in force within a minute, without a deployment. \`include\`
names blobs of the same container; files of CAs stay in the app's folder. Upload the files that include come last in, then the first file.

If a new one is not valid, or the container cannot be read, the last good one stays in force, after a restart too. \`GET /api/health\`, \`rotator doctor\`, the
sweep's report and the log say so, with the mistakes and since when (code \`configuration-passed-over\`). A file in the app's folder that is not valid
refuses everything: a deployment is there to be taken back ([ADR 30](adr/0030-the-last-good-configuration-stays.md)).

### Every option

| option | what it is | allowed | default |
|---|---|---|---|
${options.join("\n")}

## App settings

| setting | what it is | default |
|---|---|---|
${settings.join("\n")}

An empty setting is a missing one. Two settings of the platform matter here:

| setting | what it is | default |
|---|---|---|
| \`AzureFunctionsJobHost__extensions__durableTask__hubName\` | The task hub, where apps or slots share a storage account. | \`TitanicRotator\` |
| \`AzureWebJobs.sweep.Disabled\` | \`true\` switches the sweep off: then nothing finds what Event Grid lost. | optional |
`;

const help = `Rewrites docs/codes.md, docs/rotator.md, docs/messages.md, docs/configuration.md, rotation.config.schema.json and the rights in docs/security.md from the code.

  npm run config:docs
`;

export async function configDocs(args: readonly string[]): Promise<Output> {
	if (args.includes("--help") || args.includes("-h")) return { code: 0, stdout: help };
	if (args.length > 0) return { code: 2, stderr: `It takes no arguments.\n\n${help}` };
	const files = generated();
	for (const [file, text] of Object.entries(files)) {
		const path = join(root, file);
		try {
			await mkdir(dirname(path), { recursive: true });
			await writeFile(path, text);
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			return { code: 2, stderr: `${path} cannot be written (${code}).\n` };
		}
	}
	return {
		code: 0,
		stdout: Object.keys(files)
			.map((file) => `${file}\n`)
			.join(""),
	};
}

if (import.meta.main) await run(configDocs);
