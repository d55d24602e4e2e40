// Lines of the doctor's that keep a promise.

import { inFile } from "../mutant.ts";

const contract = ["test/contract/doctor.test.ts"];
const command = ["test/unit/cli/doctor.test.ts"];
const http = ["test/unit/http/doctor.test.ts"];
const ahead = ["test/integration/doctor-ahead.test.ts"];

export const doctor = [
	...inFile(
		"src/lib/doctor/commands.ts",
		["test/unit/doctor/commands.test.ts"],
		[
			{
				name: "a name of somebody else's is put into a command as it is",
				find: "text !== undefined && isPlain(text) ? text :",
				replace: "text !== undefined ? text :",
			},
			{
				name: "an option in a name's place is put into a command",
				find: ' && !text.startsWith("-")',
				replace: "",
			},
		],
	),
	...inFile("src/lib/doctor/cluster.ts", contract, [
		{
			name: "the rights of a delivery path are not asked for",
			find: "		...rightsOf(delivery.path),\n",
			replace: "",
		},
		{
			name: "a right that the cluster denies is unknown",
			find: "if (unread !== false)",
			replace: "if (unread !== null)",
		},
	]),
	...inFile("src/lib/doctor/index.ts", contract, [
		{
			name: "what is late is waited for",
			find: "over.reached.then(() => [late(name, over.ms)]),",
			replace: "new Promise<never>(() => {}),",
		},
	]),
	...inFile(
		"src/lib/discovery/proposal.ts",
		["test/unit/discovery/proposal.test.ts"],
		[
			{
				name: "what is proposed starts by itself",
				find: "		automatic: false,\n",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/discovery/references.ts",
		["test/unit/discovery/references.test.ts"],
		[
			{
				name: "who pulls images with a secret is overlooked",
				find: "const pulls = template?.spec?.imagePullSecrets ?? [];",
				replace: "const pulls: { name?: string }[] = [];",
			},
		],
	),
	...inFile(
		"src/cli/rotator/discover/look.ts",
		["test/integration/discover.test.ts"],
		[
			{
				name: "a vault that may not be listed passes for an empty one",
				find: "unseen.push({ says: `Vault",
				replace: "String({ says: `Vault",
			},
		],
	),
	...inFile("src/api/operations.ts", http, [
		{
			name: "who may only read has the app looked at",
			find: 'askDoctor: { method: "POST", path: "/api/doctor", role: "Rotation.Operate" }',
			replace: 'askDoctor: { method: "POST", path: "/api/doctor", role: "Rotation.Read" }',
		},
	]),
	...inFile("src/cli/rotator/commands/doctor.ts", command, [
		{
			name: "something is missing, and the exit code says that nothing is",
			find: "return isMissing ? exits.endedBadly : exits.done;",
			replace: "return exits.done;",
		},
	]),
	...inFile("src/cli/rotator/doctor/ahead/reading-only.ts", ahead, [
		{
			name: "a Secret is asked for by a look ahead",
			find: ' && resource !== "secrets") return true;',
			replace: ") return true;",
		},
	]),
	...inFile("src/cli/rotator/doctor/ahead/own.ts", ahead, [
		{
			name: "what this person may not see is unknown",
			find: 'return { right, result: "missing", code,',
			replace: 'return { right, result: "unknown", code,',
		},
	]),
	...inFile("src/cli/rotator/doctor/ahead/clusters.ts", ahead, [
		{
			name: "what was not asked for is told as missing",
			find: "if (first !== undefined && fault.code",
			replace: "if (first === null && fault.code",
		},
	]),
	...inFile("src/cli/rotator/fold.ts", command, [
		{
			name: "a command is broken where the terminal ends",
			find: "isCommand(line) ? [line] :",
			replace: "false ? [line] :",
		},
	]),
];
