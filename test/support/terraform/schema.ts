// infra/schema: what the modules may use of their providers, and of what type it is.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Block } from "./module.ts";

export interface Shape {
	/** A block that must be there. */
	readonly needed?: true;
	/** Names, separated by blanks; what is no text says so: `count:number`. */
	readonly required?: string;
	readonly optional?: string;
	readonly exports?: string;
	readonly blocks?: { readonly [name: string]: Shape };
}
/** What an ARM body may have: `true` is anything. */
export type Tree = true | { readonly [name: string]: Tree };
export type Kind = Block["kind"];
export type Schema = Partial<Record<Kind, Record<string, Shape>>> & {
	readonly configuration: Record<string, Shape>;
	readonly bodies?: Partial<Record<Kind, Record<string, Tree>>>;
};

const folder = join(import.meta.dirname, "..", "..", "..", "infra", "schema");
export const schemas = readdirSync(folder).map(
	(file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Schema,
);

/** @returns [name, type] of each */
export const attributesOf = (text = ""): [string, string][] =>
	text
		.split(" ")
		.filter(Boolean)
		.map((word) => word.split(":"))
		.map(([name = "", type = "text"]) => [name, type]);

export const namesOf = (text?: string): string[] => attributesOf(text).map(([name]) => name);
