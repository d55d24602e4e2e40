// A workload that is told by the Secret that its pod template refers to, and the path that works so.

import { inFile } from "../mutant.ts";

const steps = "test/unit/steps/rolls-by-itself.test.ts";

export const kustomizeGenerator = [
	...inFile(
		"src/lib/steps/deliver.ts",
		[steps],
		[
			{
				name: "a workload that is rolled by whoever applies it is rolled by the app too",
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
];
