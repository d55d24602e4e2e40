// Appends to the audit log by writers of one process at once, beside the same lines put onto an append blob as they are.

import { blobAuditLog } from "../../src/lib/adapters/blob/audit-log.ts";
import { type Bench, inTurns, type Point } from "../bench.ts";
import { chainOf, entryOf } from "../entries.ts";
import { summary } from "../statistics.ts";
import { startStorage } from "../storage.ts";

const writers = [1, 4, 16];
const clock = { now: () => new Date() };

export const appends: Bench = {
	name: "appends",
	says: "audit records written in a second by 1, 4 and 16 writers, beside an append blob alone; records in a block",
	async run({ rounds, quick, signal, say }) {
		await using storage = await startStorage();
		const most = quick ? 20 : 100;
		const { credential } = storage;
		const line = Buffer.from(chainOf(1, clock.now()).next().value!);

		/** Each writer waits for its record before it writes the next one. */
		const atOnce = async (count: number, write: (n: number) => Promise<unknown>): Promise<number> => {
			const begun = performance.now();
			const one = async () => {
				for (let n = 0; n < most; n++) await write(n);
			};
			await Promise.all(Array.from({ length: count }, one));
			return (count * most) / ((performance.now() - begun) / 1_000);
		};
		const product = async (count: number) => {
			const container = await storage.container();
			const log = blobAuditLog({ containerUrl: container.url, credential, clock });
			await log.append(entryOf(0));
			const perSecond = await atOnce(count, (n) => log.append(entryOf(n)));
			const { blob } = await log.end();
			const { blobCommittedBlockCount: blocks = 0 } = await container.getAppendBlobClient(blob).getProperties();
			return { perSecond, recordsABlock: (count * most) / (blocks - 1) };
		};
		const floor = async (count: number) => {
			const blob = (await storage.container()).getAppendBlobClient("lines");
			await blob.create();
			await blob.appendBlock(line, line.length);
			return atOnce(count, () => blob.appendBlock(line, line.length));
		};

		const [speed, blocks]: [Point[], Point[]] = [[], []];
		for (const size of writers) {
			say(`${size} writers, ${most} records each`);
			const taken = await inTurns(
				rounds,
				signal,
				() => floor(size),
				() => product(size),
			);
			const perSecond = summary(taken.product.map((one) => one.perSecond));
			speed.push({ size, product: perSecond, floor: summary(taken.floor) });
			blocks.push({ size, product: summary(taken.product.map(({ recordsABlock }) => recordsABlock)) });
		}
		const of = "writers";
		return {
			rows: [
				{ key: "perSecond", says: "records written (a ratio above 1 is faster)", unit: "1/s", of, points: speed },
				{ key: "recordsABlock", says: "records that share a block", unit: "1", of, points: blocks },
			],
		};
	},
};
