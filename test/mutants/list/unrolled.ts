// Workloads that are not rolled.

import { inFile } from "../mutant.ts";

const paths = "test/unit/paths/unrolled.test.ts";
const whole = (names: RegExp) => ({ file: "test/unit/steps/unrolled.test.ts", names });
const csi = (names: RegExp) => ({ file: "test/contract/csi-driver.test.ts", names });

export const unrolled = [
	...inFile(
		"src/lib/paths/unrolled.ts",
		[paths],
		[
			{
				name: "a variable is taken for something that is renewed",
				find: "kept.find((one) => isCopy(one) || isFile(one))",
				replace: "kept.find((one) => isFile(one))",
			},
			{
				name: "the driver's file by subPath is taken for one that is renewed",
				find: "kept.find((one) => isCopy(one) || isFile(one))",
				replace: "kept.find((one) => isCopy(one))",
			},
			{
				name: "a Secret's file is new as soon as the Secret is",
				find: "if (now.getTime() >= over) return undefined;",
				replace: "return undefined;",
			},
			{
				name: "a time in which an earlier delivery saw the copy new counts for now",
				find: "windows.filter(({ until }) => until === undefined)",
				replace: "windows.filter(() => true)",
			},
			{
				name: "a time that has passed proves a pod whose Secret is old again",
				find: 'copy.state === "stale" ? copy.waitingFor : late',
				replace: "late",
			},
		],
	),
	...inFile(
		"src/lib/kinds/sources.ts",
		[paths],
		[
			{
				name: "a volume that only init containers mount is taken for one that is read again",
				find: "const isRead = goesOn.some((container) => mountsOf(container).length > 0);",
				replace: "const isRead = true;",
			},
			{
				name: "a sidecar is taken for an init container that ends",
				find: 'initContainers.filter(({ restartPolicy }) => restartPolicy === "Always")',
				replace: "initContainers.filter(() => false)",
			},
		],
	),
	...inFile(
		"src/lib/paths/sessions.ts",
		[paths],
		[
			{
				name: "any session is told as the pod's use of the version",
				find: "|| lacksSession(pod, seen, windows) !== undefined) return proof;",
				replace: "|| seen.length === 0) return proof;",
			},
		],
	),
	...inFile(
		"src/lib/paths/csi-driver/delivery.ts",
		["test/contract/csi-driver.test.ts"],
		[
			{
				name: "a synced Secret's file is new as soon as the driver's is",
				tests: [csi(/the file of a synced Secret/)],
				find: "return isUsed && !startedWithin(pod, windows)",
				replace: "return isUsed && windows.length === 0",
			},
			{
				name: "a value that pods keep is found by nobody",
				tests: [csi(/from anything that stays as it is/)],
				find: "if (kept) return kept;",
				replace: "void kept;",
			},
		],
	),
	...["external-secrets", "flux-sops"].flatMap((path) =>
		inFile(
			`src/lib/paths/${path}/delivery.ts`,
			[`test/contract/${path}.test.ts`],
			[
				{
					name: `a value that pods keep is found by nobody, by ${path}`,
					tests: [{ file: `test/contract/${path}.test.ts`, names: /that are not replaced/ }],
					find: "if (kept) return kept;",
					replace: "void kept;",
				},
			],
		),
	),
	...inFile(
		"src/lib/steps/deliver.ts",
		["test/unit/steps/unrolled.test.ts"],
		[
			{
				name: "a workload that is not to be restarted is",
				tests: [whole(/no pod is another one/)],
				find: "if (!workloads.rolls(input.consumer)) {",
				replace: 'if (input.consumer.name === "") {',
			},
			{
				name: "a proof by a file alone is told as one of use",
				tests: [whole(/not claimed/)],
				find: "...Object.entries(unseen).flatMap(",
				replace: "...Object.entries({} as typeof unseen).flatMap(",
			},
		],
	),
	...inFile(
		"src/lib/steps/consumers.ts",
		["test/unit/steps/unrolled.test.ts"],
		[
			{
				name: "files that come too late are found when they are not there",
				tests: [whole(/later than the delivery would wait/)],
				find: "if (fileSeconds <= limit) return undefined;",
				replace: "if (limit > 0) return undefined;",
			},
		],
	),
];
