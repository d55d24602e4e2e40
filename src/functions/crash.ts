// What is said of an error that nobody caught, before the process ends.
// CR1. Its kind and the places in the code, nothing else. Otherwise: Node.js and the host print the whole of an SDK's error,
//      with its request's headers and body, and a crash report keeps it. Kept by: crash.test.ts.
// CR2. Before every other listener, and the last one: the host's own would print it.

import { writeSync } from "node:fs";
import { asFault } from "../lib/steps/boundary.ts";

/** Of a stack: file, line, column. A function's name is left out, since a message may look like the rest of a line. */
function placesIn(error: unknown): string {
	let stack: unknown;
	try {
		stack = (error as { stack?: unknown } | undefined)?.stack;
	} catch {
		// A getter that throws.
	}
	const lines = typeof stack === "string" ? stack.split("\n") : [];
	return lines
		.flatMap((line) => /^ {4}at .*?(node:[\w/]+:\d+:\d+|[\w-]+\.m?[jt]s:\d+:\d+)\)?$/.exec(line)?.[1] ?? [])
		.slice(0, 20)
		.map((place) => `\n    at ${place}`)
		.join("");
}

function end(error: unknown): never {
	try {
		writeSync(2, `The app ends: ${asFault(error, "process").message}${placesIn(error)}\n`);
	} finally {
		process.exit(1);
	}
}

process.prependListener("uncaughtException", end);
process.prependListener("unhandledRejection", end);
