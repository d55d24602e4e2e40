// docs/rotator.md, from the table of commands.

import { type Described, isWhole, type Options } from "../rotator/command.ts";
import { commands } from "../rotator/commands/index.ts";
import { meanings, throughNpm } from "../rotator/exits.ts";
import { environment, optionText, usageLine, whatOf } from "../rotator/help.ts";
import { ordering } from "../rotator/order.ts";
import { entraErrors } from "../rotator/sign-in/entra-errors.ts";
import { code, row } from "../support/markdown.ts";

/** What many commands have is described once. */
const shared: Options = ordering;

const optionRows = (options: Options): string[] => {
	const rows = Object.entries(options).map(([name, option]) => row(code(optionText(name, option)), whatOf(option)));
	return rows.length === 0 ? [] : ["| option | what it does |", "|---|---|", ...rows, ""];
};

const optionsOf = ({ options }: Described): string[] => {
	const own = Object.entries(options).filter(([name, option]) => shared[name] !== option);
	const others = Object.keys(options).filter((name) => shared[name] === options[name]);
	const also = others.length === 0 ? [] : [`Also ${others.map((name) => code(`--${name}`)).join(", ")}.`, ""];
	return [...optionRows(Object.fromEntries(own)), ...also];
};

const section = (name: string): string => {
	const command = commands[name]!;
	return [
		`## ${name}`,
		`${command.summary}.`,
		...(command.details ? ["", command.details] : []),
		"",
		"```",
		usageLine(name, command),
		"```",
		"",
		...(isWhole(command) ? [] : optionsOf(command)),
		...command.examples.map(([line, does]) => `- ${code(line)}: ${does}`),
	].join("\n");
};

export const rotatorPage = (): string => `# The command \`rotator\`

<!-- Written by src/cli/config-docs.ts from src/cli/rotator/commands/: change it there. -->

What operators do with the app, from a terminal: \`npm run -s rotator -- secrets\` in this repository. \`npm run -s build\` makes
\`dist/cli/rotator.mjs\`, a separate program for Node.js 24, which a link puts on the PATH:
\`ln -s "$PWD/dist/cli/rotator.mjs" ~/.local/bin/rotator\`.

Tables are for people. With \`-o json\`, \`ndjson\` or \`name\` stdout has the API's own field names and nothing else; messages are on stderr.
Where there is no terminal nothing is asked: what has to be confirmed needs \`--yes\`, or \`--confirm\` with the secret's name.

| variable | what it is |
|---|---|
${environment.map(([name, what]) => row(code(name), what)).join("\n")}

The token is the first of: \`ROTATOR_TOKEN\`, \`az account get-access-token\`, \`azd auth token\`. \`--sign-in browser\` signs in by
authorization code with PKCE, back to a port of this machine. It is kept in memory, and another one is asked for before it ends, so that a
long watch goes on. On Windows, where \`az\` is a batch file, the Python beside it is started: no shell is.

| exit code | what it says |
|---|---|
${meanings.map(([exit, means]) => row(`${exit}`, means)).join("\n")}

${throughNpm} \`audit verify\` and \`config check\` have their own exit codes.

Options that several commands have:

${optionRows(shared).join("\n")}
${Object.keys(commands).map(section).join("\n\n")}

## When the sign-in fails
| Entra ID says | what it means | what to do |
|---|---|---|
${Object.entries(entraErrors)
	.map(([number, { means, next }]) =>
		row(code(`AADSTS${number}`), means, next.replaceAll("{scope}", "api://<app id>/.default")),
	)
	.join("\n")}
`;
