// The terraform binary, where there is one: tests that need it say why they did not run.

import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

const environment = { ...process.env, TF_IN_AUTOMATION: "1", TF_CLI_CONFIG_FILE: undefined, CHECKPOINT_DISABLE: "1" };

/** @returns why it cannot be run, or undefined */
export function whyNoTerraform(): string | undefined {
	const { error, stdout } = spawnSync("terraform", ["version", "-json"], { encoding: "utf8", env: environment });
	if (error) return `terraform is not on the PATH (${error.message})`;
	const { terraform_version: version } = JSON.parse(stdout) as { terraform_version: string };
	const [major, minor] = version.split(".").map(Number);
	return major === 1 && minor! >= 11 ? undefined : `terraform ${version} is older than 1.11`;
}

/** @throws Error with what terraform said; its `stderr` too */
export async function terraform(
	folder: string,
	args: readonly string[],
	more: NodeJS.ProcessEnv = {},
): Promise<string> {
	const env = { ...environment, ...more };
	return (await promisify(execFile)("terraform", [`-chdir=${folder}`, ...args], { env, maxBuffer: 1 << 26 })).stdout;
}
