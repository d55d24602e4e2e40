// From arguments to a command and what it is given.
// RCP1. What is not known is refused, with what was probably meant. Otherwise: `--dryrun` is dropped, and the rotation is real.
//      Kept by: parse.test.ts.
// RCP2. An option that is given twice is refused. Otherwise: of two names to confirm, the one that is read last counts.

import { parseArgs } from "node:util";
import { secretOfRotation } from "../../lib/domain/ids.ts";
import { didYouMean } from "../../lib/domain/nearest.ts";
import { Unusable } from "../support/run.ts";
import type { Argument, Commands, Described, Given, Option, Options } from "./command.ts";
import { plain } from "./terminal.ts";

/** @returns the command's name and the arguments after it; `undefined` where none is named */
export function named(
	args: readonly string[],
	commands: Commands,
): { name: string; rest: readonly string[] } | undefined {
	const [first, second] = args;
	if (first === undefined || first.startsWith("-")) return undefined;
	if (second !== undefined && Object.hasOwn(commands, `${first} ${second}`))
		return { name: `${first} ${second}`, rest: args.slice(2) };
	if (Object.hasOwn(commands, first)) return { name: first, rest: args.slice(1) };
	const below = Object.keys(commands).filter((name) => name.startsWith(`${first} `));
	if (below.length > 0)
		throw usage(`${first} is only the first word of a command.`, `Give one of: ${below.join(", ")}.`);
	throw usage(`There is no command ${quoted(first)}.${didYouMean(first, Object.keys(commands))}`, helpOf());
}

export const asksForHelp = (rest: readonly string[]): boolean => rest.includes("--help") || rest.includes("-h");

/** @throws Unusable */
export function parse(name: string, rest: readonly string[], { options, takes }: Described): Given {
	const { values, positionals, tokens } = strictly(name, rest, options);
	const seen = new Set<string>();
	for (const token of tokens) {
		if (token.kind !== "option") continue;
		if (seen.has(token.name)) throw usage(`--${token.name} is given twice.`, helpOf(name));
		seen.add(token.name);
	}
	for (const [option, value] of Object.entries(values)) checkValue(name, option, options[option]!, value);
	return { takes: taken(name, takes, positionals), words: positionals, options: values as Given["options"] };
}

function strictly(name: string, rest: readonly string[], options: Options) {
	const config = Object.fromEntries(
		Object.entries(options).map(([key, { type, short }]) => [key, { type, ...(short && { short }) }]),
	);
	try {
		return parseArgs({ args: [...rest], options: config, allowPositionals: true, tokens: true });
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		const [, option = ""] = /'(?:-\w, )?(-[^' ,=]*)/.exec(message) ?? [];
		if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
			const known = Object.keys(options).map((key) => `--${key}`);
			throw usage(`${name} does not know ${quoted(option)}.${didYouMean(option, known)}`, helpOf(name));
		}
		if (code !== "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") throw error;
		const takesNone = /does not take an argument/.test(message);
		throw usage(`${option} ${takesNone ? "takes no value" : "needs a value"}.`, helpOf(name));
	}
}

function checkValue(name: string, option: string, { choices }: Option, value: unknown): void {
	if (value === "") throw usage(`--${option} is empty.`, helpOf(name));
	if (choices && !choices.includes(value as string))
		throw usage(
			`--${option} cannot be ${quoted(`${value}`)}.${didYouMean(`${value}`, choices)}`,
			`Give one of: ${choices.join(", ")}.`,
		);
}

function taken(name: string, takes: readonly Argument[], positionals: readonly string[]): Given["takes"] {
	if (positionals.length > takes.length)
		throw usage(`${name} does not take the argument ${quoted(positionals[takes.length]!)}.`, helpOf(name));
	return Object.fromEntries(
		takes.flatMap((argument, at) => {
			const value = positionals[at];
			if (value === undefined) {
				if (argument.optional) return [];
				throw usage(`${name} needs ${wanted[argument.name]}.`, helpOf(name));
			}
			checkArgument(argument, value);
			return [[argument.name, value]];
		}),
	);
}

const wanted: Readonly<Record<Argument["name"], string>> = {
	NAME: "a secret's name",
	ID: "a rotation's id",
	"NAME or ID": "a secret's name or a rotation's id",
	CHANNEL: "a channel of notifications",
	SHELL: "the name of a shell",
	COMMAND: "a command",
};

const isSecret = (text: string): boolean => /^[0-9a-zA-Z-]{1,119}$/.test(text);

function checkArgument({ name, choices }: Argument, value: string): void {
	if (choices && !choices.includes(value))
		throw usage(`${quoted(value)} is not one of: ${choices.join(", ")}.${didYouMean(value, choices)}`, "");
	if (name === "NAME" && !isSecret(value)) {
		const next =
			secretOfRotation(value) === undefined
				? "It has 1 to 119 letters, digits and hyphens: its key in the configuration."
				: `That is a rotation's id; its secret is ${secretOfRotation(value)}.`;
		throw usage(`${quoted(value)} is not a secret's name.`, next);
	}
	if (name === "NAME or ID" && !isSecret(value) && secretOfRotation(value) === undefined)
		throw usage(`${quoted(value)} is neither a secret's name nor a rotation's id.`, "See rotator secrets.");
	if (name === "ID" && secretOfRotation(value) === undefined)
		throw usage(`${quoted(value)} is not a rotation's id.`, "It is a secret's name, a dot and a UUID.");
}

export const usage = (sentence: string, next: string): Unusable => new Unusable("usage", sentence, next);

export const helpOf = (name?: string): string => `See rotator ${name === undefined ? "help" : `${name} --help`}.`;

const quoted = (text: string): string => JSON.stringify(plain(text.slice(0, 80)));
