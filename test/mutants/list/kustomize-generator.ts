// A workload that is told by the Secret that its pod template refers to, and the path that works so.

import { inFile } from "../mutant.ts";

const steps = "test/unit/steps/rolls-by-itself.test.ts";
const unit = (name: string) => `test/unit/paths/kustomize-generator/${name}.test.ts`;
const contract = (names: RegExp) => ({ file: "test/contract/kustomize-generator.test.ts", names });

export const kustomizeGenerator = [
	...inFile(
		"src/lib/steps/deliver.ts",
		[steps],
		[
			{
				name: "a workload that Flux rolls is rolled by the app too",
				find: "if (mark.refersTo !== undefined) {",
				replace: "if (mark.refersTo === null) {",
			},
			{
				name: "its pods are told by a mark that nobody wrote",
				find: "return refersTo === undefined ? mark : { ...mark, refersTo };",
				replace: "return mark;",
			},
		],
	),
	...inFile(
		"src/lib/steps/consumers.ts",
		[steps],
		[
			{
				name: "a right to patch is asked for that is never used",
				find: "refusal(consumer, refersTo === undefined)",
				replace: "refusal(consumer, true)",
			},
		],
	),
	...inFile(
		"src/lib/kinds/mark.ts",
		["test/unit/kinds/mark.test.ts"],
		[
			{
				name: "a template that refers to another Secret passes for ours",
				find: "return secretNamesOf(template).includes(mark.refersTo);",
				replace: "return secretNamesOf(template).length > 0;",
			},
		],
	),
	...inFile(
		"src/lib/paths/kustomize-generator/dotenv.ts",
		[unit("input-file")],
		[
			{
				name: "a name of any length is tried as a list's",
				find: "name.length <= longestName && ",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/paths/kustomize-generator/input-file.ts",
		[unit("input-file")],
		[
			{
				name: "a file with line ends of Windows has values in clear",
				find: 'if (text.includes("\\r")) return',
				replace: "if (false) return",
			},
			{
				name: "a value in clear may stay",
				find: "if (clear) return",
				replace: "if (false) return",
			},
			{
				name: "a rule that leaves a value in clear will do",
				find: "if (bare !== undefined) return",
				replace: "if (false) return",
			},
			{
				name: "an encrypted comment is lost with the old data key",
				find: 'if (read.entries.some((entry) => "comment" in entry && isEncrypted(entry.comment)))',
				replace: "if (false)",
			},
			{
				name: "a file that somebody has changed says what it has all the same",
				find: "return digest === digestOf(file) ? { ...file, contents } : file;",
				replace: "return digest !== undefined ? { ...file, contents } : file;",
			},
			{
				name: "the MAC is over the keys too",
				find: "hash.update(value);",
				replace: "hash.update(entry.key).update(value);",
			},
			{
				name: "a value is bound to no place",
				find: "encrypted(value, dataKey, [entry.key], random)",
				replace: "encrypted(value, dataKey, [], random)",
			},
			{
				name: "the time has a fraction, and Go cannot open what is bound to it",
				find: '.replace(/\\.\\d+Z$/, "Z")',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/paths/kustomize-generator/dotenv.ts",
		[unit("input-file")],
		[
			{
				name: "an armored key takes several lines",
				find: 'value.replaceAll("\\n", "\\\\n")',
				replace: "value",
			},
		],
	),
	...inFile(
		"src/lib/paths/kustomize-generator/generator.ts",
		[unit("generator")],
		[
			{
				name: "one of files is read by its name, and not by its key",
				find: 'endsAs(first, [...otherFormats, ".env"])',
				replace: 'endsAs(path, [...otherFormats, ".env"])',
			},
			{
				name: "variables in another format are written",
				find: "endsAs(file, otherFormats)",
				replace: "false",
			},
			{
				name: "a file beside the one that makes the Secret will do",
				find: " || isAnothers)",
				replace: ")",
			},
			{
				name: "a prefix that makes it another Secret is passed over",
				find: "!secret.includes(nameOf(name))",
				replace: "!secret.includes(name)",
			},
			{
				name: "a generator that changes another Secret will do",
				find: 'if (behavior !== "create") return',
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/paths/kustomize-generator/names.ts",
		[unit("generator")],
		[
			{
				name: "whatever begins alike is the generator's",
				find: "hash.test(name.slice(secret.length + 1))",
				replace: "true",
			},
		],
	),
	...inFile(
		"src/lib/paths/kustomize-generator/file.ts",
		[contract(/nothing is written once/)],
		[
			{
				name: "a value of several lines becomes several variables",
				find: 'form === "dotenv" && isBrought',
				replace: "false && isBrought",
			},
			{
				name: "keys that nobody gives a value are lost",
				tests: [contract(/a plan refuses a file/)],
				find: "if (held.length > wanted.length)",
				replace: "if (false)",
			},
		],
	),
	...inFile(
		"src/lib/paths/kustomize-generator/delivery.ts",
		[contract(/makes another Secret/)],
		[
			{
				name: "each delivery makes a commit",
				tests: [contract(/makes no second commit/)],
				find: "says: ({ contents }, published) => contents === contentsOf(published),",
				replace: "says: () => false,",
			},
			{
				name: "a file that says it has the versions is believed, whatever Flux has made of it",
				tests: [contract(/Flux has made other values/)],
				find: "		lies,\n",
				replace: "		lies: async () => false,\n",
			},
			{
				name: "a file that Flux has not applied yet is written again and again",
				tests: [contract(/Flux has made other values/)],
				find: "if (!(await appliedBy(client, consumer.delivery, commit))) return false;",
				replace: "",
			},
			{
				name: "a pod of an earlier name passes",
				find: "if (lacking) return `it refers",
				replace: "if (false) return `it refers",
			},
			{
				name: "pods that started with the commit have to start again",
				find: "!wasChanged(secret)) continue;",
				replace: "wasChanged(secret)) continue;",
			},
			{
				name: "a Secret that somebody has changed proves what ran before",
				tests: [contract(/a Secret that somebody has changed/)],
				find: "secret && !wasChanged(secret)) continue;",
				replace: "secret) continue;",
			},
			{
				name: "files of an earlier name are renewed",
				find: "return isFollowed ? { copySeconds } :",
				replace: "return false ? { copySeconds } :",
			},
			{
				name: "a workload that Flux does not apply is no obstacle",
				tests: [contract(/does not follow the generator's name/)],
				find: "return detail === undefined ? undefined : not(detail);",
				replace: "return undefined;",
			},
			{
				name: "an Argo Rollout's steps are taken for a roll",
				tests: [contract(/refuses an Argo Rollout/)],
				find: "if (!followed.includes(kind)) return",
				replace: "if (false) return",
			},
			{
				name: "a container that refers to another name is no obstacle",
				tests: [contract(/does not follow the generator's name/)],
				find: "if (names.length > 1) return",
				replace: "if (false) return",
			},
			{
				name: "a name without a hash is waited for, and nobody rolls",
				tests: [contract(/whose name stays/)],
				find: "name !== undefined && isHashed(name, consumer.delivery.secret) ? name",
				replace: "name !== undefined ? name",
			},
		],
	),
];
