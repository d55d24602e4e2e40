// Deliveries that wait for one another: a consumer for the first one, a secret's roll for another's.

import { inFile } from "../mutant.ts";

const canary = "test/unit/orchestrators/canary.test.ts";
const both = "test/unit/orchestrators/together.test.ts";

export const together = [
	...inFile(
		"src/lib/orchestrators/deliver-all.ts",
		[canary],
		[
			{
				name: "a child's id follows the order in which they begin",
				find: "id: deliveryIdOf(ids.rotationId, before * consumers.length + index),",
				replace: "id: deliveryIdOf(ids.rotationId, before * consumers.length + (consumer.canary ? 0 : index + 1)),",
			},
			{
				name: "consumers get a version that the canary has not proved",
				find: "=> ended.get(consumer)?.delivered === false);",
				replace: "=> false && consumer);",
			},
			{
				name: "that a consumer was held back is not on the audit log",
				find: 'yield* attempted(step(durable, "note", { rotationId, secret, actor, credentialId, ...entry }));',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/urgent.ts",
		[canary],
		[
			{
				name: "a canary is waited for although the value is compromised",
				find: "if (isCompromised) return atOnce(consumers);",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/reconcile.ts",
		[canary],
		[
			{
				name: "a reconciliation waits for a canary",
				find: "atOnce(secret.consumers)",
				replace: "secret.consumers",
			},
		],
	),
	...inFile(
		"src/lib/domain/rotation.ts",
		[canary],
		[
			{
				name: "a run says of itself that its canary failed, and not why",
				find: 'problems.find(({ code }) => code !== "canary-failed") ?? problems[0]',
				replace: "problems[0]",
			},
		],
	),
	...inFile(
		"src/lib/config/consistency.ts",
		["test/unit/config/configuration.test.ts"],
		[
			{
				name: "a canary is taken where the value before opens nothing any more",
				find: "if (roles === undefined && fallbacks === undefined)",
				replace: "if (false)",
			},
			{
				name: "a canary is taken that proves nothing before the others are begun",
				find: "if (waits >= 0)",
				replace: "if (false)",
			},
		],
	),
	...inFile(
		"src/lib/adapters/durable/rotations.ts",
		["test/unit/triggers/rotations.test.ts"],
		[
			{
				name: "a delivery that is over is shown as under way",
				find: "if (!isUnderWay(consumer)) return consumer;",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/together.ts",
		[both],
		[
			{
				name: "a roll is waited for although the value before opens nothing any more",
				find: "(account && !takesTurns(account) ? 0 : usualSeconds)",
				replace: "usualSeconds",
			},
			{
				name: "what fails is waited for",
				find: "isUnderWay(own) && !own.retrying",
				replace: "true",
			},
			{
				name: "who cannot be asked keeps the others from rolling",
				find: ".catch(() => undefined)",
				replace: "",
			},
			{
				name: "a dry run is waited for",
				find: 'outcome !== undefined || dryRun || kind === "retire"',
				replace: 'outcome !== undefined || kind === "retire"',
			},
			{
				name: "what has not published yet is not waited for",
				find: 'if (!consumers) return "copy";',
				replace: "if (!consumers) return undefined;",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/await-others.ts",
		[both],
		[
			{
				name: "other secrets are waited for without end",
				find: " || waited >= most",
				replace: "",
			},
			{
				name: "nobody is waited for",
				find: "onTheirWay.length === 0",
				replace: "onTheirWay.length >= 0",
			},
			{
				name: "a delivery fails because nobody can tell of the others",
				find: "if (!(error instanceof StepFailed)) throw error;",
				replace: "throw error;",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/await-copy.ts",
		[both],
		[
			{
				name: "each change of the copy has the others waited for anew",
				find: "...(readySince !== undefined && { readySince }),",
				replace: "",
			},
			{
				name: "a roll of the delivery's own is taken for another secret's once more",
				find: "...(isFirstRound({ round }) && { copyCurrentSince, ready }),",
				replace: "copyCurrentSince, ready,",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/await-pods.ts",
		[both],
		[
			{
				name: "another secret's roll that fails is the end",
				find: 'if (rollout.state === "failed" && isOthers(at) && mayRoll(at)) return again(durable, over(), at);',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/deliver-consumer.ts",
		[both],
		[
			{
				name: "nobody sees that a delivery is ready",
				find: 'stage: "ready" };',
				replace: 'stage: "copy" };',
			},
		],
	),
	...inFile(
		"src/lib/steps/deliver.ts",
		[both],
		[
			{
				name: "each secret of a workload rolls it",
				find: 'const others = await workloads.roll(journal.intent("roll"), input.consumer, mark, instead);',
				replace: 'const others = await workloads.roll(journal.intent("roll"), input.consumer, mark);',
			},
			{
				name: "the next delivery does not know of a roll that was another secret's",
				find: "[...copyNew, { since }]",
				replace: "[{ since }]",
			},
		],
	),
	...inFile(
		"src/lib/kinds/workloads.ts",
		[{ file: "test/contract/workloads.test.ts", names: /kind Deployment .*(same moment|does not do)/ }],
		[
			{
				name: "of two rolls at the same moment neither sees the other",
				find: "await kind.roll(client, ref, mark, workload);",
				replace: "await kind.roll(client, ref, mark, { metadata: {} });",
			},
		],
	),
	...inFile(
		"src/lib/kinds/mark.ts",
		["test/unit/kinds/mark.test.ts"],
		[
			{
				name: "another secret's roll from before the copy was new does as well",
				find: "made >= Date.parse(since)",
				replace: "made >= 0",
			},
		],
	),
	...inFile(
		"src/lib/domain/exposure.ts",
		["test/unit/domain/exposure.test.ts"],
		[
			{
				name: "the wait for other secrets is no part of the exposure",
				find: "stepsSeconds + together",
				replace: "stepsSeconds",
			},
		],
	),
];
