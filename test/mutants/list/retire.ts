import { inFile, type Tests } from "../mutant.ts";

const file = "test/unit/orchestrators/retire.test.ts";
/** Without what is tried at every effect, which is slow. */
const retiring: Tests = { file, names: /^(?!.*wherever the process dies)/ };
const revoking: Tests = { file: "test/unit/orchestrators/revoke.test.ts", names: /^(?!.*wherever the process dies)/ };
const sessions: Tests = { file: "test/contract/sessions.test.ts", names: /PostgreSQL/ };
const swept: Tests = "test/unit/compliance/retirement.test.ts";

export const retirement = [
	...inFile(
		"src/lib/steps/retirable.ts",
		[retiring, swept],
		[
			{
				name: "a value is retired within the rollback window",
				find: "isNew &&",
				replace: "false &&",
			},
			{
				name: "a version that somebody disabled keeps its value from being retired",
				find: "return !isRetired || run?.version !== live;",
				replace: "return false;",
			},
			{
				name: "what was retired is retired again at each sweep",
				find: "return !isRetired || run?.version !== live;",
				replace: "return true;",
			},
			{
				name: "sessions of the role are no reason to wait",
				find: "(await inUse(session, server, role)) ?? ",
				replace: "",
			},
			{
				name: "a role that an administrator took LOGIN from is retired",
				find: "?? session.refusal(role, [])",
				replace: "?? undefined",
			},
			{
				name: "what was changed by hand is no reason to wait",
				find: "driftIn(facts).map(problemOf)[0] ?? problem",
				replace: "problem",
			},
		],
	),
	...inFile(
		"src/lib/steps/retire.ts",
		[retiring],
		[
			{
				name: "nobody holds the lock of the two while one is retired",
				find: "await session.lock();",
				replace: "",
			},
			{
				name: "a live version that is another one by the second look is no reason to stop",
				find: "if (found.live !== input.version || found.role !== input.role) return",
				replace: "if (false) return",
			},
			{
				name: "a pending value of the role is no reason to stop",
				find: 'if (pending.state === "present" && roleIn(content, pending.value) === of.role) return false;',
				replace: "",
			},
			{
				name: "a lock that was lost is not noticed",
				find: 'if (!(await session.holdsLock())) throw new Fault("role-lock-lost", { server: of.server, role: of.role });',
				replace: "",
			},
			{
				name: "the password stays",
				find: "await session.setUnknown(intent, found.role);",
				replace: "",
			},
			{
				name: "a live version that names the role by then does not get it back",
				find: 'if (live.state === "present" && roleIn(content, live.value) === role) await session.set(intent, live.value);',
				replace: "",
			},
			{
				name: "what is retired is not tried",
				find: "if (before && (await accepts(before))) throw",
				replace: "if (false) throw",
			},
			{
				name: "the versions stay enabled",
				find: "for (const { version } of earlier) await store.disable(intent, name, version);",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/retire.ts",
		[retiring],
		[
			{
				name: "the wait gives way to nobody",
				find: "return durable.now() >= until;",
				replace: "return true;",
			},
			{
				name: "there is no time between the two looks",
				find: "durable.now().getTime() + seconds * 1000",
				replace: "durable.now().getTime()",
			},
			{
				name: "nobody is told that it gives way",
				find: "progress.know({ givesWay: true });",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/retirable.ts",
		[revoking],
		[
			{
				name: "what is compromised has a grace where it was not delivered at once",
				find: " && (await compromisedSince(ports, target, credentialOf(live))) === undefined",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/revoke.ts",
		[revoking],
		[
			{
				name: "of two roles, pods that have not got the other one's are locked out",
				find: "return undelivered ? {",
				replace: "return false ? {",
			},
			{
				name: "sessions are ended although the value is still accepted",
				find: "await opensNothing(ports, target, { server, role, live: live.value, before });",
				replace: "",
			},
			{
				name: "sessions that began with the new password are ended",
				find: "await session.endSessions(intent, role, cutoff)",
				replace: "await session.endSessions(intent, role)",
			},
			{
				name: "of two roles, no session is ended",
				find: "const sessions = await session.endSessions(intent, role);",
				replace: "const sessions = { ended: 0, left: { count: 0, some: [] } };",
			},
			{
				name: "the version that some pod still needs is disabled",
				find: "before && !undelivered ?",
				replace: "before ?",
			},
			{
				name: "nobody is told whose sessions are left",
				find: "const problem = count > 0 &&",
				replace: "const problem = count < 0 &&",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/revoke.ts",
		[revoking],
		[
			{
				name: "what is left is called closed",
				find: "if (end.left) return end;",
				replace: "",
			},
			{
				name: "what cannot be ended ends the rotation",
				find: "return { endedSessions: 0, versions: [], left: error.problem };",
				replace: "throw error;",
			},
		],
	),
	...inFile(
		"src/lib/steps/compromised.ts",
		[revoking],
		[
			{
				name: "every forced rotation ends sessions",
				find: 'request.kind === "rotate" && request.compromised === true;',
				replace: 'request.kind === "rotate" && request.force;',
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/sessions.ts",
		[sessions],
		[
			{
				name: "a session of which nobody tells when it began is spared",
				find: "::pg_catalog.float8), true)",
				replace: "::pg_catalog.float8), $2::pg_catalog.float8 IS NULL)",
			},
			{
				name: "the rotator ends its own session",
				find: "activity.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()",
				replace: "activity.pid OPERATOR(pg_catalog.<>) 0",
			},
			{
				name: "a session that may not be ended is an error",
				find: "pg_catalog.pg_has_role(activity.usesysid, 'USAGE')",
				replace: "true",
			},
		],
	),
	...inFile(
		"src/lib/compliance/judge.ts",
		[swept],
		[
			{
				name: "nothing is ever retired",
				find: "isWhole ? await retirementOf(trigger.ports, id) : undefined",
				replace: "undefined",
			},
			{
				name: "what has drifted is retired",
				find: "entry.problem === undefined && seen.drift.length === 0",
				replace: "true",
			},
			{
				name: "nobody is told what keeps it from being retired",
				find: "...(retirement && { unretired: retirement })",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/durable/rotations.ts",
		[swept],
		[
			{
				name: "what gives way is not told that somebody asks for something else",
				find: "if (status.givesWay) await",
				replace: "if (false) await",
			},
		],
	),
	...inFile(
		"src/lib/domain/requests/deliver.ts",
		["test/unit/domain/serves.test.ts"],
		[
			{
				name: "a retirement answers an order to deliver",
				find: ' && request.kind !== "retire"',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/domain/rotation.ts",
		[swept],
		[
			{
				name: "a retirement counts as a delivery",
				find: 'kind !== "retire" && ',
				replace: "",
			},
		],
	),
];
