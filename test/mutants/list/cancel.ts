import { inFile, type Tests } from "../mutant.ts";

const cancelled: Tests = "test/unit/orchestrators/cancel.test.ts";
const asked: Tests = "test/unit/triggers/cancel.test.ts";

export const cancellation = [
	...inFile(
		"src/lib/steps/cancelled.ts",
		[cancelled],
		[
			{
				name: "an order that was taken back goes on",
				find: "if (isCancelled && ",
				replace: "if (false && ",
			},
			{
				name: "a switch that has set the password is cancelled",
				find: " && (await isUnchanged())",
				replace: "",
			},
			{
				name: "a rotation waits for the records",
				find: "\n\t\t.catch(() => false)",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/create-secret.ts",
		[cancelled],
		[
			{
				name: "a pending secret is stored for an order that was taken back",
				find: "await expectWanted(ports, input);",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/switch/section.ts",
		[cancelled],
		[
			{
				name: "the switch does not ask whether it is wanted",
				find: "if (canBeCancelled(input, found))",
				replace: "if (false)",
			},
			{
				name: "the second of two steps is cancelled",
				find: " && acceptedBy === undefined",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/ending.ts",
		[cancelled],
		[
			{
				name: "a switch that was cancelled counts as failed",
				find: 'if (problem.code === "cancelled") return cancelled;',
				replace: "",
			},
			{
				name: "a rotation that was cancelled before its switch counts as refused",
				find: 'problem.code === "cancelled" ? cancelled : ',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/triggers/cancel.ts",
		[asked],
		[
			{
				name: "a cancellation is on no audit log",
				find: "await log.append(asked);",
				replace: "",
			},
			{
				name: "a pause is not ended for it",
				find: "await rotations.tryNow(secret).catch(() => {});",
				replace: "",
			},
			{
				name: "what is published can be cancelled",
				find: "return version === undefined ? undefined : ",
				replace: "return true ? undefined : ",
			},
		],
	),
];
