import { inFile } from "../mutant.ts";

const http = (name: string) => `test/unit/http/${name}.test.ts`;
const client = "test/unit/api/client.test.ts";

export const api = [
	...inFile(
		"src/lib/http/authorization.ts",
		[http("authentication"), http("audit")],
		[
			{
				name: "anyone who may read may rotate",
				find: '"Rotation.Operate": ["Rotation.Operate"]',
				replace: '"Rotation.Operate": ["Rotation.Operate", "Rotation.Read"]',
			},
			{
				name: "anyone who may operate reads the audit log",
				find: '"Audit.Read": ["Audit.Read"]',
				replace: '"Audit.Read": ["Audit.Read", "Rotation.Operate"]',
			},
		],
	),
	...inFile(
		"src/api/operations.ts",
		[http("api")],
		[
			{
				name: "a reader may start a rotation, by the table",
				find: 'path: "/api/secrets/{name}/rotations", role: "Rotation.Operate"',
				replace: 'path: "/api/secrets/{name}/rotations", role: "Rotation.Read"',
			},
		],
	),
	...inFile(
		"src/api/bodies.ts",
		[http("api")],
		[
			{
				name: "a misspelt dry run rotates",
				find: "RotationBody = z\n\t.strictObject(",
				replace: "RotationBody = z\n\t.object(",
			},
			{
				name: "an order about a compromised key is left alone because it is not due",
				find: "force: force || body.compromised",
				replace: "force",
			},
			{ name: "a reconciliation acts unless it is told not to", find: ".default(true)", replace: ".default(false)" },
		],
	),
	...inFile(
		"src/api/queries.ts",
		[http("audit")],
		[
			{ name: "a page of the log may be as large as it likes", find: " && Number(value) <= most", replace: "" },
			{
				name: "a search of the log may end before it begins",
				find: "from !== undefined && to !== undefined && from >= to",
				replace: "false",
			},
		],
	),
	...inFile(
		"src/lib/http/body.ts",
		[http("api")],
		[
			{
				name: "of a field that is given twice the last counts",
				find: "if (colons === Object.keys(given as object).length) return",
				replace: "if (colons) return",
			},
			{ name: "any media type is read as JSON", find: 'type.trim() === "application/json" &&', replace: "" },
			{
				name: "a body may be as large as it likes",
				find: "if (expected > maxBodyBytes) throw",
				replace: "if (false) throw",
			},
			{
				name: "a name of the sender's comes back in the answer",
				find: "/^[a-zA-Z]{1,20}$/.test(key)",
				replace: "key",
			},
			{
				name: "only the first thing that is wrong with a body is said",
				find: "parsed.error.issues.flatMap(problemsIn)",
				replace: "parsed.error.issues.flatMap(problemsIn).slice(0, 1)",
			},
			{ name: "bytes that are no UTF-8 are read as some text", find: "{ fatal: true }", replace: "{}" },
			{
				name: "a body without a length is an empty one",
				find: "if (length === undefined || headers",
				replace: "if (headers",
			},
			{
				name: "a body in chunks, which the host gives nobody, is an empty one",
				find: ' || headers.has("transfer-encoding")',
				replace: "",
			},
			{
				name: "a body of no bytes is told as a part of one",
				find: "if (expected === 0) throw",
				replace: "if (false) throw",
			},
			{
				name: "a body that was cut short is an order",
				find: "if (received !== expected) throw",
				replace: "if (false) throw",
			},
			{ name: "a body in another charset is read as UTF-8", find: 'charset === "utf-8")', replace: "charset)" },
			{ name: "a compressed body is read as it is", find: 'encoding.toLowerCase() === "identity"', replace: "true" },
		],
	),
	...inFile(
		"src/lib/http/parameters.ts",
		[http("api"), http("audit")],
		[
			{
				name: "a parameter that nobody reads is passed over",
				find: "if (unknown === undefined) return;",
				replace: "return;",
			},
			{
				name: "a parameter of the sender's comes back in the answer",
				find: "/^\\w{1,40}$/.test(unknown) ?",
				replace: "unknown ?",
			},
			{
				name: "a parameter that is called __proto__ is passed over",
				find: ", ...(URL.parse(url)?.searchParams.keys() ?? [])]",
				replace: "]",
			},
			{
				name: "of a parameter that is given twice the first counts",
				find: "if (more.length > 0) throw",
				replace: "if (false) throw",
			},
		],
	),
	...inFile(
		"src/lib/http/handle.ts",
		[http("api"), http("audit")],
		[
			{ name: "anyone who is known may do anything", find: "authorize(operator, operations[id].role);", replace: "" },
			{
				name: "a secret that nobody configured is started",
				find: "secretOf(config, secret)",
				replace: "(void secretOf, config.secrets.x!)",
			},
			{
				name: "a refusal is not on the log",
				find: "await recordRefusal(trigger, name(), fault.code, fault.sentence);",
				replace: "void name;",
			},
			{
				name: "anyone who was refused the log is not on it",
				find: ' || id === "showAudit"',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/http/answer.ts",
		[http("api")],
		[
			{
				name: "an answer may be kept on its way",
				find: '"Cache-Control": "no-store",',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/http/continuation.ts",
		[http("audit")],
		[
			{
				name: "a continuation goes on with another filter",
				find: "if (parts.at(-1) !== digestOf(filter)) throw",
				replace: "if (false) throw",
			},
		],
	),
	...inFile(
		"src/lib/http/audit.ts",
		[http("audit"), http("audit-pages")],
		[
			{
				name: "anyone who reads the log is not on it",
				find: 'await audit.append({ ...note, code: "audit-read", message: readingOf(filter) });',
				replace: "void note;",
			},
			{ name: "each page of the log is a record on it", find: "if (!place) {", replace: "if (audit) {" },
			{ name: "one request reads years of the log", find: "read < mostStretches", replace: "read < 1e9" },
			{
				name: "the time that records are asked to is their last",
				find: "data.time < most)",
				replace: "data.time <= most)",
			},
		],
	),
	...inFile(
		"src/lib/http/shown.ts",
		[http("api")],
		[
			{
				name: "a rotation that failed has succeeded, for Azure's clients",
				find: 'interrupted: "Failed"',
				replace: 'interrupted: "Succeeded"',
			},
		],
	),
	...inFile(
		"src/api/client.ts",
		[client],
		[
			{ name: "a client follows a redirect with its token", find: 'redirect: "error"', replace: 'redirect: "follow"' },
			{
				name: "an answer without end fills the memory",
				find: "length > mostBytes",
				replace: "length < 0",
			},
			{
				name: "a proxy's page is taken for an answer",
				find: "response.ok && isObject(answered)",
				replace: "response.ok",
			},
			{
				name: "a name with a slash calls something else",
				find: "encodeURIComponent(String(params[name]))",
				replace: "String(params[name])",
			},
		],
	),
	...inFile(
		"src/lib/domain/secret-list.ts",
		["test/unit/domain/secret-list.test.ts"],
		[
			{
				name: "what was rotated an hour ago is due until the next sweep",
				find: "if (run?.version !== undefined && run.version !== entry?.version)",
				replace: "if (false)",
			},
			{
				name: "a dry run since the sweep hides that a rotation failed",
				find: "isRealRun(run) && run.kind",
				replace: "run.kind",
			},
			{
				name: "a page of secrets begins where the one before did",
				tests: [http("lists")],
				find: "compare(after, key) >= 0",
				replace: "compare(after, key) > 0",
			},
			{
				name: "the rows of one report are shown for ever",
				find: "if (kept?.entries === entries) return kept;",
				replace: "if (kept) return kept;",
			},
			{ name: "a retirement passes for a rotation", find: ' && run.kind !== "retire"', replace: "" },
			{
				name: "what is broken comes after what is due",
				find: "return 0;\n\tif (state",
				replace: "return 9;\n\tif (state",
			},
		],
	),
	...inFile(
		"src/lib/http/secrets.ts",
		[http("lists")],
		[
			{
				name: "a list needs the records",
				find: 'work.catch((error) => tell(problemOf(asFault(error, "http"))) as undefined)',
				replace: "work",
			},
			{
				name: "what needs a person is hidden by a filter",
				find: "needing: needingOf(all)",
				replace: "needing: needingOf(rows)",
			},
			{
				name: "an approval that is over waits for a person",
				find: ', state: "awaiting-approval" }',
				replace: ", state: undefined }",
			},
		],
	),
	...inFile(
		"src/lib/http/secret.ts",
		[http("api")],
		[
			{
				name: "a rotation that is under way is shown as cut short",
				find: "standing.cutShort && running === undefined",
				replace: "standing.cutShort",
			},
		],
	),
	...inFile(
		"src/lib/http/lists.ts",
		[http("lists")],
		[
			{
				name: "every page says what runs",
				find: "after === undefined ? rotations",
				replace: "after !== 1 ? rotations",
			},
			{
				name: "a page of a history repeats the last run of the one before",
				find: "latestFirst(shown as EndedRun, run) < 0",
				replace: "latestFirst(shown as EndedRun, run) <= 0",
			},
		],
	),
	...inFile(
		"src/lib/http/health.ts",
		[http("lists")],
		[
			{
				name: "the app's health needs the records",
				find: 'work.catch((error) => asFault(error, "http"))',
				replace: "work",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/ended-runs.ts",
		["test/contract/record-store.test.ts"],
		[
			{
				name: "the oldest run is listed first",
				find: "last - Date.parse(run.endedAt)",
				replace: "Date.parse(run.endedAt)",
			},
			{ name: "runs of before are listed too", find: "if (since && Date", replace: "if (false && Date" },
		],
	),
	...inFile(
		"src/lib/triggers/repeated.ts",
		["test/unit/triggers/repeated.test.ts"],
		[
			{
				name: "a key that is used twice is answered with another order's run",
				find: "if (!begun || begun.orderDigest === orderDigest) return begun;",
				replace: "if (orderDigest) return begun;",
			},
			{
				name: "a key is everybody's",
				find: '[id ?? "", appId ?? "", secret, key]',
				replace: "[secret, key]",
			},
		],
	),
	...inFile(
		"src/lib/http/rotations.ts",
		["test/unit/triggers/repeated.test.ts"],
		[
			{ name: "an order that is sent again is a second one", find: "if (begun) return", replace: "if (false) return" },
			{
				name: "the second of two orders with one key at one instant is told that it has started",
				find: "if (keyed && !served) await notAnothers(trigger, keyed);",
				replace: "",
			},
		],
	),
];
