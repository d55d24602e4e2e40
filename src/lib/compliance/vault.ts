// Secrets of one vault tagged `rotation` of which the configuration knows nothing.

import type { Ports } from "../app.ts";
import type { Configuration } from "../config/configuration.ts";
import type { ComplianceReport } from "../domain/compliance.ts";
import { type Problem, problemOf } from "../domain/fault.ts";
import type { ListedSecret } from "../ports/secret-store.ts";
import { asFault } from "../steps/boundary.ts";
import type { SweepPage, SweptPage } from "./page.ts";

/** @param input `after`: the vault before */
export async function sweepVault(ports: Ports, { sweep, page, after, silent }: SweepPage): Promise<SweptPage> {
	const loaded = await ports.configuration().catch(() => undefined);
	// The page before reported it.
	if (!loaded) return { silent };
	const { config } = loaded;
	const [vault, ...further] = Object.keys(config.vaults)
		.sort()
		.filter((name) => after === undefined || name > after);
	if (vault === undefined) return { silent };
	const { unmanaged, count, problem } = await strangersIn(ports, config, vault);
	const problems = problem ? [problem] : [];
	const vaults = problem ? [] : [count];
	await (await ports.records()).saveSwept(sweep, page, { secrets: [], unmanaged, vaults, problems });
	return { silent, ...(further.length > 0 && { after: vault }) };
}

async function strangersIn(ports: Ports, config: Configuration, vault: string) {
	const known = new Set<string>();
	for (const secret of Object.values(config.secrets)) {
		if (secret.vault !== vault) continue;
		for (const one of [secret.name, ...secret.derived.map((derived) => derived.secret)]) known.add(one.toLowerCase());
	}
	const unmanaged: ComplianceReport["unmanaged"][number][] = [];
	const at = ports.clock.now().toISOString();
	const count = { vault, at, listed: 0, managed: 0, pending: 0, unmanaged: 0, others: 0 };
	let problem: Problem | undefined;
	try {
		const store = await ports.store(vault);
		for await (const listed of store.list()) {
			const rotation = rotationTagOf(listed);
			const name = listed.name.toLowerCase();
			count.listed++;
			if (known.has(name)) count.managed++;
			else if (name.endsWith("-pending")) count.pending++;
			else if (rotation === undefined) count.others++;
			else {
				count.unmanaged++;
				unmanaged.push({ vault, secret: listed.name, rotation });
			}
		}
	} catch (error) {
		problem = problemOf(asFault(error, "sweep"));
	}
	return { unmanaged, count, problem };
}

const rotationTagOf = ({ tags }: ListedSecret): string | undefined =>
	Object.hasOwn(tags, "rotation") ? tags.rotation : undefined;
