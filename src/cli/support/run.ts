// How every command ends: with its exit code, and at worst with one sentence.
// RU1. No command ends in a stack, whatever it is given, and a reader that has gone (`| head`) is not a failure. Kept by:
//      commands.test.ts.

export interface Output {
	readonly code: number;
	readonly stdout?: string;
	readonly stderr?: string;
}

/** What is wrong with what was given, in a sentence: exit code 2. */
export class Unusable extends Error {
	readonly code: string;
	readonly next: string;
	constructor(code: string, sentence: string, next: string) {
		super(sentence);
		this.code = code;
		this.next = next;
	}
}

/** @param main is given the arguments after the command */
export async function run(main: (args: readonly string[]) => Promise<Output>): Promise<void> {
	for (const stream of [process.stdout, process.stderr]) {
		stream.on("error", (error: NodeJS.ErrnoException) => {
			if (error.code !== "EPIPE") process.exitCode = 2;
		});
	}
	const output = await outputOf(main, process.argv.slice(2));
	// Set first: a reader that has gone does not change what was found.
	process.exitCode = output.code;
	if ("stdout" in output && output.stdout) process.stdout.write(output.stdout);
	if (output.stderr) process.stderr.write(output.stderr);
}

/** Whatever the command meets: an output. */
export const outputOf = (
	main: (args: readonly string[]) => Promise<Output>,
	args: readonly string[],
): Promise<Output> => main(args).catch((error) => ({ code: 2, stderr: `${sentenceOf(error)}\n` }));

/** One line, whatever the error holds. */
export function sentenceOf(error: unknown): string {
	if (error instanceof Unusable) return `${error.message} ${error.next}`;
	const kind = error instanceof Error ? error.name : typeof error;
	const { code } = (error ?? {}) as { code?: unknown };
	const which = typeof code === "string" && /^\w{1,60}$/.test(code) ? `${kind} ${code}` : kind;
	return `The command failed with an unexpected ${which}. This is a defect of the rotator: report it with what it was given.`;
}
