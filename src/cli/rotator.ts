#!/usr/bin/env node
// `npm run -s rotator -- COMMAND`, and `rotator` where the package is installed: what operators do with the app, from a terminal.
// RCR1. Every way out has one of six exit codes and, where something is wrong, a sentence and the next step on stderr. Otherwise: a
//      script takes a refusal for a success. Kept by: test/unit/cli/commands.test.ts.

import { ApiProblem } from "../api/client.ts";
import { version } from "../lib/domain/version.ts";
import { type Around, here } from "./rotator/around.ts";
import { isWhole } from "./rotator/command.ts";
import { commands } from "./rotator/commands/index.ts";
import { exitOfError, exits, SignInFailed } from "./rotator/exits.ts";
import { helpFor, overview } from "./rotator/help.ts";
import { asksForHelp, helpOf, named, parse, usage } from "./rotator/parse.ts";
import { tell } from "./rotator/say.ts";
import { NotUnderstood } from "./rotator/understood.ts";
import { sentenceOf, Unusable } from "./support/run.ts";

/** @returns the exit code */
export async function rotator(args: readonly string[], around: Around): Promise<number> {
	try {
		return await called(args, around);
	} catch (error) {
		tell(around, ...sentencesOf(error));
		if (error instanceof Unusable) return exits.usage;
		return exitOfError(error) ?? exits.endedBadly;
	}
}

async function called(args: readonly string[], around: Around): Promise<number> {
	const [first] = args;
	if (first === "--help" || first === "-h") {
		around.stdout.write(overview(commands));
		return exits.done;
	}
	if (first === "--version" || first === "-V") {
		around.stdout.write(`${version}\n`);
		return exits.done;
	}
	if (first === undefined) {
		around.stderr.write(overview(commands));
		return exits.usage;
	}
	const found = named(args, commands);
	if (!found) throw usage("The command comes first, its options after it.", helpOf());
	const { name, rest } = found;
	const command = commands[name]!;
	if (isWhole(command)) {
		const { code, stdout, stderr } = await command.main(rest);
		if (stdout) around.stdout.write(stdout);
		if (stderr) around.stderr.write(stderr);
		return code;
	}
	if (asksForHelp(rest)) {
		around.stdout.write(helpFor(name, command));
		return exits.done;
	}
	const given = parse(name, rest, command);
	return command.run(given, around, commands);
}

function sentencesOf(error: unknown): string[] {
	if (error instanceof ApiProblem) return [error.message, error.next, `(${error.code})`];
	if (error instanceof SignInFailed) return [error.message, error.next];
	if (error instanceof Unusable || error instanceof NotUnderstood) return [error.message, error.next];
	if (exitOfError(error) === exits.unreachable)
		return [(error as Error).message, "Check the address (ROTATOR_URL), and whether this machine may reach it."];
	return [sentenceOf(error)];
}

if (import.meta.main) {
	for (const stream of [process.stdout, process.stderr]) {
		// A reader that has gone (`| head`) changes nothing of what was found.
		stream.on("error", (error: NodeJS.ErrnoException) => {
			if (error.code !== "EPIPE") process.exitCode = exits.endedBadly;
		});
	}
	process.exitCode = await rotator(process.argv.slice(2), here);
}
