// A rotation configuration that a command is given, for what it does with the rights of the person who runs it.

import type { Configuration } from "../../lib/config/configuration.ts";
import { checkFile } from "../../lib/config/load.ts";
import { textIn } from "../support/files.ts";
import { usage } from "./parse.ts";

const mostBytes = 4 * 1024 * 1024;

/** @throws Unusable */
export async function configurationIn(file: string): Promise<Configuration> {
	const text = await textIn(file, "Give a rotation configuration: one YAML file.", mostBytes);
	const result = await checkFile(file, text, new Date());
	if ("config" in result) return result.config;
	throw usage("The configuration is not valid.", "See rotator config check.");
}
