// The Terraform module as the tests read it: its files, its blocks as JSON, and its queries as Azure gets them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@cdktn/hcl2json";

export const moduleFolder = join(import.meta.dirname, "..", "..", "..", "infra", "modules", "rotator");

export const textOf = (file: string): string => readFileSync(join(moduleFolder, file), "utf8");

// biome-ignore lint/suspicious/noExplicitAny: HCL has any shape; expressions come as text, "${...}"
export type Blocks = any;

export const blocksOf = (file: string, text = textOf(file)): Promise<Blocks> => parse(file, text);

/** Names of the queries in a folder of the module. */
export const queriesIn = (folder: "alerts" | "workbook"): string[] =>
	readdirSync(join(moduleFolder, folder))
		.filter((file) => file.endsWith(".kql") && file !== "notices.kql")
		.map((file) => file.slice(0, -".kql".length))
		.sort();

/** As alerts.tf and workbook.tf put it together (alerts.test.ts holds them to it). */
export const queryOf = (file: string, app = "func-rotator"): string =>
	// biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
	textOf("alerts/notices.kql").replaceAll("${app}", app) + textOf(file);
