// What a command is: a file in commands/, and a line in commands/index.ts. Its help, its completion, its part of docs/rotator.md
// and what it accepts are all made of this.

import type { OperationId } from "../../api/operations.ts";
import type { Output } from "../support/run.ts";
import type { Around } from "./around.ts";

export interface Option {
	readonly type: "boolean" | "string";
	readonly short?: string;
	/** What stands for the value in the help. */
	readonly value?: string;
	readonly what: string;
	readonly choices?: readonly string[];
}
export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends { type: "boolean" }
	? boolean
	: O extends { choices: readonly (infer Choice)[] }
		? Choice
		: string;
export type Values<O extends Options = Options> = { readonly [N in keyof O]?: ValueOf<O[N]> };

export interface Argument {
	/** As in the help. */
	readonly name: "NAME" | "ID" | "NAME or ID" | "CHANNEL" | "SHELL" | "COMMAND";
	readonly optional?: true;
	readonly choices?: readonly string[];
}

interface About {
	/** A line. */
	readonly summary: string;
	readonly details?: string;
	readonly examples: readonly (readonly [line: string, does: string])[];
}

/** One that is a command by itself as well, with options and a help of its own. */
export interface Whole extends About {
	main(args: readonly string[]): Promise<Output>;
}

export interface Described<O extends Options = Options> extends About {
	readonly takes: readonly Argument[];
	readonly options: O;
	/** Which calls it makes. */
	readonly operations: readonly OperationId[];
	/** @returns the exit code */
	run(given: Given<O>, around: Around, all: Commands): Promise<number>;
}

export interface Given<O extends Options = Options> {
	readonly takes: Readonly<Record<string, string>>;
	/** The arguments in a row. */
	readonly words: readonly string[];
	readonly options: Values<O>;
}

export type Command = Whole | Described;
export type Commands = Readonly<Record<string, Command>>;

/** Types what `run` is given by the command's own options. */
export const command = <const O extends Options>(described: Described<O>): Command => described as unknown as Described;

export const isWhole = (some: Command): some is Whole => "main" in some;
