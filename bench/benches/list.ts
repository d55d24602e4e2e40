// The list of all secrets and a look at one, for few secrets and for as many as a configuration has: both take the same time.

import { startStack } from "../../local/stack.ts";
import type { Bench, Point, Row } from "../bench.ts";
import { openHub } from "../hub.ts";
import { manySecrets } from "../many.ts";
import { type Summary, summary } from "../statistics.ts";
import { sweepNow } from "../sweep-now.ts";

const says = {
	first: "GET /api/secrets, the first page; floor: an answer that looks nowhere",
	found: "the same, found by a text",
	show: "GET /api/secrets/{name}",
} as const;

export const list: Bench = {
	name: "list",
	says: "GET /api/secrets and a look at one secret, where there are 10, 1,000 and 10,000 secrets",
	async run({ appDir, rounds, quick, signal, say }) {
		say("bringing up the local stack");
		await using stack = await startStack({ appDir, signal });
		using hub = openHub(appDir, stack.folders.state);
		const points: Record<keyof typeof says, Point[]> = { first: [], found: [], show: [] };

		const timed = async (path: string): Promise<number> => {
			const begun = performance.now();
			const answer = await stack.api(path, { roles: ["Rotation.Read"] });
			const body = await answer.text();
			if (!answer.ok) throw new Error(`GET /api/${path}: ${answer.status} ${body.slice(0, 200)}`);
			return performance.now() - begun;
		};
		for (const size of quick ? [10, 100] : [10, 1_000, 10_000]) {
			say(`${size} secrets`);
			await using many = await manySecrets(stack, { secrets: size, vaults: 1 });
			await sweepNow(stack, hub, signal);
			const [last = ""] = many.ids.slice(-1);
			const paths = { floor: "codes/forced", first: "secrets", found: `secrets?text=${last}`, show: `secrets/${last}` };
			const times: Record<string, number[]> = { floor: [], first: [], found: [], show: [] };
			// In turns; the first time of each is not counted.
			for (let round = 0; round <= rounds * 10; round++) {
				signal.throwIfAborted();
				for (const [name, path] of Object.entries(paths)) {
					const ms = await timed(path);
					if (round > 0) times[name]!.push(ms);
				}
			}
			const of = (name: keyof typeof paths): Summary => summary(times[name]!);
			points.first.push({ size, product: of("first"), floor: of("floor") });
			points.found.push({ size, product: of("found"), floor: of("floor") });
			points.show.push({ size, product: of("show"), floor: of("floor") });
		}
		const rowOf = (key: keyof typeof says): Row => ({
			...{ key, says: says[key], unit: "ms", of: "secrets", points: points[key], goal: { growth: 1.3 } },
		});
		return { rows: [rowOf("first"), rowOf("found"), rowOf("show")] };
	},
};
