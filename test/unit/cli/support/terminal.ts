// A terminal, or none, in memory; and a clock that a sleep moves on.

import { Readable } from "node:stream";
import type { Around, Environment, Screen } from "../../../../src/cli/rotator/around.ts";
import { rotator } from "../../../../src/cli/rotator.ts";

export interface Ran {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
	/** How long each sleep was, in seconds. */
	readonly slept: readonly number[];
}

export interface Given {
	readonly env?: Environment;
	/** Columns; absent: no terminal. */
	readonly columns?: number;
	readonly rows?: number;
	/** What is typed. */
	readonly typed?: string;
	/** Ctrl-C at the n-th sleep. */
	readonly interruptAt?: number;
}

export const startOfTime = new Date("2026-11-30T06:00:00.000Z");

/** Runs the command as its file does. */
export async function ran(args: readonly string[], given: Given = {}): Promise<Ran> {
	const { around, texts, slept } = aroundFor(given);
	const code = await rotator(args, around);
	return { code, slept, stdout: texts.stdout.join(""), stderr: texts.stderr.join("") };
}

export function aroundFor({ env = {}, columns, rows = 40, typed, interruptAt }: Given) {
	const texts = { stdout: [] as string[], stderr: [] as string[] };
	const screen = (name: keyof typeof texts): Screen => ({
		...(columns !== undefined && { isTTY: true, columns, rows }),
		write: (text) => texts[name].push(text),
	});
	const slept: number[] = [];
	let time = startOfTime.getTime();
	let interrupt = () => {};
	const stdin = Object.assign(
		Readable.from(typed === undefined ? [] : [typed]),
		columns !== undefined && { isTTY: true },
	);
	const around: Around = {
		env: { LANG: "C.UTF-8", ROTATOR_TOKEN: "a.b.c", PATH: "/nowhere", ...env },
		platform: "linux",
		stdin,
		stdout: screen("stdout"),
		stderr: screen("stderr"),
		now: () => new Date(time),
		async sleep(ms, signal) {
			slept.push(ms / 1000);
			time += ms;
			if (slept.length === interruptAt) interrupt();
			signal.throwIfAborted();
		},
		onInterrupt(act) {
			interrupt = act;
			return () => {
				interrupt = () => {};
			};
		},
	};
	return { around, texts, slept };
}
