import { inFile } from "../mutant.ts";

const own = ["test/unit/compliance/back-up.test.ts"];
const named = ["test/unit/domain/backup.test.ts"];

export const backups = [
	...inFile("src/lib/domain/backup.ts", named, [
		{
			name: "a secret's name may lead out of its folder of backups",
			find: "if (!name.test(made))",
			replace: "if (false)",
		},
		{
			name: "a new version needs no backup",
			find: "last.version !== version) return",
			replace: "false) return",
		},
		{
			name: "the next backup is made when the last one is deleted",
			find: "(keepDays * dayMs) / 2",
			replace: "keepDays * dayMs",
		},
	]),
	...inFile("src/lib/compliance/back-up.ts", own, [
		{
			name: "a backup that cannot be made ends the sweep",
			find: 'return { state: "none", problem: problemOf(asFault(error, "backup")) };',
			replace: "throw error;",
		},
		{
			name: "each sweep adds a backup of every secret",
			find: ' && stateOf(one) !== "current"',
			replace: "",
		},
		{
			name: "one backup that failed has all of them made again",
			find: "done.get(secret) ?? failedNow(",
			replace: "failedNow(",
		},
	]),
	...inFile(
		"src/lib/compliance/back-up.ts",
		["test/unit/infra/alerts.test.ts"],
		[
			{
				name: "an alert is not told that there is no backup",
				find: 'call.tell({ event: "backup", secret: id, state,',
				replace: 'void ({ event: "backup", secret: id, state,',
			},
		],
	),
	...inFile("src/lib/compliance/backups.ts", own, [
		{
			name: "what cannot be backed up is tried every minute",
			find: ">= againAfterMs",
			replace: ">= 0",
		},
	]),
	...inFile(
		"src/lib/adapters/blob/backups.ts",
		["test/contract/backup-store.test.ts"],
		[{ name: "a backup is written over", find: 'conditions: { ifNoneMatch: "*" },', replace: "" }],
	),
	...inFile(
		"src/cli/rotator/restore/look.ts",
		["test/integration/restore.test.ts"],
		[
			{
				name: "what is there or can be recovered is restored too",
				find: '...(standing === "gone" && from && { from })',
				replace: "...(from && { from })",
			},
			{
				name: "a deleted secret counts as gone",
				find: '(await store.deleted(secret)) ? "deleted" : "gone"',
				replace: '"gone"',
			},
		],
	),
];
