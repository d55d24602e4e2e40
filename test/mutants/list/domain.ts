import { inFile } from "../mutant.ts";

const domain = (name: string) => `test/unit/domain/${name}.test.ts`;
const tampering = (names: RegExp) => ({ file: "test/integration/audit-tampering.test.ts", names });
/** Without its replays and its crashes, which are slow. */
const reconciling = {
	file: "test/unit/orchestrators/reconcile.test.ts",
	names: /^(?!.*(replayed|every effect|any effect))/,
};
const heads = [tampering(/./)];
const signatures = ["test/contract/head-signer.test.ts", tampering(/./)];

export const domains = [
	...inFile(
		"src/lib/domain/policy.ts",
		[domain("policy"), "test/unit/activities/switch.test.ts", "test/unit/activities/rotation.test.ts"],
		[
			{
				name: "a late trigger ends a rotation that was cut short",
				find: "pendingFound,\n\tsuperseded,",
				replace: "superseded,\n\tpendingFound,",
			},
			{
				name: "an obstacle stops a rotation that was cut short",
				find: "pendingPublished,\n\tpendingFound,",
				replace: "obstructed,\n\tpendingPublished,\n\tpendingFound,",
			},
			{
				name: "a pending password that the database has is not gone on with",
				find: "pending.inDatabase ||",
				replace: "",
			},
			{
				name: "a rotation that was cut short on its way back is not gone on with",
				find: "live.takenBack === pending.credentialId",
				replace: "false",
			},
			{
				name: "a pending secret of another rotation counts as published",
				find: "live.credentialId === pending.credentialId",
				replace: "live.credentialId !== undefined",
			},
			{ name: "a late trigger rotates", find: "trigger.seenVersion !== live.version", replace: "false" },
			{ name: "what an operator orders is done only when it is due", find: "!facts.trigger.force && ", replace: "" },
			{ name: "what stands in the way stops nothing", find: "=> fault && {", replace: "=> undefined && fault && {" },
			{
				name: "a secret is due only when it expires",
				find: "expires.getTime() - expiryMarginDays * day",
				replace: "expires.getTime()",
			},
			{ name: "a secret is not expired at its last second", find: "now >= expires", replace: "now > expires" },
			{ name: "a secret is not due at the very second", find: "now >= dueAt", replace: "now > dueAt" },
			{
				name: "an expiry is later than the vault's client can send",
				find: "Math.min(seconds, 2_147_483_647)",
				replace: "seconds",
			},
			{
				name: "a version expires without a margin",
				find: "(rotateEveryDays + expiryMarginDays)",
				replace: "rotateEveryDays",
			},
		],
	),
	...inFile(
		"src/lib/domain/drift.ts",
		[domain("drift")],
		[
			{ name: "a rotation that was cut short is drift", find: "goesOn,\n\tliveDeleted,", replace: "liveDeleted," },
			{
				name: "a database with the pending password has drifted",
				find: ' || database.accepts === "pending"',
				replace: "",
			},
			{
				name: "a pending secret is missed although the database never got it",
				find: ' && database.accepts === "none"\n',
				replace: "\n",
			},
			{ name: "a version of a rotation counts as made by hand", find: ' || live.origin === "rotation"', replace: "" },
			{
				name: "a secret that was never rotated has drifted although the database accepts it",
				find: 'return database.accepts === "earlier" ? new Fault("live-changed-by-hand", names) : undefined;',
				replace: 'return new Fault("live-changed-by-hand", names);',
			},
			{
				name: "a password changed in the database is no drift",
				find: "databaseRestored,\n\tdatabaseChanged,",
				replace: "databaseRestored,",
			},
			{
				name: "a restored database is no drift",
				find: "databaseRestored,\n\tdatabaseChanged,",
				replace: "databaseChanged,",
			},
			{
				name: "pods that only have to be rolled wait for a person",
				find: '=> code !== "pod-on-old-version"',
				replace: "=> code !== undefined",
			},
			{
				name: "derived secrets that somebody changed are not told",
				find: "...facts.derived.map(",
				replace: "...[].map(",
			},
		],
	),
	...inFile(
		"src/lib/domain/reconciliation.ts",
		[domain("reconciliation"), reconciling],
		[
			{
				name: "without a way in, things are changed all the same",
				find: "&& !hasWayIn(facts, restore))",
				replace: "&& false)",
			},
			{ name: "a recovery role is no way in", find: "recoveryRole !== undefined || restore", replace: "restore" },
			{
				name: "a secret that was never there is reconciled",
				find: 'if (live.state === "absent") return',
				replace: "if (false) return",
			},
			{
				name: "what has begun stops half-way, since nothing has drifted any more",
				find: "isInOrder && !begun &&",
				replace: "isInOrder &&",
			},
			{
				name: "a deleted pending secret is not brought back",
				find: 'findings.some(({ code }) => code === "pending-deleted") ?',
				replace: "false ?",
			},
			{
				name: "the plan does not name the pending secret that it puts away",
				find: 'if (hasPending && act === "adopt") {',
				replace: "if (false) {",
			},
			{
				name: "a pending secret that the database does not have is gone on with",
				find: " && cutShort(drift)",
				replace: "",
			},
			{
				name: "the plan names derived secrets that stay as they are",
				find: "if (isSame && !drift",
				replace: "if (false && !drift",
			},
		],
	),
	...inFile(
		"src/lib/domain/audit-chain.ts",
		[domain("audit-chain"), domain("audit-record")],
		[
			{
				name: "a record that was edited is one of ours",
				find: "if (hashOf(record) !== hash) return",
				replace: "if (false) return",
			},
			{
				name: "a line counts in another form than it was written in",
				find: "if (canonical(record) !== text) return",
				replace: "if (false) return",
			},
			{
				name: "a record follows any other of the number before it",
				find: " && data.prevHash === head.hash",
				replace: "",
			},
			{ name: "a record's number is not looked at", find: "data.seq === head.seq + 1 && ", replace: "" },
			{ name: "a record may stand in any blob", find: "if (blobs && file !== expected) {", replace: "if (false) {" },
			{
				name: "a record that closes a blob is not looked at",
				find: "before?.continuedIn ?? before?.file",
				replace: "before?.file",
			},
			{
				name: "a record that is there twice is said to be put in",
				find: "if (seen.has(data.hash)) return",
				replace: "if (false) return",
			},
			{
				name: "a record that was moved is said to be missing",
				find: '"data" in later && follows(later, head)',
				replace: "false",
			},
			{
				name: "a log that is read from its middle may have gaps",
				find: "if (partial && !before) {",
				replace: "if (partial) {",
			},
			{ name: "a last line without its end is not read", find: 'if (rest !== "") yield', replace: "if (false) yield" },
			{ name: "a letter that is cut in two is spoilt", find: ", { stream: true }", replace: "" },
		],
	),
	...inFile(
		"src/lib/domain/audit-record.ts",
		[domain("audit-record"), domain("audit-chain")],
		[
			{
				name: "a field that nobody knows is written on the log",
				find: "if (!Object.hasOwn(known, name)) throw",
				replace: "if (false) throw",
			},
			{ name: "a very long text is written on the log as it is", find: ".slice(0, longest)", replace: "" },
			{ name: "a text with line breaks is written on the log as it is", find: "oneLine(value)", replace: "value" },
			{
				name: "half a character is written on the log",
				find: ".slice(0, longest).toWellFormed()",
				replace: ".slice(0, longest)",
			},
			{
				name: "a step that was never begun is told as a success",
				find: 'if (code === "not-begun") return',
				replace: "if (false) return",
			},
			{
				name: "a step of which nobody knows is told as a success",
				find: 'if (code === "unknown") return',
				replace: "if (false) return",
			},
			{ name: "a fault is told as a success", find: "return failed ? {", replace: "return false ? {" },
			{
				name: "a record's hash leaves out the record before it",
				find: "const { hash: _, ...data } = record.data;",
				replace: "const { hash: _, prevHash: __, ...data } = record.data;",
			},
		],
	),
	...inFile("src/lib/domain/audit-heads.ts", heads, [
		{
			name: "a forged head counts",
			find: "if (!keys.some((each) => isSignedBy(signed, each))) {",
			replace: "if (false) {",
		},
		{ name: "a head of another log counts", find: "if (head.log !== log) {", replace: "if (false) {" },
		{
			name: "a log that was written anew is whole",
			find: "if (!record || record.hash === head.hash) continue;",
			replace: "continue;",
		},
		{ name: "a log that was cut off at its end is whole", find: "latest.head.seq > chain.head.seq", replace: "false" },
		{
			name: "other logs' heads in a shared store are flaws",
			find: "!shared || !signed || signed.head.log === log",
			replace: "log !== null",
		},
	]),
	...inFile("src/lib/domain/signed-head.ts", signatures, [
		{
			name: "the protected header of a signed head is not looked at",
			find: "header !== protectedHeader || ",
			replace: "",
		},
		{ name: "a signed head may bring a payload of its own", find: 'payload !== "" || ', replace: "" },
		{
			name: "a key on another curve may sign",
			find: 'if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") return false;',
			replace: "",
		},
		{ name: "a signature is not looked at", find: "return verify(", replace: "return true || verify(" },
		{
			name: "a signature does not cover the time",
			find: "const { log, seq, hash, time } = head ?? {};",
			replace: 'const { log, seq, hash } = head ?? {}; const time = head?.time && "2026-01-01T00:00:00.000Z";',
		},
	]),
	...inFile(
		"src/lib/domain/password.ts",
		[domain("password")],
		[
			{
				name: "a password in a template string is its text",
				find: "toString(): string {",
				replace: "toString(): string {\n\t\tif (this.#text) return this.#text;",
			},
			{
				name: "a password in JSON is its text",
				find: "toJSON(): string {",
				replace: "toJSON(): string {\n\t\tif (this.#text) return this.#text;",
			},
			{
				name: "a password on the console is its text",
				find: '[Symbol.for("nodejs.util.inspect.custom")](): string {',
				replace: '[Symbol.for("nodejs.util.inspect.custom")](): string {\n\t\tif (this.#text) return this.#text;',
			},
			{ name: "half of the symbols are never drawn", find: "byte & 63", replace: "byte & 31" },
			{ name: "a new password is half as long", find: "random(32)", replace: "random(16)" },
		],
	),
	...inFile(
		"src/lib/domain/render.ts",
		[domain("render")],
		[
			{
				name: "a derived secret's parts are not encoded",
				find: "return encodeURIComponent(value",
				replace: "return String(value",
			},
		],
	),
	...inFile(
		"src/lib/domain/verifier.ts",
		[domain("verifier")],
		[
			{
				name: "a password that SASLprep would change gets a verifier",
				find: 'throw new Fault("password-not-ascii", { secret });',
				replace: "{}",
			},
			{
				name: "a verifier has another number of rounds than it says",
				find: "pbkdf2Sync(text, salt, iterations,",
				replace: "pbkdf2Sync(text, salt, iterations + 1,",
			},
			{ name: "a verifier's two keys are one", find: '"Server Key"', replace: '"Client Key"' },
			{ name: "every verifier has the same salt", find: "randomBytes(16)", replace: "Buffer.alloc(16)" },
		],
	),
	...inFile(
		"src/lib/domain/fault.ts",
		[domain("fault"), domain("line")],
		[
			{ name: "a fault's message may have line breaks", find: "super(oneLine(", replace: "super(String(" },
			{
				name: "a name that every object has is a code",
				find: "Object.hasOwn(kinds, found)",
				replace: "found in kinds",
			},
		],
	),
	...inFile(
		"src/lib/domain/line.ts",
		[domain("line")],
		[
			{
				name: "a text may turn the reading direction of its line",
				find: "\\p{Zl}\\p{Zp}\\p{Bidi_Control}]",
				replace: "\\p{Zl}\\p{Zp}]",
			},
			{ name: "a text may have Unicode's own line breaks", find: "[\\p{Cc}\\p{Zl}\\p{Zp}", replace: "[\\p{Cc}" },
		],
	),
	...inFile(
		"src/lib/domain/notice.ts",
		[domain("notice")],
		[
			{
				name: "a name adds a line to the app's log",
				find: "return oneLine(JSON.stringify({ event, ...fields }));",
				replace: "return JSON.stringify({ event, ...fields });",
			},
			{
				name: "a notice does not begin with its event",
				find: "JSON.stringify({ event, ...fields })",
				replace: "JSON.stringify({ ...fields, event })",
			},
		],
	),
	...inFile(
		"src/lib/domain/open-intents.ts",
		[domain("open-intents")],
		[
			{ name: "a step that was done before is told as recovered", find: "> intent.seq ?", replace: ">= 0 ?" },
			{ name: "a step that failed is told as recovered", find: "if (data.status_id === 1) done", replace: "done" },
			{ name: "another workload's step is told as one's own", find: ', cluster ?? "", workload ?? ""]', replace: "]" },
			{
				name: "a step that another attempt ended is closed",
				find: "canonical([rotationId, step, attempt, secretName])",
				replace: "canonical([rotationId, step, secretName])",
			},
		],
	),
	...inFile(
		"src/lib/domain/rotation.ts",
		[domain("rotation"), "test/unit/triggers/event.test.ts", "test/unit/triggers/rotations.test.ts"],
		[
			{ name: "a late event that runs swallows the one that counts", find: '"seenVersion", ', replace: "" },
			{ name: "a dry run that runs swallows a rotation", find: "!running.dryRun && (status", replace: "(status" },
			{
				name: "one that only plans swallows a rotation",
				find: "(status?.steps.length ?? 0) > 1",
				replace: "running !== undefined",
			},
			{ name: "a delivery that runs swallows a rotation", find: 'running.kind === "rotate" && ', replace: "" },
			{
				name: "a status is too large for durable storage",
				find: "const mostStatusCharacters = 7_500;",
				replace: "const mostStatusCharacters = 75_000;",
			},
			{ name: "any text is the id of a rotation", find: "\\.[0-9a-f-]{36}$/", replace: "\\..*$/" },
			{
				name: "a delivery that failed hides behind what was skipped since",
				find: ' || outcome === "published-not-delivered"',
				replace: "",
				tests: ["test/contract/record-store.test.ts"],
			},
		],
	),
];
