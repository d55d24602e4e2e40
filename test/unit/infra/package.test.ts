// What is added to the built app for one installation.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { addInstallation } from "../../../infra/package.ts";

let app: string;
beforeEach(() => {
	app = mkdtempSync(join(tmpdir(), "rotator-package-"));
});
afterEach(() => rmSync(app, { recursive: true }));

const example = readFileSync("rotation.config.example.yaml", "utf8");
const outputs = (files: Record<string, string>, backend = "durable-task-scheduler") => ({
	ROTATOR_DURABLE_BACKEND: backend,
	ROTATOR_PACKAGE_FILES: Buffer.from(JSON.stringify(files)).toString("base64"),
});
const host = () => JSON.parse(readFileSync(join(app, "host.json"), "utf8")).extensions.durableTask;

test("configuration and CA files lie where the app looks for them", async () => {
	await addInstallation(app, outputs({ "rotation.config.yaml": example, "ca/titanic-aks.pem": "a CA\n" }));
	expect(readFileSync(join(app, "rotation.config.yaml"), "utf8")).toBe(example);
	expect(readFileSync(join(app, "ca", "titanic-aks.pem"), "utf8")).toBe("a CA\n");
});

test("with the scheduler, host.json names it and keeps everything else", async () => {
	await addInstallation(app, outputs({ "rotation.config.yaml": example }));
	const { storageProvider, ...rest } = host();
	expect(storageProvider).toEqual({
		type: "azureManaged",
		connectionStringName: "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
	});
	const { storageProvider: _, ...original } = JSON.parse(readFileSync("host.json", "utf8")).extensions.durableTask;
	expect(rest).toEqual(original);
});

test("with Azure Storage, host.json is the repository's", async () => {
	await addInstallation(app, outputs({ "rotation.config.yaml": example }, "azure-storage"));
	expect(host()).toEqual(JSON.parse(readFileSync("host.json", "utf8")).extensions.durableTask);
});

test("a configuration that the app refuses is not packaged", async () => {
	await expect(addInstallation(app, outputs({ "rotation.config.yaml": "secrets: {}" }))).rejects.toThrow(/vaults/);
	expect(existsSync(join(app, "host.json"))).toBe(false);
});

test("without Terraform's outputs the error names the one that is missing", async () => {
	await expect(addInstallation(app, {})).rejects.toThrow("ROTATOR_DURABLE_BACKEND is not in the environment");
});

test("a path out of the package is refused", async () => {
	const files = { "rotation.config.yaml": example, "../evil.pem": "x" };
	await expect(addInstallation(app, outputs(files))).rejects.toThrow("ROTATOR_PACKAGE_FILES");
	expect(existsSync(join(app, "..", "evil.pem"))).toBe(false);
});
