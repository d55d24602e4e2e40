import { inFile } from "../mutant.ts";

const cli = (name: string) => `test/unit/cli/${name}.test.ts`;
const at = (name: string) => `src/cli/rotator/${name}.ts`;

export const rotator = [
	...inFile(
		"src/cli/rotator/table.ts",
		["test/unit/cli/hostile-answers.test.ts"],
		[
			{
				name: "what the app answers steers the terminal, beside a name",
				find: "paint(plain(value))",
				replace: 'paint(value ?? "")',
			},
		],
	),
	...inFile(
		"src/cli/rotator/understood.ts",
		["test/unit/cli/commands.test.ts"],
		[
			{
				name: "an empty answer is taken for an order that has begun",
				find: "if (read?.success || read?.error.issues.every(isNewWord)) return answer;",
				replace: "if (read) return answer;",
			},
			{
				name: "the command understands no app that has a new word",
				find: 'return typeof issue.input === "string" && issue.values',
				replace: "return issue.input === undefined && issue.values",
			},
		],
	),
	...inFile(
		at("parse"),
		[cli("parse")],
		[
			{
				name: "of an option that is given twice the last counts",
				find: "if (seen.has(token.name)) throw",
				replace: "if (false) throw",
			},
			{
				name: "an argument too many is passed over",
				find: "if (positionals.length > takes.length)",
				replace: "if (false)",
			},
			{
				name: "a value that is none of the choices is taken",
				find: "if (choices && !choices.includes(value as string))",
				replace: "if (false)",
			},
		],
	),
	...inFile(
		at("confirm"),
		[cli("confirm")],
		[
			{
				name: "where there is no terminal it asks nobody and goes on waiting",
				find: "if (isLive(stdin, env) && isLive(stderr, env)) return;",
				replace: "if (stdin && isLive(stderr, env) !== undefined) return;",
			},
			{
				name: "any name confirms what is dangerous",
				find: "if (confirm === secret) return true;",
				replace: "if (confirm !== undefined) return true;",
			},
			{
				name: "anything that is typed confirms what is dangerous",
				find: "return answer.trim() === secret || nothingDone(around);",
				replace: 'return answer.trim() !== "" || nothingDone(around);',
			},
			{
				name: "a mere Enter is a yes",
				find: "/^y(es)?$/i.test(answer.trim())",
				replace: "/^(y(es)?)?$/i.test(answer.trim())",
			},
		],
	),
	...inFile(
		at("commands/rotate"),
		[cli("confirm")],
		[
			{
				name: "a leaked value is replaced after a mere y",
				find: "force || compromised ||",
				replace: "force ||",
			},
		],
	),
	...inFile(
		at("commands/rollback"),
		[cli("commands")],
		[
			{
				name: "a rollback replaces whatever is live by now",
				find: "version: found.previousVersion",
				replace: "version: undefined",
			},
		],
	),
	...inFile(
		at("order"),
		[cli("commands")],
		[
			{
				name: "an order that is given again is a second one",
				find: "return await call(id, keyed, stop.signal);",
				replace: "return await call(id, { ...keyed, idempotencyKey: crypto.randomUUID() }, stop.signal);",
			},
			{
				name: "an order that is refused is given again",
				find: "!mayPass(error)) throw error;",
				replace: "false) throw error;",
			},
		],
	),
	...inFile(
		at("exits"),
		[cli("exits")],
		[
			{
				name: "a token that is refused is no matter of signing in",
				find: "status === 401 || status === 403",
				replace: "status === 403",
			},
		],
	),
	...inFile(
		at("connect"),
		[cli("connect")],
		[
			{
				name: "a token is sent in the clear",
				find: 'if (url.protocol === "http:" && !isHere(url.hostname))',
				replace: "if (false)",
			},
			{
				name: "a host that begins like this machine's address is this machine",
				find: "127(\\.\\d+){3}|\\[::1\\])$/",
				replace: "127(\\.\\d+){3}|\\[::1\\])/",
			},
		],
	),
	...inFile(
		at("sign-in/command-line"),
		[cli("sign-in")],
		[
			{ name: "az gets to see our token", find: "env: rest, timeout", replace: "env, timeout" },
			{
				name: "an az in the working folder is run",
				find: "if (!isAbsolute(folder)) continue;",
				replace: "",
			},
			{
				name: "where az is refused somebody else's token is taken",
				find: "if (refused) throw refused;",
				replace: "if (refused) return undefined;",
			},
		],
	),
	...inFile(
		at("sign-in/token"),
		[cli("sign-in")],
		[
			{
				name: "a token is used until it has expired",
				find: "> earlyMs;",
				replace: "> 0;",
			},
		],
	),
	...inFile(
		at("watch/follow"),
		[cli("watch")],
		[
			{
				name: "a busy app is asked again at once",
				find: "error instanceof ApiProblem ? (error.retryAfter ?? 0) : 0",
				replace: "0",
			},
			{ name: "a lost packet ends a watch", find: "if (!mayPass(error)) throw error;", replace: "throw error;" },
			{
				name: "an app that is gone is asked for ever",
				find: "if (around.now().getTime() - cutSince >= patienceMs) throw error;",
				replace: "if (failures > 50) throw error;",
			},
		],
	),
	...inFile(
		at("terminal"),
		[cli("rendering"), cli("terminal")],
		[
			{
				name: "a name steers the operator's terminal",
				find: '(value === undefined ? "" : oneLine(String(value)))',
				replace: '(value === undefined ? "" : String(value))',
			},
			{
				name: "a CI job's log is full of escape sequences",
				find: " && !isSet(env.CI)",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/domain/csv-cell.ts",
		[cli("rendering")],
		[
			{
				name: "behind a semicolon a formula stays one",
				find: "(^|;)",
				replace: "(^)",
			},
		],
	),
	...inFile(
		at("csv"),
		[cli("rendering")],
		[
			{
				name: "a secret's name is a formula on an auditor's machine",
				find: "quoted(plain(noFormula(text)))",
				replace: "quoted(plain(text))",
			},
		],
	),
];
