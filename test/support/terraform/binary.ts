// The terraform binary, where there is one: tests that need it say why they did not run.

import { execFileSync, spawnSync } from "node:child_process";

const environment = { ...process.env, TF_IN_AUTOMATION: "1", TF_CLI_CONFIG_FILE: undefined, CHECKPOINT_DISABLE: "1" };

/** @returns why it cannot be run, or undefined */
export function whyNoTerraform(): string | undefined {
	const { error, stdout } = spawnSync("terraform", ["version", "-json"], { encoding: "utf8", env: environment });
	if (error) return `terraform is not on the PATH (${error.message})`;
	const { terraform_version: version } = JSON.parse(stdout) as { terraform_version: string };
	const [major, minor] = version.split(".").map(Number);
	return major === 1 && minor! >= 11 ? undefined : `terraform ${version} is older than 1.11`;
}

/** @throws Error with what terraform said */
export function terraform(folder: string, args: readonly string[], dataFolder?: string): string {
	const env = dataFolder === undefined ? environment : { ...environment, TF_DATA_DIR: dataFolder };
	return execFileSync("terraform", [`-chdir=${folder}`, ...args], {
		encoding: "utf8",
		env,
		stdio: ["ignore", "pipe", "pipe"],
	});
}
