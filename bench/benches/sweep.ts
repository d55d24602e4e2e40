// The sweep, beside listing the same vaults: a list has dates and tags; the sweep logs in with each password.

import { SecretClient } from "@azure/keyvault-secrets";
import { type Stack, startStack } from "../../local/stack.ts";
import { identities } from "../../local/world.ts";
import type { Vault } from "../../packages/key-vault/index.ts";
import { type Bench, once, type Point, type Row, row } from "../bench.ts";
import { openHub } from "../hub.ts";
import { manySecrets } from "../many.ts";
import { residentMB } from "../process.ts";
import { sweepNow } from "../sweep-now.ts";

type Measures = Readonly<Record<"calls" | "time" | "longest" | "memory", Point>>;

const minute = 60_000;

export const sweep: Bench = {
	name: "sweep",
	says: "a sweep of up to 1,000 secrets in 1 and 10 vaults and 10,000 in 40, beside listing them; its longest activity, memory",
	async run({ appDir, quick, signal, say }) {
		say("bringing up the local stack");
		await using stack = await startStack({ appDir, signal });
		using hub = openHub(appDir, stack.folders.state);
		/** What is paid for once. */
		await using first = await manySecrets(stack, { secrets: 1, vaults: 1 });
		await sweepNow(stack, hub, signal);
		await first[Symbol.asyncDispose]();

		const measure = async (secrets: number, vaults: number): Promise<Measures> => {
			say(`${secrets} secrets in ${vaults} vaults`);
			await using many = await manySecrets(stack, { secrets, vaults });
			const requests = () => many.vaults.reduce((sum, vault) => sum + vault.requests.filter(isCounted).length, 0);
			const begun = performance.now();
			for (const vault of many.vaults) await list(stack, vault);
			const [listedMs, listed] = [performance.now() - begun, requests()];
			const { ms, longestMs } = await sweepNow(stack, hub, signal);
			const point = (product: number, floor?: number): Point => ({
				size: secrets,
				product: once(product),
				...(floor !== undefined && { floor: once(floor) }),
			});
			return {
				calls: point(requests() - listed, listed),
				time: point(ms, listedMs),
				longest: point(longestMs),
				memory: point(residentMB(stack.host!.pid)),
			};
		};
		const rows: Row[] = [];
		const all: Measures[] = [];
		for (const vaults of quick ? [1, 10] : [1, 10, 40]) {
			const sizes = quick ? [10, 50, 100] : vaults === 40 ? [100, 1_000, 10_000] : [10, 100, 1_000];
			const points: Measures[] = [];
			for (const secrets of sizes.filter((size) => size >= vaults)) {
				signal.throwIfAborted();
				points.push(await measure(secrets, vaults));
			}
			all.push(...points);
			rows.push(...rowsOf(vaults === 1 ? "1 vault" : `${vaults} vaults`, vaults, points));
		}
		const longest = all.map((one) => one.longest.product.median);
		return {
			rows: [
				...rows,
				row(
					"longest",
					"the longest activity of all these sweeps",
					"ms",
					{ product: [Math.max(...longest)] },
					{ most: minute },
				),
			],
		};
	},
};

function rowsOf(within: string, vaults: number, points: readonly Measures[]): Row[] {
	const of = "secrets";
	const pick = (key: keyof Measures) => points.map((point) => point[key]);
	const memory = { key: "memory", says: `memory of the host after it, ${within}`, unit: "MB", of } as const;
	return [
		{ key: `calls${vaults}`, says: `calls of ${within}`, unit: "1", of, points: pick("calls"), goal: { ratio: 1.2 } },
		{ key: `time${vaults}`, says: `the sweep, ${within}; floor: the list alone`, unit: "ms", of, points: pick("time") },
		// The host is the same one throughout: those of one vault are of one that has done little before.
		...(vaults === 1 || vaults === 40 ? [{ ...memory, points: pick("memory") }] : []),
	];
}

/** The one by which a client asks for the challenge is no call of a vault's. */
const isCounted = ({ status }: { status: number }): boolean => status !== 401;

async function list({ identity }: Stack, { url }: Vault): Promise<void> {
	const client = new SecretClient(url, identity.managedIdentity(identities.rotator).credential(), {
		allowInsecureConnection: true,
		disableChallengeResourceVerification: true,
	});
	for await (const _ of client.listPropertiesOfSecrets());
}
