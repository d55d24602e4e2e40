// Before the first deployment: what a configuration needs of vaults, servers and clusters, asked as the person at this machine.
// RDA1. Nothing is written, and no value of a secret is asked for: vaults are asked for lists and the public halves of keys, servers
//       for their catalogs, clusters for anything but Secrets. Otherwise: a look shows what the app is there to hide, to anyone who has
//       a shell. Kept by: doctor-ahead.test.ts, which reads what vault and cluster were asked.
// RDA2. What this person may not see is missing, and the command gives it to them. Otherwise: a tree without a "missing" is
//       taken for a world that is ready. Kept by: doctor-ahead.test.ts.

import { dirname } from "node:path";
import type { Configuration } from "../../../../lib/config/configuration.ts";
import { checkFile } from "../../../../lib/config/load.ts";
import type { FoundRight, FoundSecret, FoundSystem } from "../../../../lib/domain/diagnosis.ts";
import { managed } from "../../../../lib/steps/managed.ts";
import { textIn } from "../../../support/files.ts";
import type { Environment } from "../../around.ts";
import { usage } from "../../parse.ts";
import { askClusters } from "./clusters.ts";
import { askServers } from "./servers.ts";
import { askVaults } from "./vaults.ts";

export interface Ahead {
	readonly configuration: FoundSystem;
	readonly secrets: readonly FoundSecret[];
}

const mostBytes = 4 * 1024 * 1024;

/**
 * @param of.secret only this one
 * @throws Unusable where there is no such file
 */
export async function lookAhead(
	file: string,
	of: { readonly secret?: string | undefined; readonly env: Environment; readonly now: Date },
): Promise<Ahead> {
	const text = await textIn(file, "Give a rotation configuration: one YAML file.", mostBytes);
	const folder = dirname(file);
	const checked = await checkFile(file, text, of.now);
	const said = (rights: readonly FoundRight[]): FoundSystem => ({ system: "Configuration", rights });
	const right = "It is valid.";
	if ("problems" in checked) {
		const [first, ...more] = checked.problems.map(({ path, message }) => `${path}: ${message}`);
		const says = `${first}${more.length > 0 ? ` (and ${more.length} more)` : ""}`;
		const next = `rotator config check ${file}`;
		return { configuration: said([{ right, result: "missing", says, next }]), secrets: [] };
	}
	const { config, warnings } = checked;
	const warned = warnings.map(({ path, message }): FoundRight => {
		return { right: "It says what is meant.", result: "unknown", says: `${path}: ${message}` };
	});
	return { configuration: said([{ right, result: "ok" }, ...warned]), secrets: await secretsOf(config, folder, of) };
}

async function secretsOf(
	config: Configuration,
	folder: string,
	{ secret, env }: { readonly secret?: string | undefined; readonly env: Environment },
): Promise<readonly FoundSecret[]> {
	const all = Object.keys(config.secrets);
	const ids = all.filter((id) => secret === undefined || id === secret);
	if (secret !== undefined && ids.length === 0)
		throw usage(`The configuration has no secret ${JSON.stringify(secret)}.`, `Give one of ${all.join(", ")}.`);
	const loaded = { config, text: "", hash: "", folder };
	const targets = await Promise.all(ids.map((id) => managed({ configuration: async () => loaded }, id)));
	const asked = await Promise.all([
		askVaults(config, targets, env),
		askServers(config, folder, targets, env),
		askClusters(config, targets),
	]);
	return targets.map(({ id }) => ({ secret: id, systems: asked.flatMap((found) => found.get(id) ?? []) }));
}
