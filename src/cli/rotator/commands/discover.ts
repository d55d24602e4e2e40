// What is in the vaults and the clusters, and not in the configuration.

import { dirname } from "node:path";
import { azureNameOf } from "../../../lib/config/configuration.ts";
import { fragmentOf } from "../../../lib/discovery/proposal.ts";
import type { Reference } from "../../../lib/discovery/references.ts";
import type { Around } from "../around.ts";
import { command, type Values } from "../command.ts";
import { configurationIn } from "../configuration.ts";
import { keyOf, type Looked, look } from "../discover/look.ts";
import { unownedRoles } from "../discover/roles.ts";
import { exits } from "../exits.ts";
import { foldedAround } from "../fold.ts";
import { usage } from "../parse.ts";
import { jsonText, stdoutLook } from "../say.ts";
import { type Look, plain } from "../terminal.ts";
import { dayText } from "../times.ts";

const options = {
	vault: {
		type: "string",
		value: "URLS",
		what: "Vaults, with commas between: https://<name>.vault.azure.net. Else those of --config.",
	},
	context: {
		type: "string",
		value: "NAMES",
		what: "Contexts of your kubeconfig, with commas between. Without it no cluster is looked at.",
	},
	namespace: { type: "string", value: "NAME", what: "Only this namespace of the clusters." },
	config: { type: "string", value: "FILE", what: "The rotation configuration: what it manages is left out." },
	output: {
		type: "string",
		short: "o",
		value: "FORM",
		choices: ["table", "yaml", "json"],
		what: "For people, the proposal alone, or everything as JSON.",
	},
} as const;

export const discover = command({
	summary: "Find secrets that the configuration lacks, and propose entries for them",
	details:
		"With your own rights, not the app's: az for the vaults (Key Vault Reader), your kubeconfig for the clusters, PGUSER and PGPASSWORD for login roles of the servers in --config. It reads names, tags, dates and manifests, never a value, and never lists Secrets. Exit code 0: all could be seen. 1: something could not, and it says what.",
	takes: [],
	options,
	examples: [
		[
			"rotator discover --vault https://titanic-kv-prod.vault.azure.net --context titanic-aks",
			"what is there, who takes it, and a proposal",
		],
		[
			"rotator discover --config rotation.config.yaml --context titanic-aks -o yaml",
			"what the configuration lacks, as YAML",
		],
	],
	operations: [],
	run: ({ options: given }, around) => run(given, around),
});

const blindSpots = [
	"Other clusters, and other namespaces than those that were looked at.",
	"Virtual machines, App Service and Functions (Key Vault references), pipelines and people.",
	"Applications that read a vault themselves: the vault's audit log (AuditEvent, SecretGet) shows who does.",
	"Copies: values that somebody has pasted into a Secret, a file or another vault.",
];

async function run(
	{ vault, context, namespace, config: file, output = "table" }: Values<typeof options>,
	around: Around,
): Promise<number> {
	const config = file === undefined ? undefined : await configurationIn(file);
	const vaults =
		vault === undefined
			? Object.values(config?.vaults ?? {}).map((one) => ({ key: azureNameOf(one), url: one.url }))
			: vault.split(",").map(vaultAt);
	if (vaults.length === 0)
		throw usage("No vault is given.", "Give --vault https://<name>.vault.azure.net, or --config FILE.");
	const contexts = context?.split(",") ?? [];
	const looked = await look({ vaults, contexts, namespace, config });
	const unseen = [...looked.unseen];
	const roles = config && file !== undefined ? await unownedRoles(config, dirname(file), around.env, unseen) : [];
	const urls = Object.fromEntries(vaults.map(({ key, url }) => [key, { url }]));
	const proposal = fragmentOf({ vaults: urls, clusters: looked.clusters, secrets: looked.secrets });
	const found = { ...looked, unseen, roles, blindSpots, proposal };
	if (output === "json") around.stdout.write(jsonText(found, 2));
	else if (output === "yaml") around.stdout.write(proposal);
	else
		around.stdout.write(
			`${shown(found, stdoutLook(around))}\n${looked.secrets.length > 0 ? proposal : "Nothing to propose.\n"}`,
		);
	return unseen.length === 0 ? exits.done : exits.endedBadly;
}

function vaultAt(given: string): { readonly key: string; readonly url: string } {
	const url = URL.parse(given);
	const isHere = url?.protocol === "http:" && ["127.0.0.1", "localhost"].includes(url.hostname);
	if (!url || (url.protocol !== "https:" && !isHere) || url.pathname !== "/" || url.username || url.search)
		throw usage("A vault's address is not one.", "Give https://<name>.vault.azure.net.");
	return { key: keyOf(url.hostname.split(".")[0] ?? ""), url: url.origin };
}

const used = (one: Reference): string =>
	plain(
		`${one.secret} of ${one.vaultName || "a store that could not be read"}: ${one.kind} ${one.namespace}/${one.name}. ${one.evidence}`,
	);

type Found = Looked & {
	readonly roles: readonly { readonly server: string; readonly role: string }[];
	readonly blindSpots: readonly string[];
};

function shown({ secrets, notes, unseen, elsewhere, unchecked, roles, blindSpots: blind }: Found, look: Look): string {
	const { bold, dim, bad } = look;
	const section = (title: string, lines: readonly string[]) =>
		lines.length === 0 ? [] : [bold(title), ...lines.map((line) => `  ${line}`), ""];
	return foldedAround(
		[
			...section(
				`${secrets.length} ${secrets.length === 1 ? "secret that is" : "secrets that are"} not in the configuration`,
				secrets.flatMap(({ name, vaultName, enabled, expires, contentType, tags, consumers }) => {
					const facts = [
						enabled ? "" : "disabled",
						expires ? `expires ${dayText(expires)}` : "never expires",
						contentType,
						...Object.entries(tags).map(([tag, value]) => `${tag}=${value}`),
					];
					const users = consumers.map(
						(one) =>
							`  ${plain(`${one.kind} ${one.namespace}/${one.name} in ${one.cluster}`)} ${dim(`(${one.confidence})`)}: ${plain(one.evidence)}`,
					);
					return [
						`${bold(plain(name))} in ${plain(vaultName)}: ${dim(plain(facts.filter(Boolean).join(", ")))}`,
						...(users.length > 0 ? users : [`  ${dim("no consumer was seen")}`]),
					];
				}),
			),
			...section("Named in a cluster, and in none of these vaults", elsewhere.map(used)),
			...section("Named in a cluster; the vault could not be looked at", unchecked.map(used)),
			...section(
				"Login roles that no configured secret is of",
				roles.map(({ server, role }) => plain(`${role} on ${server}`)),
			),
			...section("Also seen", notes.map(plain)),
			...section(
				"Not seen",
				unseen.flatMap(({ says, next }) => [bad(plain(says)), ...(next === undefined ? [] : [`  ${plain(next)}`])]),
			),
			...section("What cannot be seen from here", blind),
		],
		look.columns,
	)
		.join("\n")
		.trimEnd()
		.concat("\n");
}
