// The verification of an audit log, beside hashing its lines and nothing else.

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { temporaryFolder } from "../../local/scope.ts";
import { linesIn, verifyChain } from "../../src/lib/domain/audit-chain.ts";
import { type Bench, inTurns, type Point } from "../bench.ts";
import { chainOf } from "../entries.ts";
import { summary } from "../statistics.ts";

const lineEnd = 0x0a;

export const verify: Bench = {
	name: "verify",
	says: "the verification of 10,000, 100,000 and 1,000,000 audit records, beside hashing alone; its memory",
	async run({ rounds, quick, signal, say }) {
		await using folder = await temporaryFolder("titanic-bench-");
		const [times, memory]: [Point[], Point[]] = [[], []];
		for (const size of quick ? [1_000, 10_000, 100_000] : [10_000, 100_000, 1_000_000]) {
			signal.throwIfAborted();
			say(`${size.toLocaleString("en-GB")} records`);
			const file = join(folder.path, `${size}.ndjson`);
			await pipeline(Readable.from(chainOf(size, new Date())), createWriteStream(file), { signal });
			// Weighing has its own walk: it takes time.
			memory.push({ size, product: summary([await verified(file, size, true)]) });
			const { product, floor } = await inTurns(
				size < 1_000_000 ? rounds : 1,
				signal,
				() => timed(() => hashed(file)),
				() => timed(() => verified(file, size)),
			);
			times.push({ size, product: summary(product), floor: summary(floor) });
		}
		const of = "records";
		return {
			rows: [
				{ key: "time", says: "an audit log verified; floor: its lines hashed", unit: "ms", of, points: times },
				{ key: "memory", says: "what it holds in memory at the last record", unit: "MB", of, points: memory },
			],
		};
	},
};

async function timed(work: () => Promise<unknown>): Promise<number> {
	const begun = performance.now();
	await work();
	return performance.now() - begun;
}

/** @returns megabytes that it holds at the last record, where it is `weighed` */
async function verified(file: string, records: number, weighed = false): Promise<number> {
	const before = weighed ? liveHeap() : 0;
	let [held, seen] = [0, 0];
	const onRecord = () => {
		if (++seen === records) held = Math.max(0, liveHeap() - before);
	};
	const { events, bad } = await verifyChain(linesIn(file, createReadStream(file)), weighed ? { onRecord } : {});
	if (bad || events !== records) throw new Error(`The log has ${records} records; ${events} were verified.`);
	return held / 1e6;
}

/** Without what nobody refers to any more. */
function liveHeap(): number {
	setFlagsFromString("--expose-gc");
	(runInNewContext("gc") as () => void)();
	return process.memoryUsage().heapUsed;
}

async function hashed(file: string): Promise<void> {
	let rest = Buffer.alloc(0);
	for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
		const bytes = Buffer.concat([rest, chunk]);
		let from = 0;
		for (let end = bytes.indexOf(lineEnd); end >= 0; end = bytes.indexOf(lineEnd, from)) {
			createHash("sha256").update(bytes.subarray(from, end)).digest("hex");
			from = end + 1;
		}
		rest = bytes.subarray(from);
	}
}
