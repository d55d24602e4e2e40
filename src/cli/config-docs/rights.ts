// The table of rights in docs/security.md, from infra/rights.json and each delivery path's rights.json.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import list from "../../../infra/rights.json" with { type: "json" };
import { pathNames } from "../../lib/paths/index.ts";

/** What each right is said to be for, and what its absence does. */
interface Use {
	readonly steps: readonly string[];
	readonly why?: string;
	readonly code?: string;
	readonly then: string;
}

interface Rule extends Use {
	readonly verb: string;
	readonly group: string;
	readonly resource: string;
	readonly named?: string;
}

const pathFolders = join(import.meta.dirname, "..", "..", "lib", "paths");

/** What the app may do in a cluster: whatever the delivery path, for a kind of workload, and for a path. */
export const kubernetesRights: Readonly<Record<string, { readonly rights: readonly Rule[] }>> = {
	...list.kubernetes,
	...Object.fromEntries(
		pathNames.map((name) => [name, JSON.parse(readFileSync(join(pathFolders, name, "rights.json"), "utf8"))]),
	),
};

const [begin, end] = [
	"<!-- The rights: written by src/cli/config-docs.ts from infra/rights.json and src/lib/paths/*/rights.json. -->",
	"<!-- The end of the rights. -->",
];

/**
 * @param page that has the two comments between which the table stands
 * @throws Error when it does not have them
 */
export function withRights(page: string): string {
	const [before, rest = ""] = page.split(`${begin}\n`);
	const at = rest.indexOf(`${end}\n`);
	if (at < 0) throw new Error(`The page has no place for the table of rights: ${begin} ... ${end}`);
	return `${before}${begin}\n${table().join("\n")}\n${rest.slice(at)}`;
}

const table = (): string[] => [
	"| system | on | right | which step, what for | without it |",
	"|---|---|---|---|---|",
	...[list.actions, list.elsewhere].flatMap((things) =>
		Object.values(things).flatMap(({ system, on, rights }) =>
			rights.map((one) => row(system, on, `\`${shortened(one.right)}\``, one)),
		),
	),
	...Object.values(list.roles).flatMap(({ identity, system, on, rights }) =>
		rights.map((one) => row(system, `${on}${whose(identity)}`, one.right, one)),
	),
	...Object.entries(list.postgres).flatMap(([login, { on, rights }]) =>
		rights.map((one) => row("PostgreSQL", `${on}, ${modeOf(login)}`, `\`${one.right}\``, one)),
	),
	...Object.entries(kubernetesRights).flatMap(([path, { rights }]) =>
		rights.map((one) => row("Kubernetes", `${objectOf(one)}, ${pathOf(path)}`, verbOf(one), one)),
	),
];

const row = (system: string, on: string, right: string, { steps, why, code, then }: Use): string => {
	const use = [steps.join(", "), why ?? ""].filter((text) => text !== "").join(": ");
	return `| ${[system, on, right, use, code === undefined ? then : `\`${code}\`, ${then}`].join(" | ")} |`;
};

const shortened = (action: string) => action.replace(/^.*\/(?:vaults|containers)\//, "");
const whose = (identity: string) => (identity === "rotator" ? "" : `, as the ${identity}'s identity`);
const modeOf = (login: string) => (/ /.test(login) ? login : `\`login: ${login}\``);
const pathOf = (path: string) => (path === "every path" ? path : `\`${path}\``);
const verbOf = ({ verb, group, resource }: Rule) => `\`${verb}\` ${group === "" ? "" : `${group}/`}${resource}`;
const objectOf = ({ named }: Rule) => (named === undefined ? "the workload's namespace" : `the ${named}`);
