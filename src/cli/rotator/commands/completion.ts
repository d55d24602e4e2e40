// Completion for four shells.

import { command, isWhole } from "../command.ts";
import { scriptFor, shells } from "../completion.ts";
import { exits } from "../exits.ts";

export const completion = command({
	summary: "Print the completion for a shell",
	details:
		"It completes commands, options and their values, and the names of secrets that rotator secrets listed last. It asks nobody.",
	takes: [{ name: "SHELL", choices: shells }],
	options: {},
	examples: [
		['eval "$(rotator completion bash)"', "in ~/.bashrc"],
		['eval "$(rotator completion zsh)"', "in ~/.zshrc, after compinit"],
		["rotator completion fish > ~/.config/fish/completions/rotator.fish", "fish"],
		["rotator completion powershell | Out-String | Invoke-Expression", "in $PROFILE"],
	],
	operations: [],
	async run({ takes: { SHELL: shell = "" } }, { stdout }, commands) {
		const words = Object.entries(commands).map(([name, some]) => ({
			name,
			summary: some.summary,
			takes: isWhole(some) ? [] : some.takes.flatMap(({ choices = [] }) => choices),
			options: isWhole(some) ? {} : some.options,
			takesSecret: !isWhole(some) && some.takes.some((argument) => argument.name === "NAME"),
		}));
		stdout.write(scriptFor(shell as (typeof shells)[number], words));
		return exits.done;
	},
});
