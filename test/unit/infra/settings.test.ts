// The app settings that Terraform makes are those that the app knows; what the package's host.json says fits them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { Settings } from "../../../src/lib/config/settings.ts";
import { readModule } from "../../support/terraform/module.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const { locals, blocks } = await readModule(join(root, "infra", "modules", "rotator"));

/** Keys of the objects in an expression that are settings by their look. */
const settingsIn = (name: string): string[] =>
	[...String(locals.get(name)).matchAll(/(?<![\w.])"?([A-Z][A-Za-z]+(?:__?[A-Za-z]+)+)"? *=>?\s/g)].map(
		([, key]) => key!,
	);

const ofTheApp = [...settingsIn("app_settings"), ...keysOf(locals.get("heads_settings"))];
const ofTheHost = [...settingsIn("host_settings"), ...settingsIn("durable_settings")];

function keysOf(value: unknown): string[] {
	return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

test("every setting that the app knows is set, and no other", () => {
	expect(ofTheApp.toSorted()).toEqual(Object.keys(Settings.shape).toSorted());
});

test("the host gets its storage, its telemetry and its scheduler by identity, and nothing with a key", () => {
	expect(ofTheHost.toSorted()).toEqual([
		"APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
		"APPLICATIONINSIGHTS_CONNECTION_STRING",
		"AzureWebJobsStorage__accountName",
		"AzureWebJobsStorage__clientId",
		"AzureWebJobsStorage__credential",
		"DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
	]);
});

test("no shared key, local user or password is allowed anywhere", () => {
	for (const { type, name, body } of blocks) {
		if (type === "azurerm_storage_account") {
			expect([name, body.shared_access_key_enabled, body.local_user_enabled]).toEqual([name, false, false]);
		}
		if (type === "azurerm_application_insights") expect(body.local_authentication_enabled).toBe(false);
	}
	const policies = blocks.filter(({ body }) => String(body.type).includes("basicPublishingCredentialsPolicies"));
	expect(policies.map(({ body }) => body.body)).toEqual([{ properties: { allow: false } }]);
});

test("the task hub of the scheduler is host.json's", () => {
	const host = JSON.parse(readFileSync(join(root, "host.json"), "utf8"));
	expect(locals.get("task_hub")).toBe(host.extensions.durableTask.hubName);
});

test("Event Grid delivers to a function that there is", async () => {
	const subscription = blocks.find(({ type }) => type === "azurerm_eventgrid_system_topic_event_subscription");
	const id = JSON.stringify(subscription?.body.azure_function_endpoint);
	const name = /functions\/(\w+)/.exec(id)?.[1];
	expect(readFileSync(join(root, "src", "functions", "events.ts"), "utf8")).toContain(`eventGrid("${name}"`);
});

test("the table of signed heads has the columns that the app sends", () => {
	const sent = readFileSync(join(root, "src", "lib", "adapters", "monitor", "heads.ts"), "utf8");
	const columns = [...sent.matchAll(/^\t([A-Z]\w+):/gm)].map(([, column]) => column);
	expect(keysOf(locals.get("heads_columns")).toSorted()).toEqual(columns.toSorted());
});
