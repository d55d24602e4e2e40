// The help of the whole and of each command, from the table.

import { type Argument, type Command, type Commands, isWhole, type Option } from "./command.ts";
import { meanings, throughNpm } from "./exits.ts";

/** As many columns as every terminal has. */
const width = 80;
const most = 26;

function columns(rows: readonly (readonly [string, string])[]): string {
	const left = Math.min(most, Math.max(0, ...rows.map(([name]) => name.length)));
	const indent = " ".repeat(left + 4);
	return rows
		.map(([name, text]) => {
			const [first = "", ...more] = wrapped(text, width - indent.length);
			const head = name.length > left ? `  ${name}\n${indent}` : `  ${name.padEnd(left)}  `;
			return `${[`${head}${first}`, ...more.map((line) => `${indent}${line}`)].join("\n")}\n`;
		})
		.join("");
}

function wrapped(text: string, room: number): string[] {
	const lines: string[] = [""];
	for (const word of text.split(" ")) {
		const longer = `${lines.at(-1)} ${word}`.trimStart();
		if (longer.length <= room) lines[lines.length - 1] = longer;
		else lines.push(word);
	}
	return lines;
}

export const argumentText = ({ name, optional }: Argument): string => (optional ? `[${name}]` : name);

export const optionText = (name: string, { short, value, type }: Option): string =>
	`${short ? `-${short}, ` : ""}--${name}${type === "boolean" ? "" : ` ${value ?? "TEXT"}`}`;

export const whatOf = ({ what, choices }: Option): string =>
	choices ? `${what} One of: ${choices.join(", ")}.` : what;

export const usageLine = (name: string, some: Command): string => {
	if (isWhole(some)) return `rotator ${name} ...`;
	return ["rotator", name, ...some.takes.map(argumentText), "[options]"].join(" ");
};

export const exitCodes = (): string => columns(meanings.map(([code, means]) => [`${code}`, means]));

export function helpFor(name: string, some: Command): string {
	const parts = [`${some.summary}\n\n  ${usageLine(name, some)}\n`];
	if (some.details) parts.push(`${wrapped(some.details.replaceAll("\n", " "), width).join("\n")}\n`);
	if (!isWhole(some)) {
		const options = Object.entries(some.options).map(
			([key, option]) => [optionText(key, option), whatOf(option)] as const,
		);
		parts.push(`Options\n${columns([...options, ["-h, --help", "This help."]])}`);
	}
	parts.push(`Examples\n${some.examples.map(([line, does]) => `  ${line}\n      ${does}\n`).join("")}`);
	return parts.join("\n");
}

export const overview = (commands: Commands): string => `The operators' command of titanic-secret-rotator.

  rotator COMMAND [arguments] [options]

Commands
${columns(Object.entries(commands).map(([name, { summary }]) => [name, summary]))}
Where the app is, and who you are
${columns(environment.map(([name, what]) => [name, what]))}
Exit codes
${exitCodes()}${throughNpm}

rotator COMMAND --help shows options and examples. rotator --version: which one.
`;

export const environment: readonly (readonly [name: string, what: string])[] = [
	["ROTATOR_URL", "The app: https://<function app>.azurewebsites.net. Or --url."],
	["ROTATOR_SCOPE", "Whose tokens it takes: api://<app id>/.default. Or --scope."],
	["ROTATOR_TOKEN", "An access token; without one, az or azd are asked (--sign-in)."],
	["ROTATOR_TENANT", "For --sign-in browser: the tenant."],
	["ROTATOR_CLIENT_ID", "For --sign-in browser: a public client that may ask for the scope."],
	["ROTATOR_AUTHORITY", "For --sign-in browser in another cloud: https://login.microsoftonline.us."],
	["NO_COLOR", "No colours. CLICOLOR_FORCE=1: colours into pipes too."],
];
