// Tries all mutants: first the tests on the project as it is, then each mutant on its own.

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

	const needed = new Map(mutants.flatMap(({ tests }) => tests.map((one) => [keyOf(one), one] as const)));
	const usual = new Map<string, number>();
	await side(places, [...needed.values()], async (place, tests) => {
		const from = performance.now();
		const result = await place.run(tests, 300_000);
		if (!("passed" in result)) throw new Error(`${keyOf(tests)} fails on the project as it is: ${told(result)}`);
		if (result.passed === 0) throw new Error(`${keyOf(tests)} has no test that runs.`);
		usual.set(keyOf(tests), performance.now() - from);
	});
	say(`${usual.size} test files pass on the project as it is.`);

	const limitOf = (tests: Tests) => patienceMs + 4 * (usual.get(keyOf(tests)) ?? 0);
	let done = 0;
	return await side(places, mutants, async (place, mutant): Promise<Tried> => {
		const noticed = await noticedBy(place, mutant, limitOf);
		say(
			`${++done}/${mutants.length} ${noticed === undefined ? "SURVIVED" : "noticed"}: ${mutant.name} (${mutant.file})`,
		);
		return { mutant, ...(noticed !== undefined && { noticed }) };
	});
}

async function noticedBy(place: Workplace, mutant: Mutant, limitOf: (tests: Tests) => number) {
	for (const tests of mutant.tests) {
		const result = await place.run(tests, limitOf(tests), mutant);
		if (!("passed" in result)) return told(result);
	}
	return undefined;
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
