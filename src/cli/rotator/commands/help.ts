// The help, as a command.

import { command } from "../command.ts";
import { exits } from "../exits.ts";
import { helpFor, overview } from "../help.ts";
import { named } from "../parse.ts";

export const help = command({
	summary: "What there is, or one command's options and examples",
	takes: [
		{ name: "COMMAND", optional: true },
		{ name: "COMMAND", optional: true },
	],
	options: {},
	examples: [
		["rotator help", "everything in a page"],
		["rotator help rotate", "the same as rotator rotate --help"],
	],
	operations: [],
	async run({ words }, { stdout }, commands) {
		const found = named(words, commands);
		stdout.write(found ? helpFor(found.name, commands[found.name]!) : overview(commands));
		return exits.done;
	},
});
