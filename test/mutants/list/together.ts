// Consumers that wait for one another: the first one before the others.

import { inFile } from "../mutant.ts";

const canary = "test/unit/orchestrators/canary.test.ts";

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
				find: "isCompromised(request) ? atOnce(secret.consumers) : secret.consumers",
				replace: "secret.consumers",
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
];
