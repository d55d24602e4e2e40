// The app settings that Terraform makes are those that the app knows; what the package's host.json says fits them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Settings, settingsFrom } from "../../../src/lib/config/settings.ts";
import { whyNoTerraform } from "../../support/terraform/binary.ts";
import { readModule } from "../../support/terraform/module.ts";
import { valuesOf, variables } from "../../support/terraform/values.ts";

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

const missing = whyNoTerraform();
if (missing !== undefined) console.warn(`The values in settings.test.ts were not worked out: ${missing}.`);

(missing === undefined ? describe : describe.skip)("as terraform works them out", () => {
	test("the app takes its settings", async () => {
		const { app_settings: settings } = await valuesOf(variables);
		expect(settingsFrom(settings)).toMatchObject({
			AUDIT_CONTAINER_URL: expect.stringMatching(/^https:\/\/titanic\.blob\.core\.windows\.net\//),
			AUDIT_SIGNING_KEY_URL: "https://titanic-kv-prod.vault.azure.net/keys/audit-head",
			AUDIT_COPY_LOGS_STREAM: "Custom-AuditHeads_CL",
			OPERATORS_JWKS_URL: "https://login.microsoftonline.com/tenant/discovery/v2.0/keys",
		});
	});

	test("the app takes them too where heads are copied to a container of others", async () => {
		const container = "https://others.blob.core.windows.net/heads";
		const { app_settings: settings } = await valuesOf({ ...variables, audit_copy_container_url: container });
		const { AUDIT_COPY_CONTAINER_URL, AUDIT_COPY_LOGS_ENDPOINT } = settingsFrom(settings);
		expect([AUDIT_COPY_CONTAINER_URL, AUDIT_COPY_LOGS_ENDPOINT]).toEqual([container, undefined]);
	});

	test("the app looks for the configuration where it is told to, and in its package where it is not", async () => {
		const container = "https://others.blob.core.windows.net/configuration";
		const told = await valuesOf({ ...variables, configuration_container_url: container });
		expect(settingsFrom(told.app_settings).ROTATION_CONFIG_CONTAINER_URL).toBe(container);
		const { app_settings: settings } = await valuesOf(variables);
		expect(settingsFrom(settings).ROTATION_CONFIG_CONTAINER_URL).toBeUndefined();
	});

	test("the scheduler is reached as the app's identity, in host.json's hub", async () => {
		const { host_settings: settings } = await valuesOf(variables);
		expect(settings.DURABLE_TASK_SCHEDULER_CONNECTION_STRING).toBe(
			"Endpoint=https://dts-titanic.westeurope.durabletask.io;Authentication=ManagedIdentity;ClientID=00000000-0000-0000-0000-00000000c11e;TaskHub=TitanicRotator",
		);
	});

	test("the collector's headers are a reference to a secret, and cannot be given as they are", async () => {
		const vaults = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults";
		const id = `${vaults}/titanic-kv-ops/secrets/otlp-headers`;
		const { app_settings, host_settings } = await valuesOf({ ...variables, otlp_headers_secret_id: id });
		const { OTEL_EXPORTER_OTLP_HEADERS } = { ...app_settings, ...host_settings };
		expect(OTEL_EXPORTER_OTLP_HEADERS).toBe(
			"@Microsoft.KeyVault(SecretUri=https://titanic-kv-ops.vault.azure.net/secrets/otlp-headers)",
		);
		expect((await valuesOf(variables)).host_settings).not.toHaveProperty("OTEL_EXPORTER_OTLP_HEADERS");
		for (const given of [
			"api-key=iceberg",
			`${id}/0123`,
			"https://titanic-kv-ops.vault.azure.net/secrets/otlp-headers",
		])
			await expect(valuesOf({ ...variables, otlp_headers_secret_id: given })).rejects.toThrow(
				"is no id of a Key Vault secret",
			);
	});

	test("with Azure Storage the host reaches its account's queues and tables", async () => {
		const { endpoints } = await valuesOf({ ...variables, durable_backend: "azure-storage" });
		expect(Object.keys(endpoints)).toEqual(["audit-blob", "host-blob", "host-queue", "host-table", "package-blob"]);
	});

	test("30 secrets of a vault take two subscriptions, each within Event Grid's 25 filter values", async () => {
		const secret = variables.secrets["db-password"];
		const many = Array.from({ length: 30 }, (_, index) => [`secret-${index}`, { ...secret, derived: [] }]);
		const { subscriptions } = await valuesOf({ ...variables, secrets: Object.fromEntries(many) });
		const names = Object.values(subscriptions).map(({ names }) => names);
		expect(names.map(({ length }) => length)).toEqual([25, 5]);
		expect(names.flat().toSorted()).toEqual(many.map(([name]) => name).toSorted());
	});

	test("vault, topic, app, audit and package storage tell the workspace what they see, and a vault that does already does not twice", async () => {
		const seen = async (vaults: Record<string, object>) =>
			Object.keys((await valuesOf({ ...variables, vaults })).diagnostics);
		expect(await seen(variables.vaults)).toEqual([
			"app",
			"audit",
			"package",
			"topic-titanic-kv-prod",
			"vault-titanic-kv-prod",
		]);
		const told = { "titanic-kv-prod": { ...variables.vaults["titanic-kv-prod"], diagnostics: false } };
		expect(await seen(told)).toEqual(["app", "audit", "package", "topic-titanic-kv-prod"]);
	});
});
