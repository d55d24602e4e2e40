// Makes the package that is deployed: `npm run package`, with Terraform's outputs in the environment (azd and infra/deploy.sh
// put them there).
// PA1. Configuration, CA files and host.json are those of the installation, and the app can read the configuration. Otherwise: the
//      app starts, refuses every rotation, and is only found out at the next one. Kept by: test/unit/infra/package.test.ts.

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { appFolder, buildApp } from "../build.ts";
import { loadConfiguration } from "../src/lib/config/load.ts";

const root = join(import.meta.dirname, "..");

/** Paths as modules/rotator makes them: nothing that leaves the folder. */
const Files = z.record(z.string().regex(/^(rotation\.config\.yaml|ca\/[0-9a-zA-Z-]{1,64}\.pem)$/), z.string());
const Outputs = z.object({
	ROTATOR_DURABLE_BACKEND: z.enum(["durable-task-scheduler", "azure-storage"]),
	ROTATOR_PACKAGE_FILES: z
		.base64()
		.transform((text) => JSON.parse(Buffer.from(text, "base64").toString()))
		.pipe(Files),
});

const scheduler = { type: "azureManaged", connectionStringName: "DURABLE_TASK_SCHEDULER_CONNECTION_STRING" };

/**
 * Adds to a built app what belongs to one installation.
 * @param environment Terraform's outputs
 * @throws Error naming the output that is missing; Fault `configuration-invalid`
 */
export async function addInstallation(app: string, environment: NodeJS.ProcessEnv): Promise<void> {
	const outputs = Outputs.safeParse(environment);
	if (!outputs.success) {
		const name = String(outputs.error.issues[0]?.path[0]);
		throw new Error(`${name} is not in the environment as Terraform puts it out; run azd deploy or infra/deploy.sh.`);
	}
	for (const [path, text] of Object.entries(outputs.data.ROTATOR_PACKAGE_FILES)) {
		await mkdir(dirname(join(app, path)), { recursive: true });
		await writeFile(join(app, path), text);
	}
	await loadConfiguration(join(app, "rotation.config.yaml"));
	const host = JSON.parse(await readFile(join(root, "host.json"), "utf8"));
	if (outputs.data.ROTATOR_DURABLE_BACKEND === "durable-task-scheduler") {
		host.extensions.durableTask.storageProvider = scheduler;
	}
	await writeFile(join(app, "host.json"), `${JSON.stringify(host, undefined, "\t")}\n`);
	await copyFile(join(root, ".funcignore"), join(app, ".funcignore"));
}

if (import.meta.main) {
	await buildApp();
	await addInstallation(appFolder, process.env);
}
