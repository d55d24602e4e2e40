// The path workload-identity, and the sessions that it asks for.

import { inFile } from "../mutant.ts";

const delivering = (names: RegExp) => ({ file: "test/contract/workload-identity.test.ts", names });
const steps = "test/unit/steps/proved-by.test.ts";

export const workloadIdentity = [
	...inFile(
		"src/lib/paths/workload-identity/delivery.ts",
		["test/contract/workload-identity.test.ts"],
		[
			{
				name: "whatever is newest in the vault is the published version",
				tests: [delivering(/the vault is the copy/)],
				find: "latest.secret.version !== version",
				replace: "false",
			},
			{
				name: "a version that was published by hand proves every new pod",
				tests: [delivering(/by nothing while the vault has another newest version/)],
				find: '(copy.state === "stale" ? copy.waitingFor : undefined) ??',
				replace: "",
			},
			{
				name: "a proof by the start is told as one by a session",
				tests: [delivering(/by its start alone/)],
				find: '...(seen ? { provedBy: "session" } :',
				replace: '...(seen || isNew ? { provedBy: "session" } :',
			},
			{
				name: "a session proves a pod that started too early",
				tests: [delivering(/never by a session where its container started too early/)],
				find: "isNew ? undefined : unread(pod)",
				replace: "isNew || seen ? undefined : unread(pod)",
			},
			{
				name: "an identity that nobody chose is found when the pods fail",
				tests: [delivering(/that names no identity/)],
				find: "if (lacking) return lacking;",
				replace: "void lacking;",
			},
			{
				name: "a pinned version is found by nobody",
				tests: [delivering(/names the secret with its version/)],
				find: "if (pinned) return",
				replace: "if (false) return",
			},
			{
				name: "a copy in a Secret is left as it is",
				tests: [delivering(/the live value in a Secret or in the template/)],
				find: "return elsewhere(consumer, sources, [], wanted, secretFinder(client));",
				replace: "return undefined;",
			},
		],
	),
	...inFile(
		"src/lib/paths/sessions.ts",
		["test/contract/workload-identity.test.ts"],
		[
			{
				name: "any pod's session proves each of them",
				tests: [delivering(/another pod's session/)],
				find: "seen.filter(({ application }) => application === name)",
				replace: 'seen.filter(({ application }) => application !== name || name !== "")',
			},
			{
				name: "a session of the pod before it, of the same name, proves a pod",
				tests: [delivering(/a session of the pod before it/)],
				find: "Math.max(published, Date.parse(startedAt) - clocksMs)",
				replace: "published",
			},
			{
				name: "a session from before the publication proves a pod that has just started",
				tests: [delivering(/from before the publication, however near/)],
				find: "Math.max(published, Date.parse(startedAt) - clocksMs)",
				replace: "Date.parse(startedAt) - clocksMs",
			},
			{
				name: "a session whose start the server does not tell proves a pod",
				tests: [delivering(/does not tell the start/)],
				find: "since !== undefined && Date.parse(since) >= from",
				replace: "since === undefined || Date.parse(since) >= from",
			},
		],
	),
	...inFile(
		"src/lib/paths/workload-identity/template.ts",
		["test/contract/workload-identity.test.ts"],
		[
			{
				name: "any value of the label is good enough",
				tests: [delivering(/without the label/)],
				find: '!== "true"',
				replace: "=== undefined",
			},
			{
				name: "a secret is pinned by another one whose name ends alike",
				tests: [delivering(/names the secret with its version/)],
				find: "(?<![\\\\w-])",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/deliver.ts",
		[steps],
		[
			{
				name: "a proof by start times alone is recorded as any other",
				find: "pods.some(({ provedBy }) => provedBy === by)",
				replace: 'by !== "start" && pods.some(({ provedBy }) => provedBy === by)',
			},
			{
				name: "an age that nobody tells is none",
				find: "...(ageMs !== undefined && { since: new Date(now - ageMs).toISOString() }),",
				replace: "since: new Date(now - (ageMs ?? 0)).toISOString(),",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/sessions.ts",
		[{ file: "test/contract/pair.test.ts", names: /own sessions are told to itself/ }],
		[
			{
				name: "a parallel worker passes for a login",
				tests: [{ file: "test/contract/pair.test.ts", names: /no sessions of its own/ }],
				find: "AND own.backend_type OPERATOR(pg_catalog.=) 'client backend'",
				replace: "",
			},
			{
				name: "the session that asks is one of those",
				find: "AND own.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/database.ts",
		[{ file: "test/contract/pair.test.ts", names: /own sessions are told to itself/ }],
		[
			{
				name: "a role that acts as its owner is not told when its sessions began",
				find: "await using connection = await openConnection(options, credential);\n\t\t\treturn await ownSessions",
				replace: "await using connection = await logIn(options, credential);\n\t\t\treturn await ownSessions",
			},
		],
	),
];
