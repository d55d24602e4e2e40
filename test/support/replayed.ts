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
	/** As the host keeps it: of this run since it last began afresh, and of each child that ended. */
	readonly histories: readonly History[];
}

export interface History {
	readonly orchestrator: string;
	readonly input: unknown;
	readonly began: string;
	readonly past: readonly {
		readonly asked: Command;
		readonly answer?: unknown;
		readonly error?: string;
		readonly at: string;
	}[];
}

/** Asked at each replay of each step: jest's own comparison is the slower one, and says what differs. */
const same = (now: unknown, before: unknown) => {
	if (!isDeepStrictEqual(now, before)) expect(now).toStrictEqual(before);
};

interface Past {
	readonly asked: Command;
	readonly answer: unknown;
	readonly failed: boolean;
	readonly at: Date;
	readonly children?: readonly History[];
}
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
		if (at.done && again === undefined) {
			const own = {
				orchestrator: nameOf(orchestrator),
				input: given,
				began: began.toISOString(),
				past: history.map(kept),
			};
			const histories = [own, ...history.flatMap(({ children = [] }) => children)];
			return { result: asJson(at.value), statuses, asked, histories };
		}
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

const nameOf = (orchestrator: unknown): string =>
	Object.entries(orchestrators).find(([, one]) => one === orchestrator)?.[0] ?? "";

const kept = ({ asked, answer, failed, at }: Past): History["past"][number] => ({
	asked,
	...(failed ? { error: (answer as Error).message } : { answer }),
	at: at.toISOString(),
});

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
		if (asked.ask === "children") {
			const child = orchestrators[asked.name] as Orchestrator<object, unknown>;
			const runs = await Promise.all(
				asked.inputs.map((input) => play(mode, child, input, perform, now, mostAttempts, heard)),
			);
			const children = runs.flatMap(({ histories }) => histories);
			return { asked, answer: asJson(runs.map(({ result }) => result)), failed: false, at: now(), children };
		}
		const given = await perform(asked);
		return { asked, answer: asJson(given), failed: false, at: now() };
	} catch (error) {
		if (error instanceof Lost) throw error;
		// As the host gives it to JavaScript: a text, in which the fault's code survives.
		const text = `Activity function '${"name" in asked ? asked.name : asked.ask}' failed:  ${(error as Error).message} \n {}`;
		return { asked, answer: new Error(text), failed: true, at: now() };
	}
}
