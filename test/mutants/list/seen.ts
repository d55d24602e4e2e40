// What is told of a rotation while it goes: Events on workloads, alerts, telemetry.

import { inFile } from "../mutant.ts";

const watching = "test/integration/telemetry/otlp.test.ts";
const writing = "test/unit/steps/write-event.test.ts";

export const seen = [
	...inFile(
		"src/lib/steps/write-event.ts",
		[writing],
		[
			{
				name: "a delivery waits for a cluster that does not take an Event",
				find: "await Promise.race([written(ports, input), late]);",
				replace: "await written(ports, input);",
			},
			{
				name: "an Event that is refused fails its step",
				find: '		return { code: "event-lost" };',
				replace: "		throw error;",
			},
		],
	),
	...inFile(
		"src/lib/domain/workload-event.ts",
		["test/unit/domain/workload-event.test.ts"],
		[
			{
				name: "an Event that is written again is another one",
				find: "[rotationId, workload.cluster,",
				replace: "[rotationId, at, workload.cluster,",
			},
			{
				name: "an Event has the whole id of a version",
				find: "version.slice(0, 8)",
				replace: "version",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/deliver-consumer.ts",
		[writing],
		[
			{
				name: "each new history of a long delivery says that it begins",
				find: 'if (input.wait.phase === "start" && isFirstRound(input.wait))',
				replace: "if (isFirstRound(input.wait))",
			},
			{
				name: "Events are written without being asked for",
				find: "if (!input.consumer.events) return;",
				replace: "",
			},
			{
				name: "an Event that is lost ends the delivery",
				find: 'yield* attempted(step(durable, "writeEvent", { ...forConsumer(input), delivery, happening }));',
				replace:
					'const told = yield* step(durable, "writeEvent", { ...forConsumer(input), delivery, happening });\n	if (told.code === "event-lost") throw new StepFailed("writeEvent", problemOf(new Fault("internal-error", { step: "a", kind: "b" })), true);',
			},
		],
	),
	...inFile(
		"infra/modules/rotator/readers.kql",
		["test/unit/infra/readers.test.ts"],
		[
			{
				name: "whose read the log does not tell is known",
				find: "| summarize",
				replace: "| where isnotempty(reader)\n| summarize",
			},
			{
				name: "a backup is no read",
				find: 'operation in ("SecretGet", "SecretBackup")',
				replace: 'operation == "SecretGet"',
			},
		],
	),
	...inFile(
		"infra/modules/rotator/alerts/rotation-long.kql",
		["test/unit/infra/alerts.test.ts"],
		[
			{
				name: "what was tried again long ago is said to be tried again",
				find: " and At > ago(10m)",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/otlp/telemetry.ts",
		[watching],
		[
			{
				name: "a collector that hangs is waited for after each activity",
				find: "if (last.has(name)) await flushedInTime();",
				replace: 'if (name !== "") await flushedInTime();',
			},
			{
				name: "a collector that hangs is waited for again and again",
				find: "vainUntil = Date.now() + pauseAfterVainMs;",
				replace: "vainUntil = 0;",
			},
			{
				name: "activities are traces of their own",
				find: "const contextOf = ({ rotationId }: Ids): Context =>\n	rotationId === undefined",
				replace: "const contextOf = ({ rotationId }: Ids): Context =>\n	rotationId !== undefined",
				tests: [{ file: watching, names: /one trace/ }],
			},
			{
				name: "metrics are split by secret",
				find: "{ request, outcome, code, strategy: of }",
				replace: "{ request, outcome, code, secret, strategy: of }",
			},
		],
	),
	...inFile(
		"src/lib/domain/trace.ts",
		["test/unit/domain/trace.test.ts"],
		[
			{
				name: "a metric is split by whatever stands second in an effect",
				find: 'verbs.includes(verb) ? verb : "other"',
				replace: "verb",
			},
		],
	),
	...inFile(
		"src/lib/telemetry.ts",
		[watching],
		[
			{
				name: "an SDK that cannot be loaded ends activities",
				find: "load().catch(() => silent)",
				replace: "load()",
			},
			{
				name: "the SDK is loaded without an endpoint",
				find: "if (given.data === undefined) return silent;",
				replace: "",
			},
		],
	),
];
