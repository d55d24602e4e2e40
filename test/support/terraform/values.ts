// What modules/rotator works out of its variables, by terraform itself. The files without resources are taken, so that neither
// a provider nor a cloud is needed.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { terraform } from "./binary.ts";

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

export interface Values {
	readonly package_files: Record<string, string>;
	readonly role_sql: Record<string, string>;
	readonly managed: { vault: string; secret: string }[];
	readonly pending: { vault: string; secret: string }[];
	readonly derived: { vault: string; secret: string }[];
	readonly readable: { vault: string; secret: string }[];
}

/** @throws Error with what terraform said of the variables */
export function valuesOf(given: object): Values {
	const folder = mkdtempSync(join(tmpdir(), "rotator-values-"));
	try {
		mkdirSync(join(folder, "sql"));
		for (const file of ["variables.tf", "locals.tf", "configuration.tf", "sql/admin-role.sql.tftpl"]) {
			cpSync(join(rotator, file), join(folder, file));
		}
		const names = ["package_files", "role_sql", "managed", "pending", "derived", "readable"];
		writeFileSync(
			join(folder, "outputs.tf"),
			names.map((name) => `output "${name}" {\n  value = local.${name}\n}\n`).join("\n"),
		);
		writeFileSync(join(folder, "terraform.tfvars.json"), JSON.stringify(given));
		terraform(folder, ["init", "-no-color"]);
		terraform(folder, ["apply", "-auto-approve", "-no-color"]);
		const outputs = JSON.parse(terraform(folder, ["output", "-json"])) as Record<string, { value: unknown }>;
		return Object.fromEntries(names.map((name) => [name, outputs[name]?.value])) as unknown as Values;
	} finally {
		rmSync(folder, { recursive: true });
	}
}
