// Tries all mutants, each on its own.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brokenBy, keyOf, type Mutant, type Tests } from "./mutant.ts";
import { type Result, type Workplace, workplace } from "./workplace.ts";

/** Both cores of a small machine; more would make the tests of servers slow, and a slow test looks like one that hangs. */
const atOnce = 2;

export interface Tried {
	readonly mutant: Mutant;
	/** The test that noticed it, or that hung; absent when it survived. */
	readonly noticed?: string;
}

export interface TryOptions {
	readonly root: string;
	/** Told of each step as it ends. */
	readonly say: (line: string) => void;
	readonly signal?: AbortSignal;
	/** What tests may take beyond four times their usual time: on a busy machine a slow test is no test that hangs. */
	readonly patienceMs?: number;
}

/**
 * @throws Error when the tests fail on the project as it is, or there are none: what they say of mutants is worth nothing
 */
export async function tryAll(
	mutants: readonly Mutant[],
	{ root, say, signal, patienceMs = 30_000 }: TryOptions,
): Promise<Tried[]> {
	for (const mutant of mutants) brokenBy(mutant, await readFile(join(root, mutant.file), "utf8"));
	await using stack = new AsyncDisposableStack();
	const places: Workplace[] = [];
	for (let n = 0; n < Math.min(atOnce, mutants.length); n++) places.push(stack.use(await workplace(root, signal)));

	/** Each file passes on the project as it is before it says anything of a mutant, and tells how long that takes. */
	const usual = new Map<string, Promise<number>>();
	const usualOf = (place: Workplace, tests: Tests): Promise<number> => {
		const known = usual.get(keyOf(tests)) ?? passing(place, tests);
		usual.set(keyOf(tests), known);
		return known;
	};
	let done = 0;
	return await side(places, mutants, async (place, mutant): Promise<Tried> => {
		let noticed: string | undefined;
		for (const tests of mutant.tests) {
			const limitMs = patienceMs + 4 * (await usualOf(place, tests));
			const result = await place.run(tests, limitMs, mutant);
			if ("passed" in result) continue;
			noticed = told(result);
			break;
		}
		const how = noticed === undefined ? "SURVIVED" : "noticed";
		say(`${++done}/${mutants.length} ${how}: ${mutant.name} (${mutant.file})`);
		return { mutant, ...(noticed !== undefined && { noticed }) };
	});
}

/** @returns how long it took, in milliseconds */
async function passing(place: Workplace, tests: Tests): Promise<number> {
	const from = performance.now();
	const result = await place.run(tests, 600_000);
	if (!("passed" in result)) throw new Error(`${keyOf(tests)} fails on the project as it is: ${told(result)}`);
	if (result.passed === 0) throw new Error(`${keyOf(tests)} has no test that runs.`);
	return performance.now() - from;
}

const told = (result: Exclude<Result, { passed: number }>): string =>
	"hung" in result ? `it hangs for more than ${Math.round(result.hung / 1000)} s` : result.failed;

/** Each place takes the next item when it is free. @returns the results in the order of the items */
async function side<T, R>(
	places: readonly Workplace[],
	items: readonly T[],
	work: (place: Workplace, item: T) => Promise<R>,
): Promise<R[]> {
	const results: R[] = [];
	const waiting = [...items.entries()];
	const ended = await Promise.allSettled(
		places.map(async (place) => {
			for (let next = waiting.shift(); next; next = waiting.shift()) {
				const [index, item] = next;
				results[index] = await work(place, item).catch((error) => {
					waiting.length = 0;
					throw error;
				});
			}
		}),
	);
	for (const one of ended) if (one.status === "rejected") throw one.reason;
	return results;
}
