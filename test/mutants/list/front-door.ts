import { inFile } from "../mutant.ts";

const files = ["test/unit/config/wrong-files.test.ts"];
const config = (name: string) => `src/lib/config/${name}.ts`;

export const frontDoor = [
	...inFile(config("encoding"), files, [
		{ name: "a file in UTF-16 is binary", find: "if (isUtf16(bytes))", replace: "if (false)" },
		{
			name: "a file in Latin-1 is told at its first line",
			find: "line: firstWrongLine(bytes)",
			replace: "line: 1",
		},
	]),
	...inFile(config("yaml-text"), files, [
		{
			name: "of a key that is given twice the last value counts without a word",
			find: "const mistakes = [...twiceGiven(document, place), ",
			replace: "const mistakes = [",
		},
		{ name: "a merge key is taken", find: ", ...merged(document, place)]", replace: "]" },
		{
			name: "a quotation mark that is not closed is told at the file's end",
			find: "place(opened ?? pos[0])",
			replace: "place(pos[0])",
		},
	]),
	...inFile(config("load"), files, [
		{
			name: "a mistake in one entry hides what is wrong between others",
			find: "sound.success ? wrongTogether(sound.data)",
			replace: "form.success ? wrongTogether(form.data)",
		},
		{
			name: "a placeholder is told as a wrong host",
			find: "!taken.has(pathText(path)))\n\t\t.map((issue)",
			replace: "true).map((issue)",
		},
	]),
	...inFile(config("warnings"), files, [
		{
			name: "a freeze that is over is nothing to speak of",
			find: "Date.parse(to) <= now.getTime()",
			replace: "false",
		},
		{
			name: "windows that are always beaten are nothing to speak of",
			find: "expiryBeatsWindowDays >= expiryMarginDays + spreadDays",
			replace: "false",
		},
	]),
	...inFile(
		"src/cli/rotator/table.ts",
		["test/unit/cli/rendering.test.ts"],
		[
			{
				name: "an id that has no room is left out",
				find: "column.below && !shown.includes(column)",
				replace: "false",
			},
		],
	),
	...inFile(
		"src/cli/rotator/names.ts",
		["test/unit/cli/completion.test.ts"],
		[
			{
				name: "whatever an app calls its secrets is kept for the shell",
				find: "/^[0-9a-zA-Z-]{1,119}$/.test(name)",
				replace: 'name !== ""',
			},
		],
	),
];
