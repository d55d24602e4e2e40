// `npm run bench`: the product against its floor, side by side in one run.
// BE1. Product and floor take turns on one stack: what else the machine does at the time meets both alike.
// BE2. What is paid for once (tokens, connections, code) is paid before anything is counted.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { codeOf, interruption, leave } from "../local/interruption.ts";
import { startStack } from "../local/stack.ts";
import { floorOn } from "./floor.ts";
import { hopMs } from "./hop.ts";
import { productOn } from "./product.ts";
import { object, type Results, table } from "./report.ts";
import { summary } from "./statistics.ts";
import { type HubCost, taskHub } from "./task-hub.ts";

const help = `Measures the critical section and the whole rotation against a floor: the same calls written straight-line with the
plain SDKs, on the same local stack, in turns. No durability, no audit and no way back in the floor.

Usage: npm run bench -- [options]

  --rounds N    whole rotations of each (default 3; the critical section alone is measured ten times as often)
  --json        print one JSON object as the last line (the table goes to standard error)
  --help

Example:
  npm run -s bench -- --rounds 5 --json

Exit code: 0 measured, 1 failed, 2 wrong options, 130 interrupted.
`;

const appDir = fileURLToPath(new URL("../dist/app", import.meta.url));
const signal = interruption();
await leave(await main());

async function main(): Promise<number> {
	const options = given();
	if (options === undefined) return 2;
	if (options.help) {
		process.stdout.write(help);
		return 0;
	}
	try {
		const results = await measured(options.rounds);
		(options.json ? process.stderr : process.stdout).write(`\n${table(results)}`);
		if (options.json) process.stdout.write(`${JSON.stringify(object(results))}\n`);
		return 0;
	} catch (error) {
		if (signal.aborted) return codeOf(signal);
		process.stderr.write(`\n${(error as Error).message}\n`);
		return 1;
	}
}

function given() {
	try {
		const { values } = parseArgs({
			options: {
				rounds: { type: "string", default: "3" },
				json: { type: "boolean", default: false },
				help: { type: "boolean", default: false },
			},
		});
		const rounds = Number(values.rounds);
		if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
			throw new Error(`--rounds is "${values.rounds}"; give 1 to 100`);
		return { ...values, rounds };
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${help}`);
		return undefined;
	}
}

async function measured(rounds: number): Promise<Results> {
	const say = (text: string) => process.stderr.write(`${text}\n`);
	say("Bringing up the local stack");
	await using stack = await startStack({ appDir, signal });
	using hub = taskHub(appDir, stack.folders.state, signal);
	const [floor, product] = [floorOn(stack), productOn(stack, hub, signal)];

	await floor.rotate();
	await product.switchOnly();
	await product.dryRun();

	say(`The critical section, ${rounds * 10} times each`);
	const alone = await inTurns(rounds * 10, floor.rotate, product.switchOnly);

	say(`The whole rotation, ${rounds} times each`);
	const floorWhole = async () => ({ ...(await floor.rotate()), deliveredMs: await floor.deliver() });
	const whole = await inTurns(rounds, floorWhole, product.rotate);

	const costs: HubCost[] = whole.product.map(({ hub }) => hub);
	say("Durable hops");
	const hop = summary(await hopMs(Math.max(3, rounds), signal));

	const compare = <K extends string>(
		says: string,
		key: K,
		{ floor, product }: { floor: Readonly<Record<K, number>>[]; product: Readonly<Record<K, number>>[] },
	) => ({ says, product: summary(product.map((one) => one[key])), floor: summary(floor.map((one) => one[key])) });
	return {
		rounds,
		comparisons: {
			criticalSection: compare("the critical section (activity switch)", "criticalMs", alone),
			gap: compare("in it, from ALTER ROLE committed to published", "gapMs", alone),
			published: compare("the whole rotation: request to published", "publishedMs", whole),
			delivered: compare("the whole rotation: published to delivered", "deliveredMs", whole),
		},
		hop,
		taskHub: {
			messages: summary(costs.map(({ messages }) => messages)),
			rows: summary(costs.map(({ rows }) => rows)),
			bytes: summary(costs.map(({ bytes }) => bytes)),
			looks: summary(costs.map(({ looks }) => looks)),
		},
	};
}

/** So many rounds of each; who goes first changes. */
async function inTurns<F, P>(rounds: number, floor: () => Promise<F>, product: () => Promise<P>) {
	const taken = { floor: [] as F[], product: [] as P[] };
	for (let round = 0; round < rounds; round++) {
		signal.throwIfAborted();
		if (round % 2 === 0) taken.floor.push(await floor());
		taken.product.push(await product());
		if (round % 2 === 1) taken.floor.push(await floor());
	}
	return taken;
}
