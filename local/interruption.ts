// How the programs of the local stack end: an interruption only aborts what is being waited for, and everything is
// stopped on the one way out.
// IN1. A second Ctrl-C changes nothing. Otherwise: it kills what is stopping everything, and processes and folders stay.

// IN2. An error that nobody caught is an interruption too. Otherwise: a part that fails at the side leaves all others
//      running.

/** Aborted by Ctrl-C, by the end of the reader of what is printed (`| head`), and by the end of the process that started us. */
export function interruption(): AbortSignal {
	const interrupted = new AbortController();
	const abort = () => interrupted.abort();
	for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, abort);
	for (const stream of [process.stdout, process.stderr]) stream.on("error", abort);
	process.on("uncaughtException", (error) => {
		process.stderr.write(`\n${error.stack}\n`);
		// What a Ctrl-C breaks may be heard of before the Ctrl-C itself: Node.js reports signals last in each turn.
		setImmediate(() => interrupted.abort(error));
	});
	// npm's shell passes no signal on: when it alone is ended (`kill`, a time limit), we get another parent.
	const parent = process.ppid;
	setInterval(() => process.ppid !== parent && abort(), 250).unref();
	return interrupted.signal;
}

/** The exit code of what an interruption ended: 130 as shells have it, 1 after an error that nobody caught. */
export const codeOf = ({ reason }: AbortSignal): 1 | 130 => ((reason as Error).name === "AbortError" ? 130 : 1);

/** Ends the process when all that was printed is out: on a pipe, exiting at once would cut off the last line. */
export async function leave(code: number): Promise<never> {
	for (const stream of [process.stdout, process.stderr]) await new Promise((done) => stream.write("", done));
	process.exit(code);
}
