// What runs by a schedule.

import { inFile } from "../mutant.ts";

const onCluster = "test/contract/cron-job.test.ts";
const whole = (names: RegExp) => ({ file: "test/unit/steps/next-run.test.ts", names });

export const cronJobs = [
	...inFile(
		"src/lib/kinds/cron-job.ts",
		[onCluster],
		[
			{
				name: "Jobs of another CronJob, and of one before of the same name, are its own",
				tests: [{ file: onCluster, names: /none of its own/ }],
				find: "items.filter((job) => controllerOf(job)?.uid === metadata?.uid)",
				replace: "items.filter((job) => metadata !== undefined)",
			},
			{
				name: "a run that has ended goes on",
				tests: [{ file: onCluster, names: /until that has ended/ }],
				find: "isOf(pod, jobs) && !isOver(pod)",
				replace: "isOf(pod, jobs)",
			},
			{
				name: "a run that failed has ended well",
				tests: [{ file: onCluster, names: /one that failed is not/ }],
				find: 'type === "Complete" && is === "True"',
				replace: 'is === "True"',
			},
		],
	),
	...inFile(
		"src/lib/paths/consumer.ts",
		[onCluster],
		[
			{
				name: "a run that Reloader begins is told as a roll",
				tests: [{ file: onCluster, names: /Reloader would run at once/ }],
				find: 'ref.kind === "CronJob" ?',
				replace: 'ref.kind === "" ?',
			},
		],
	),
	...inFile(
		"src/lib/steps/deliver.ts",
		["test/unit/steps/next-run.test.ts"],
		[
			{
				name: "a run that began before proves the version by its end",
				tests: [whole(/while none has begun since/)],
				find: "Date.parse(startedAt) >= Math.min(...open)",
				replace: "Date.parse(startedAt) >= 0",
			},
			{
				name: "a run proves the version although the copy has another value again",
				tests: [whole(/takes no run for a proof/)],
				find: 'if (copy.state === "stale") {\n\t\tjournal',
				replace: "if (published.length === 0) {\n\t\tjournal",
			},
			{
				name: "that a run has logged in is told as seen",
				tests: [whole(/has its proof from then on/)],
				find: "no session of it was seen, so that it has logged in is its own word.",
				replace: "it has logged in.",
			},
			{
				name: "a schedule that is suspended is told as one that runs",
				tests: [whole(/suspended/)],
				find: 'next: isSuspended ? "resumption" : "next-run"',
				replace: 'next: "next-run"',
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/await-pods.ts",
		["test/unit/steps/next-run.test.ts"],
		[
			{
				name: "what its next run will read is delivered",
				tests: [whole(/nothing else is claimed/)],
				find: "delivered: false, awaits: next",
				replace: "delivered: true, awaits: next",
			},
			{
				name: "a run that goes on is told as a pod that is stale",
				tests: [whole(/does not end in time/)],
				find: 'if (mark || consumer.roll === "none") return',
				replace: "if (named) return",
			},
		],
	),
	...inFile(
		"src/lib/steps/exposure.ts",
		["test/unit/steps/next-run.test.ts"],
		[
			{
				name: "a run that will open no session is told by nobody",
				tests: [whole(/warned of in the plan/)],
				find: "if (account && rolls === 0) await warnOfRuns(ports, consumer, checks);",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/compliance/next-run.ts",
		["test/unit/steps/next-run.test.ts"],
		[
			{
				name: "a run that was looked at is taken for a proof",
				tests: [whole(/while none has begun since/)],
				find: 'if (next !== "done") return status;',
				replace: "",
			},
			{
				name: "what a run has proved is written nowhere",
				tests: [whole(/the record has its proof/)],
				find: "if (looked.some(({ delivered }, at) => delivered !== consumers[at]?.delivered))",
				replace: "if (looked.length === 0)",
			},
		],
	),
];
