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
				find: "if ((await isCancelled(ports, ids)) && ",
				replace: "if (false && ",
			},
			{
				name: "a pending secret is refused to a run that has to go on",
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
				find: "await expectWanted(ports, input, async () => {",
				replace: "await (async (..._: unknown[]) => {})(ports, input, async () => {",
			},
		],
	),
	...inFile(
		"src/lib/steps/switch/section.ts",
		[cancelled],
		[
			{
				name: "the switch does not ask whether it is wanted",
				find: "if (isTakenBack && (await isUnchanged(at, input)))",
				replace: "if (false)",
			},
			{
				name: "a switch that has set the password is cancelled",
				find: "if (isTakenBack && (await isUnchanged(at, input)))",
				replace: "if (isTakenBack)",
			},
			{
				name: "a switch is cancelled while an earlier try holds the lock",
				find: "\tawait openGap(way, found);\n",
				replace:
					"\tif (isTakenBack && (await isUnchanged(way, found, input))) throw cancelled(input);\n\tawait openGap(way, found);\n",
			},
			{
				name: "one that is cancelled waits for its turn",
				find: "roomFor(way, { atOnce, outOfTurn: outOfTurn || isTakenBack })",
				replace: "roomFor(way, { atOnce, outOfTurn })",
			},
			{
				name: "a rollback to the other role is not cancelled",
				find: "return bringsTurnBack(target, input) || !",
				replace: "return !",
			},
			{
				name: "the second of two steps is cancelled",
				find: " && acceptedBy === undefined",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/plan.ts",
		[cancelled],
		[
			{
				name: "a run is cancelled that has to finish what an earlier one has set",
				find: "async () => !standing || !isHalfDone(standing)",
				replace: "async () => true",
			},
		],
	),
	...inFile(
		"src/lib/triggers/request.ts",
		["test/unit/triggers/request-waits.test.ts"],
		[
			{
				name: "an order is answered with one that was cancelled",
				find: "if (!(await isCancelled(ports, { rotationId }))) return started;",
				replace: "if (true) return started;",
			},
			{
				name: "one that was cancelled too late serves nobody",
				find: "covers: version !== undefined",
				replace: "covers: false",
			},
		],
	),
	...inFile(
		"src/lib/triggers/status.ts",
		[asked],
		[
			{
				name: "a rotation that was cut short is unknown",
				find: "if (latest?.rotationId !== rotationId) return undefined;",
				replace: "if (latest) return undefined;",
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
