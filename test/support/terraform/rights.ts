// What the module grants to the identities of the app: every role assignment, with its scope and its role worked out for a
// given installation.

import { readdirSync } from "node:fs";
import { rightsByKind } from "../../../local/rights.ts";
import { evaluated, type Scope, type Value } from "./evaluate.ts";
import { type Blocks, blocksOf, moduleFolder, textOf } from "./queries.ts";

/** The app's own, and those that the platform uses for it. */
export const identities = ["rotator", "host", "package"] as const;
export type Identity = (typeof identities)[number];

/** The resource's name in the module. */
export const addressOf = (identity: Identity): string =>
	identity === "rotator" ? identity : `platform["${identity}"]`;

/** In the order in which they build on each other. */
const locals = [
	"managed",
	"pending",
	"derived",
	"backed_up",
	"admin_logins",
	"readable",
	"recipients",
	"github_app_keys",
	"listed",
	"rights",
	"roles",
	"heads_in_logs",
	"scheduler",
];

/** Stand for ids that Azure makes up. */
export const ids = {
	audit: "/containers/audit",
	records: "/containers/records",
	backups: "/containers/backups",
	host: "/accounts/host",
	package: "/accounts/package/containers/package",
	rule: "/rules/heads",
	insights: "/insights",
	taskHub: "/schedulers/s/taskHubs/h",
} as const;

export const tfFiles = (): string[] => readdirSync(moduleFolder).filter((file) => file.endsWith(".tf"));

/**
 * @param variables of the module
 * @param changed texts of files instead of those that are there
 * @param identity whose rights
 * @returns `<scope> <data action or built-in role>` of each grant
 * @throws Error when an assignment is not understood
 */
export async function grantsOf(
	variables: Scope,
	changed: Readonly<Record<string, string>> = {},
	identity: Identity = "rotator",
): Promise<string[]> {
	const files = await Promise.all(tfFiles().map((file) => blocksOf(file, changed[file] ?? textOf(file))));
	const local: Record<string, Value> = {};
	const scope: Scope = { var: variables, local, path: { module: moduleFolder }, ...stands() };
	const declared = Object.assign({}, ...files.flatMap(({ locals = [] }) => locals));
	for (const name of locals) local[name] = await evaluated(declared[name], scope);

	const definitions = files.flatMap(({ resource }) => Object.entries(resource?.azurerm_role_definition ?? {}));
	const [[, [definition]] = ["", []] as never, ...others] = definitions as [string, Blocks[]][];
	if (others.length > 0 || definition.permissions.length !== 1) throw new Error("There is more than one kind of role.");
	// biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
	if (definition.for_each !== "${local.rights}") throw new Error("Roles are not made from local.rights.");
	const { data_actions, ...more } = definition.permissions[0];
	// biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
	if (data_actions !== "${each.value}" || Object.keys(more).length > 0) {
		throw new Error("A role has more than the data actions of local.rights.");
	}

	const grants: string[] = [];
	for (const { resource } of files) {
		for (const [name, [block]] of Object.entries<Blocks[]>(resource?.azurerm_role_assignment ?? {})) {
			const whose = identities.find((one) =>
				`${block.principal_id}`.includes(`_identity.${addressOf(one)}.principal_id`),
			);
			// The topics' own identities write dead letters.
			if (whose === undefined && name !== "dead_letters") throw new Error(`Whose right is ${name}?`);
			if (whose !== identity) continue;
			for (const inner of await instances(block, scope)) {
				const at = await evaluated(block.scope, inner);
				const role = await evaluated(block.role_definition_id, inner);
				const rights = role === undefined ? [await evaluated(block.role_definition_name, inner)] : local.rights[role];
				for (const right of rights) grants.push(`${at} ${right}`);
			}
		}
	}
	return grants.sort();
}

async function instances(block: Blocks, scope: Scope): Promise<Scope[]> {
	if (block.count !== undefined) {
		const count: number = await evaluated(block.count, scope);
		return Array.from({ length: count }, () => scope);
	}
	if (block.for_each === undefined) return [scope];
	const entries = Object.entries(await evaluated(block.for_each, scope));
	return entries.map(([key, value]) => ({ ...scope, each: { key, value } }));
}

/** A role's id is its kind here. */
function stands(): Scope {
	const kinds = Object.keys(rightsByKind).map((kind) => [kind, { role_definition_resource_id: kind }]);
	return {
		azurerm_role_definition: { rotator: Object.fromEntries(kinds) },
		azurerm_storage_container: {
			audit: { id: ids.audit },
			records: { id: ids.records },
			backups: [{ id: ids.backups }],
			package: { id: ids.package },
		},
		azurerm_storage_account: { platform: { host: { id: ids.host } } },
		azurerm_monitor_data_collection_rule: { heads: [{ id: ids.rule }] },
		azurerm_application_insights: { rotator: { id: ids.insights } },
		azapi_resource: { task_hub: [{ id: ids.taskHub }] },
	};
}
