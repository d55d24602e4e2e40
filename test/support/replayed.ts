// Runs an orchestrator as the durable host does: at each suspension everything in memory is thrown away and the history is
// replayed. An orchestrator that reads a clock, a random number or a shared variable asks otherwise then, and fails here.

import { isDeepStrictEqual } from "node:util";
import { expect } from "@jest/globals";
import { orchestrators } from "../../src/lib/orchestrators/index.ts";
import { type Command, type Durable, durableOn, type Process } from "../../src/lib/orchestrators/process.ts";

/** What the host does with one command. A thrown error is thrown into the orchestrator. */
export type Perform = (command: Exclude<Command, { ask: "children" }>) => Promise<unknown>;

export interface Run<T> {
	readonly result: T;
	/** Every status that was reported, in order, without repetitions by replays. */
	readonly statuses: readonly unknown[];
	/** The activities and waits that were asked for, in order. */
	readonly asked: readonly Command[];
}

/** Asked at each replay of each step: jest's own comparison is the slower one, and says what differs. */
const same = (now: unknown, before: unknown) => {
	if (!isDeepStrictEqual(now, before)) expect(now).toStrictEqual(before);
};

type Past = { readonly asked: Command; readonly answer: unknown; readonly failed: boolean; readonly at: Date };
export type Orchestrator<I, T> = (durable: Durable, input: I) => Process<T>;

const asJson = <T>(value: T): T => (value === undefined ? value : JSON.parse(JSON.stringify(value)));

/**
 * @param mode `replayed` starts afresh from the history at each suspension; `straight` keeps going
 * @param now the time of the history: read once a suspension
 * @param heard told of each report, its children's too, with the input of the activity that made it
 * @param mostAttempts ends every patience sooner: a day of tries writes thousands of records
 */
export async function play<I, T>(
	mode: "straight" | "replayed",
	orchestrator: Orchestrator<I, T>,
	input: I,
	perform: Perform,
	now: () => Date,
	mostAttempts = Number.POSITIVE_INFINITY,
	heard: (input: object, status: unknown) => void = () => {},
): Promise<Run<T>> {
	const asked: Command[] = [];
	const statuses: unknown[] = [];
	const history: Past[] = [];
	let began = now();
	let given = asJson(input);
	let told: unknown[] = [];
	let again: I | undefined;

	const begin = () => {
		let time = began;
		const reported: unknown[] = [];
		again = undefined;
		const durable = durableOn({
			now: () => time,
			patience: (usual) => ({ ...usual, attempts: Math.min(usual.attempts, mostAttempts) }),
			report: (status) => {
				reported.push(asJson(status));
				heard(given as object, asJson(status));
			},
			continueAs: (next) => {
				again = asJson(next) as I;
			},
		});
		const process = orchestrator(durable, asJson(given));
		const resume = (past: Past) => {
			time = past.at;
			return past.failed ? process.throw(past.answer) : process.next(asJson(past.answer));
		};
		return { first: () => process.next(), resume, reported };
	};

	let run = begin();
	let at = run.first();
	for (;;) {
		if (mode === "replayed") {
			run = begin();
			at = run.first();
			for (const past of history) {
				same(asJson(at.value), past.asked);
				at = run.resume(past);
			}
		}
		same(run.reported.slice(0, told.length), told);
		statuses.push(...run.reported.slice(told.length));
		told = [...run.reported];
		if (at.done && again === undefined) return { result: asJson(at.value), statuses, asked };
		if (at.done) {
			given = again as I;
			history.length = 0;
			told = [];
			began = now();
			run = begin();
			at = run.first();
			continue;
		}
		const command = asJson(at.value as Command);
		asked.push(command);
		const past = await answer(mode, command, perform, now, mostAttempts, heard);
		history.push(past);
		if (mode === "straight") at = run.resume(past);
	}
}

/** The instance is gone: nothing is thrown into the orchestrator, it just never goes on. */
export class Lost extends Error {}

async function answer(
	mode: "straight" | "replayed",
	asked: Command,
	perform: Perform,
	now: () => Date,
	mostAttempts: number,
	heard: (input: object, status: unknown) => void,
): Promise<Past> {
	try {
		const given =
			asked.ask === "children"
				? await Promise.all(
						asked.inputs.map(
							async (input) =>
								(
									await play(
										mode,
										orchestrators[asked.name] as Orchestrator<object, unknown>,
										input,
										perform,
										now,
										mostAttempts,
										heard,
									)
								).result,
						),
					)
				: await perform(asked);
		return { asked, answer: asJson(given), failed: false, at: now() };
	} catch (error) {
		if (error instanceof Lost) throw error;
		// As the host gives it to JavaScript: a text, in which the fault's code survives.
		const text = `Activity function '${"name" in asked ? asked.name : asked.ask}' failed:  ${(error as Error).message} \n {}`;
		return { asked, answer: new Error(text), failed: true, at: now() };
	}
}
