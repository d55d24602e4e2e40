// A Terraform module as read from its .tf files, by HashiCorp's own parser (in WebAssembly): no binary, no provider, no cloud.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@cdktn/hcl2json";

/** Attributes by name; nested blocks are lists of bodies. Expressions are texts: `${var.name}`. */
export type Body = { readonly [name: string]: unknown };

/** `resource`, `data` or `ephemeral` "type" "name" { body } */
export interface Block {
	readonly kind: "resource" | "data" | "ephemeral";
	readonly type: string;
	readonly name: string;
	readonly body: Body;
	readonly file: string;
}

export interface Module {
	readonly folder: string;
	/** The texts, by file name. */
	readonly files: ReadonlyMap<string, string>;
	readonly blocks: readonly Block[];
	readonly variables: ReadonlyMap<string, Body>;
	readonly outputs: ReadonlyMap<string, Body>;
	readonly locals: ReadonlyMap<string, unknown>;
	readonly calls: ReadonlyMap<string, Body>;
	/** Everything with an expression in it, and where: what is searched for references. */
	readonly expressions: readonly { readonly at: string; readonly body: unknown; readonly block?: Block }[];
}

type Labelled = Record<string, Body[]>;
type Parsed = { [kind: string]: unknown } & {
	resource?: Record<string, Labelled>;
	data?: Record<string, Labelled>;
	ephemeral?: Record<string, Labelled>;
	variable?: Labelled;
	output?: Labelled;
	module?: Labelled;
	provider?: Labelled;
	locals?: Body[];
};

/** @throws Error with file and line of a syntax error */
export async function moduleFrom(folder: string, sources: ReadonlyMap<string, string>): Promise<Module> {
	const blocks: Block[] = [];
	const variables = new Map<string, Body>();
	const outputs = new Map<string, Body>();
	const locals = new Map<string, unknown>();
	const calls = new Map<string, Body>();
	const expressions: { at: string; body: unknown; block?: Block }[] = [];
	for (const [file, text] of sources) {
		const parsed = (await parse(join(folder, file), text)) as Parsed;
		for (const kind of ["resource", "data", "ephemeral"] as const) {
			for (const [type, named] of Object.entries(parsed[kind] ?? {})) {
				for (const [name, bodies] of Object.entries(named)) {
					for (const body of bodies) {
						const block = { kind, type, name, body, file };
						blocks.push(block);
						expressions.push({ at: `${file}: ${kind} ${type}.${name}`, body, block });
					}
				}
			}
		}
		for (const [name, [body]] of Object.entries(parsed.variable ?? {})) {
			variables.set(name, body!);
			const { type: _, ...checked } = body!; // a type is no expression
			expressions.push({ at: `${file}: variable ${name}`, body: checked });
		}
		for (const [kind, into] of [
			["output", outputs] as const,
			["module", calls] as const,
			["provider", undefined] as const,
		]) {
			for (const [name, [body]] of Object.entries(parsed[kind] ?? {})) {
				into?.set(name, body!);
				expressions.push({ at: `${file}: ${kind} ${name}`, body });
			}
		}
		for (const body of parsed.locals ?? []) {
			for (const [name, value] of Object.entries(body)) {
				locals.set(name, value);
				expressions.push({ at: `${file}: local.${name}`, body: value });
			}
		}
	}
	return { folder, files: sources, blocks, variables, outputs, locals, calls, expressions };
}

export function readModule(folder: string): Promise<Module> {
	const files = readdirSync(folder).filter((file) => file.endsWith(".tf"));
	return moduleFrom(folder, new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")])));
}
