import { inFile, type Tests } from "../mutant.ts";

const goesOn: Tests = "test/unit/orchestrators/compromised.test.ts";

export const compromised = [
	...inFile(
		"src/lib/steps/create-secret.ts",
		[goesOn],
		[
			{
				name: "that a value is compromised is kept nowhere",
				find: '...(input.compromised && { [tag.compromised]: "true" }),',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/compromised.ts",
		[goesOn],
		[
			{
				name: "what may not be listed keeps a delivery from being made",
				find: "if (error instanceof Fault && !error.transient) return [];",
				replace: "",
			},
			{
				name: "only what is gone on with is known to be compromised",
				find: ": await listed(store, pendingName);",
				replace: ": listed && [];",
			},
		],
	),
	...inFile(
		"src/lib/steps/plan.ts",
		[goesOn],
		[
			{
				name: "whoever goes on has not heard that it leaked",
				find: "const isCompromised = since !== undefined || saysCompromised(request);",
				replace: "const isCompromised = saysCompromised(request);",
			},
			{
				name: "another order makes one forgotten that was cut short",
				find: 'const isDone = act === "rotate" && (',
				replace: 'const isDone = act === "rotate" || (',
			},
		],
	),
	...inFile(
		"src/lib/steps/plan-delivery.ts",
		[goesOn],
		[
			{
				name: "a repeated delivery waits for the canary although it leaked",
				find: "const consumers = await deliveredTo(ports, target, isCompromised);",
				replace: "const consumers = await deliveredTo(ports, target, isCompromised && false);",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/rotate.ts",
		[goesOn],
		[
			{
				name: "how soon it was closed is counted from the run that finished it",
				find: "isOrdered ? request.requestedAt : plan.compromisedSince",
				replace: "isOrdered || plan.compromisedSince ? request.requestedAt : undefined",
			},
		],
	),
];
