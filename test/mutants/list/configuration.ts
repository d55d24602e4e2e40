import { inFile } from "../mutant.ts";

const unit = (name: string) => `test/unit/config/${name}.test.ts`;

export const severalFiles = [
	...inFile(
		"src/lib/config/join.ts",
		[unit("defaults"), unit("wrong-files")],
		[
			{
				name: "a default counts more than the entry",
				find: "if (!isMapping(base) || !isMapping(own)) return own;",
				replace: "if (!isMapping(base) || !isMapping(own)) return base;",
			},
			{
				name: "a delivery takes options of another path's default",
				find: "if (isOther) return own;",
				replace: "void isOther;",
			},
			{
				name: "an entry takes options that its strategy does not have",
				find: "([option]) => options.has(option)",
				replace: "() => options.size > 0",
			},
			{
				name: "a secret that is in two files is the first one's without a word",
				find: "wrong([part, key], `is in",
				replace: "void ([part, key], `is in",
			},
		],
	),
	...inFile(
		"src/lib/config/include.ts",
		[unit("include"), unit("wrong-files")],
		[
			{
				name: "a path leads out of the folder",
				find: 'if (meant === ".." || meant.startsWith("../"))',
				replace: 'if (meant === "..")',
			},
			{
				name: "the hash leaves out what is included",
				find: "files.map(({ name, text }) => ({ name, text }))",
				replace: "files.map(({ name }) => ({ name, text: first.text }))",
			},
		],
	),
	...inFile(
		"src/lib/config/last-good.ts",
		[unit("last-good")],
		[
			{
				name: "a configuration from the records counts without its hash",
				find: ' || createHash("sha256").update(text).digest("hex") !== hash',
				replace: "",
			},
			{
				name: "a broken configuration refuses everything",
				find: "const before = inForce ?? (await recalled(error));",
				replace: "const before = await recalled(error);\n\t\t\tif (before) throw error;",
			},
			{
				name: "a configuration that was taken is not on the log",
				find: "if (loaded.hash !== noted && ",
				replace: "if (loaded.hash === noted && ",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/configuration.ts",
		["test/integration/configuration-source.test.ts"],
		[
			{
				name: "files of two uploads are one configuration",
				find: "const ifMatch = etags.get(name);",
				replace: 'const ifMatch = etags.has(name) ? "*" : undefined;',
			},
		],
	),
	...inFile(
		"src/lib/config/source.ts",
		[unit("include")],
		[
			{
				name: "a link leads out of the folder",
				find: "if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;",
				replace: "void root;",
			},
			{
				name: "a file that is added to a folder is not seen",
				find: "if (one.isDirectory()) await note(",
				replace: "if (one.isDirectory()) void (",
			},
		],
	),
];
