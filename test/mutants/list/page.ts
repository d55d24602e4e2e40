import { inFile } from "../mutant.ts";

const page = "test/unit/http/page.test.ts";
const places = "test/unit/page/places.test.ts";

export const thePage = [
	...inFile(
		"src/lib/http/page.ts",
		[page],
		[
			{
				name: "every file in the page's folder is served",
				find: ".filter((name) => /^page-[0-9A-Z]{8}\\.(js|css)$/.test(name))",
				replace: "",
			},
			{
				name: "the page's policy lets it be framed",
				find: "\"frame-ancestors 'none'\",",
				replace: "",
			},
			{
				name: "what a setting says gets out of its attribute",
				find: "escaped(value)",
				replace: "value",
			},
			{
				name: "an encoding that is refused is sent",
				find: '&& !/^q=0(\\.0*)?$/.test(quality ?? "")',
				replace: "&& quality !== null",
			},
			{
				name: "a document that the browser has is sent again",
				find: "if (!known.includes(etag))",
				replace: "if (known !== undefined)",
			},
			{
				name: "the document is kept by browsers, and runs last month's script",
				find: '"Cache-Control": "no-cache"',
				replace: '"Cache-Control": "max-age=86400"',
			},
		],
	),
	...inFile(
		"src/page/places.ts",
		[places],
		[
			{
				name: "a pod that proved an earlier version is shown as if it had the live one",
				find: "proved: one.proved && one.version === live });",
				replace: "proved: one.proved });",
			},
			{
				name: "a pod that has another version is shown as if it had the live one",
				find: "if (version !== live && !proved) return",
				replace: "if (version === live && !proved) return",
			},
		],
	),
	...inFile(
		"src/page/export.ts",
		["test/unit/page/export.test.ts"],
		[
			{
				name: "a secret's name is a formula in the exported table",
				find: "quoted(noFormula(text))",
				replace: "quoted(text)",
			},
		],
	),
	...inFile(
		"src/page/shell.ts",
		["test/unit/page/shell.test.ts"],
		[
			{
				name: "a quote in a name ends the quoted word of a command",
				find: "value.replaceAll(\"'\", \"'\\\\''\")",
				replace: "value",
			},
		],
	),
	...inFile(
		"src/lib/http/pods-now.ts",
		["test/unit/http/pods-now.test.ts"],
		[
			{
				name: "a cluster that does not answer is waited for",
				find: "\t\t\t\tlate(consumer, mostMs),\n",
				replace: "",
			},
			{
				name: "a cluster that is down fails the look at its secret",
				find: '.catch((error) => asFault(error, "http"))',
				replace: "",
			},
		],
	),
];
