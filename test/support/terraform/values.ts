// What modules/rotator works out of its variables, by terraform itself: its local values, with stand-ins for what resources
// export, so that neither a provider nor a cloud is needed.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { terraform } from "./binary.ts";
import { type Module, readModule } from "./module.ts";

export const rotator = join(import.meta.dirname, "..", "..", "..", "infra", "modules", "rotator");

const group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/titanic/providers";

/** Variables of a small installation. */
export const variables = {
	name: "titanic-rotator",
	resource_group_name: "titanic",
	location: "westeurope",
	vaults: {
		"titanic-kv-prod": {
			id: `${group}/Microsoft.KeyVault/vaults/titanic-kv-prod`,
			url: "https://titanic-kv-prod.vault.azure.net",
			location: "westeurope",
		},
	},
	servers: { "titanic-postgres": { host: "titanic.postgres.database.azure.com", database: "titanic" } },
	clusters: { "titanic-aks": { server: "https://titanic-aks.hcp.westeurope.azmk8s.io", ca: "the cluster's CA\n" } },
	secrets: {
		"db-password": {
			vault: "titanic-kv-prod",
			server: "titanic-postgres",
			role: "titanic_admin",
			login: { mode: "self" },
			derived: [
				{ secret: "db-connection-string", template: "postgresql://{role}:{password}@{host}:{port}/{database}" },
			],
			consumers: [
				{
					cluster: "titanic-aks",
					namespace: "titanic-api",
					kind: "Deployment",
					name: "titanic-api",
					delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" },
				},
			],
		},
	} as Record<string, object>,
	signing_key_id: `${group}/Microsoft.KeyVault/vaults/titanic-kv-prod/keys/audit-head`,
	operators: { issuer: "https://login.microsoftonline.com/tenant/v2.0", audience: "client" },
	alert_receivers: {},
	log_analytics_workspace_id: `${group}/Microsoft.OperationalInsights/workspaces/titanic`,
	network: { app_subnet_id: "app", endpoint_subnet_id: "endpoints", egress_ranges: ["203.0.113.7"] },
	subscribe: false,
};

/** `variables` with changes. */
type Given = { readonly vaults: Record<string, object>; readonly [variable: string]: unknown };
type State = { readonly outputs: Record<string, { readonly value: unknown }> };

export interface Values {
	readonly package_files: Record<string, string>;
	readonly role_sql: Record<string, string>;
	readonly rights: Record<string, string[]>;
	readonly roles: Record<string, string[]>;
	readonly managed: { vault: string; secret: string }[];
	readonly pending: { vault: string; secret: string }[];
	readonly derived: { vault: string; secret: string }[];
	readonly readable: { vault: string; secret: string }[];
	readonly app_settings: Record<string, string>;
	readonly host_settings: Record<string, string>;
	readonly subscriptions: Record<string, { vault: string; names: string[] }>;
	readonly diagnostics: Record<string, { id: string; logs: string[] }>;
	readonly endpoints: Record<string, { part: string }>;
}
const names = [
	...["package_files", "role_sql", "rights", "roles", "managed", "pending", "derived", "readable"],
	...["app_settings", "host_settings", "subscriptions", "diagnostics", "endpoints"],
] as const;

/** What a resource exports, as far as local values ask for it. */
const exported = {
	id: `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/id-titanic-rotator`,
	name: "a-name",
	resource_group_name: "titanic",
	client_id: "00000000-0000-0000-0000-00000000c11e",
	principal_id: "00000000-0000-0000-0000-00000000c11d",
	identity: [{ principal_id: "00000000-0000-0000-0000-00000000c120" }],
	primary_blob_endpoint: "https://titanic.blob.core.windows.net/",
	connection_string: "IngestionEndpoint=https://westeurope.in.applicationinsights.azure.com/",
	logs_ingestion_endpoint: "https://dce-titanic.westeurope-1.ingest.monitor.azure.com",
	immutable_id: `dcr-${"0".repeat(32)}`,
	output: { endpoint: "https://dts-titanic.westeurope.durabletask.io" },
};

/** Resources cannot be had without their providers: a value stands in for each, of the shape that `count` or `for_each` gives. */
function withoutResources(module: Module, given: Given): string {
	const standIns = new Map<string, unknown>();
	const text = [...module.files.values()]
		.flatMap((source) => source.match(/^locals \{\n.*?^\}\n/gms) ?? [])
		.join("\n")
		.replaceAll(/\b(?:data\.)?(?:azurerm|azapi)_\w+\.\w+/g, (reference) => {
			const name = reference.replaceAll(".", "_");
			const [type, own] = reference.replace("data.", "").split(".");
			const block = module.blocks.find((candidate) => candidate.type === type && candidate.name === own);
			// biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
			const isPlatform = block?.body.for_each === "${local.platform}";
			const keys = isPlatform ? ["host", "package"] : Object.keys(given.vaults);
			const each = keys.map((key) => [key, exported]);
			const many = reference.startsWith("data.") ? {} : Object.fromEntries(each);
			standIns.set(name, block?.body.count ? [exported] : block?.body.for_each ? many : exported);
			return `local.${name}`;
		});
	const values = [...standIns].map(
		([name, value]) => `  ${name} = jsondecode(${JSON.stringify(JSON.stringify(value))})`,
	);
	return `${text}\nlocals {\n${values.join("\n")}\n}\n`;
}

/** @throws Error with what terraform said of the variables */
export async function valuesOf(given: Given): Promise<Values> {
	const infra = mkdtempSync(join(tmpdir(), "rotator-values-"));
	const folder = join(infra, "modules", "rotator");
	try {
		cpSync(join(rotator, "..", "..", "rights.json"), join(infra, "rights.json"));
		// Templates, but no .tf file with resources in it.
		cpSync(rotator, folder, { recursive: true, filter: (path) => !/(\.tf|\.hcl|\.terraform)$/.test(path) });
		cpSync(join(rotator, "variables.tf"), join(folder, "variables.tf"));
		writeFileSync(join(folder, "locals.tf"), withoutResources(await readModule(rotator), given));
		writeFileSync(
			join(folder, "outputs.tf"),
			names.map((name) => `output "${name}" {\n  value = local.${name}\n}\n`).join("\n"),
		);
		writeFileSync(join(folder, "terraform.tfvars.json"), JSON.stringify(given));
		await terraform(folder, ["apply", "-auto-approve", "-no-color"]);
		const state = JSON.parse(readFileSync(join(folder, "terraform.tfstate"), "utf8")) as State;
		return Object.fromEntries(names.map((name) => [name, state.outputs[name]?.value])) as unknown as Values;
	} finally {
		rmSync(infra, { recursive: true });
	}
}
