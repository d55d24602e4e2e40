import { inFile } from "../mutant.ts";

const domain = (name: string) => `test/unit/domain/${name}.test.ts`;
const tampering = (names: RegExp) => ({ file: "test/integration/audit-tampering.test.ts", names });
/** Without its replays and its crashes, which are slow. */
const reconciling = {
	file: "test/unit/orchestrators/reconcile.test.ts",
	names: /^(?!.*(replayed|every effect|any effect))/,
};
const heads = [tampering(/./)];
const signatures = [domain("signed-head"), "test/contract/head-signer.test.ts", tampering(/./)];

const intruder = "test/integration/audit-intruder.test.ts";
const intruding = (names: RegExp) => ({ file: intruder, names });

export const domains = [
	...inFile(
		"src/lib/domain/health.ts",
		[domain("health")],
		[
			{
				name: "an earlier version that was not delivered counts for the live one",
				find: " && lastDelivery.version === version)",
				replace: ")",
			},
			{
				name: "drift is told although a run has proved since that all agree",
				find: 'if (cause && !(lastRun && settles(lastRun, drift?.seenAt ?? "")))',
				replace: "if (cause)",
			},
			{ name: "a failed run hides drift", find: 'outcome === "completed" && endedAt', replace: "endedAt" },
			{ name: "a compensated run is healthy", find: '"compensated", "interrupted"]);', replace: '"interrupted"]);' },
		],
	),
	...inFile(
		"src/lib/domain/gap.ts",
		[domain("gap"), "test/unit/steps/open-switch.test.ts"],
		[
			{ name: "only the last try's gap is told", find: "ms = (ms ?? 0) + Math.max", replace: "ms = Math.max" },
			{ name: "a gap that is open begins anew", find: "openSince ??= at;", replace: "openSince = at;" },
		],
	),
	...inFile(
		"src/lib/domain/expectation.ts",
		[domain("expectation")],
		[
			{ name: "a dry run is expected to deliver", find: "run.dryRun ? [] : run.consumers", replace: "run.consumers" },
			{ name: "only the copy is waited for", find: " + rolloutTimeoutSeconds", replace: "" },
			{ name: "what is over takes long for ever", find: "outcome === undefined && expectedBy", replace: "expectedBy" },
		],
	),
	...inFile(
		"src/lib/domain/rotation.ts",
		[domain("health"), "test/contract/record-store.test.ts"],
		[
			{ name: "a dry run hides the last real run", find: "outcome) && !dryRun;", replace: "outcome);" },
			{ name: "a skip hides the last real run", find: '"skipped", ', replace: "" },
		],
	),
	...inFile(
		"src/lib/domain/policy.ts",
		[domain("policy"), "test/unit/steps/switch.test.ts", "test/unit/steps/rotation.test.ts"],
		[
			{
				name: "a late trigger ends a rotation that was cut short",
				find: "!isCutShort(standing) &&\n\tlive.state",
				replace: "live.state",
			},
			{
				name: "an obstacle stops a rotation that was cut short",
				find: "pendingPublished,\n\tpendingAccepted,\n\tpendingInForce,",
				replace: "obstructed,\n\tpendingPublished,\n\tpendingAccepted,\n\tpendingInForce,",
			},
			{
				name: "a pending password that the database has is not gone on with",
				find: 'standing.state === "in-database" || standing.state',
				replace: "standing.state",
			},
			{
				name: "a rotation that was cut short on its way back is not gone on with",
				find: 'standing.state === "in-database" || standing.state === "taken-back"',
				replace: 'standing.state === "in-database"',
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
			{
				name: "a forced rotation publishes the pending password, which may have leaked",
				find: "forcedAnew,\n\tpendingPublished",
				replace: "pendingPublished",
			},
			{
				name: "a forced rotation that is impossible leaves the database with the pending password",
				find: " && obstacles.length === 0\n",
				replace: "\n",
			},
			{
				name: "a live secret that cannot be read stops a rotation whose password the database has",
				find: "pendingInForce,\n\tsuperseded,\n\tunreadable,",
				replace: "superseded,\n\tunreadable,\n\tpendingInForce,",
			},
			{
				name: "a rotation that was cut short is left until the secret is due",
				find: "!isCutShort(facts.standing) && dueState",
				replace: "dueState",
			},
		],
	),
	...inFile(
		"src/lib/domain/drift.ts",
		[domain("drift")],
		[
			{ name: "a rotation that was cut short is drift", find: "goesOn,\n\tliveDeleted,", replace: "liveDeleted," },
			{
				name: "a pending secret that was deleted is told as changed by hand",
				find: "pendingDeleted,\n\tpendingDisabled,",
				replace: "pendingDisabled,",
			},
			{
				name: "a pending secret that was disabled is told as nothing",
				find: "pendingDisabled,\n\tliveByHand,",
				replace: "liveByHand,",
			},
			{ name: "a version of a rotation counts as made by hand", find: ' || live.origin === "rotation"', replace: "" },
			{
				name: "a secret that was never rotated has drifted although the database accepts it",
				find: 'return standing.state === "database-restored" ? new Fault("live-changed-by-hand", names) : undefined;',
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
		"src/lib/domain/standing.ts",
		[domain("standing")],
		[
			{
				name: "a pending password that the database has is not gone on with while the live secret cannot be read",
				find: "\tinDatabase,\n\tunreadable,",
				replace: "\tunreadable,\n\tinDatabase,",
			},
			{
				name: "what tags say is gone on with although the database has an earlier password",
				find: "\trestored,\n\tunknown,\n\tpublished,",
				replace: "\tpublished,\n\trestored,\n\tunknown,",
			},
			{
				name: "a live version with the tags of a rotation counts as published, whatever its value",
				find: "(claim.isLive ? claim : covered)",
				replace: "(claim ?? covered)",
			},
			{
				name: "a pending secret of a rotation that is over is gone on with",
				find: "\tleftOver,\n\taccepted,",
				replace: "\taccepted,",
			},
			{
				name: "a key that is accepted and does not sign yet is not gone on with",
				find: "\taccepted,\n\ttakenBack,",
				replace: "\ttakenBack,",
			},
			{
				name: "a key that another rotation's version accepts is gone on with",
				find: 'claim?.tie === "published" && claim.isAccepted',
				replace: "claim?.isAccepted",
			},
			{
				name: "a rotation that was cut short on its way back does not bring the derived secrets back",
				find: "\ttakenBack,\n\tstored,",
				replace: "\tstored,",
			},
			{
				name: "a claim that nothing proves is what is published",
				find: "...(claim.isStored && {",
				replace: "...({",
			},
			{
				name: "a disabled pending version is told as a change by hand",
				find: 'return versions.length > 0 ? { state: "pending-disabled", versions } : {',
				replace: "return {",
			},
		],
	),
	...inFile(
		"src/lib/domain/tags.ts",
		[domain("tags")],
		[
			{
				name: "a version says that it has taken back a rotation which it has not",
				find: "return kept;",
				replace: "return found?.tags ?? {};",
			},
			{
				name: "a rotation's own version counts as one that takes back",
				find: "tags[tag.rotationId] === undefined && ",
				replace: "",
			},
			{
				name: "a pending secret of another rotation counts as published",
				find: "tags[tag.rotationId] === credentialId;",
				replace: "tags[tag.rotationId] !== undefined;",
			},
			{
				name: "a version that another one has replaced since counts as published",
				find: ' && (tags[tag.previousVersion] ?? "") === baseVersion',
				replace: "",
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
			{
				name: "a disabled pending version is no way in",
				find: 'code === "recover-pending" || code === "enable-pending"',
				replace: 'code === "recover-pending"',
			},
			{
				name: "a disabled pending version is enabled although an admin gets in",
				find: "needsPending && standing",
				replace: "needsPending !== undefined && standing",
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
				find: "if (hasPending) {",
				replace: "if (false) {",
			},
			{
				name: "a pending secret that the database does not have is gone on with",
				find: " && isCutShort(drift.standing)",
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
				find: "if (hash !== record.data.hash) return",
				replace: "if (false) return",
			},
			{
				name: "a line counts in another form than it was written in",
				find: "if (!isAsWritten) return",
				replace: "if (false) return",
			},
			{
				name: "a record follows any other of the number before it",
				find: " && data.prevHash === head.hash",
				replace: "",
			},
			{ name: "a record's number is not looked at", find: "data.seq === head.seq + 1 && ", replace: "" },
			{
				name: "a record may stand in any blob",
				find: "if (blobs && file !== expected && (",
				replace: "if (false && (",
			},
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
			{ name: "a last line without its end is not read", find: "if (length > 0) yield cut();", replace: "" },
			{
				name: "a letter that is cut in two is spoilt",
				find: "const bytes = Buffer.concat(parts);",
				replace: 'const bytes = Buffer.from(parts.map((part) => Buffer.from(part).toString()).join(""));',
			},
			{
				name: "bytes that are no UTF-8 are read as some text",
				tests: [{ file: domain("audit-chain"), names: /no UTF-8|byte order mark/ }],
				find: "{ fatal: true, ignoreBOM: true }",
				replace: "{ ignoreBOM: true }",
			},
			{
				name: "a byte order mark is no part of a line",
				tests: [{ file: domain("audit-chain"), names: /no UTF-8|byte order mark/ }],
				find: "{ fatal: true, ignoreBOM: true }",
				replace: "{ fatal: true }",
			},
			{
				name: "a record whose id is not its content's is the rotator's",
				tests: [intruding(/does not pass for it/)],
				find: "if (contentId(record) !== id) {",
				replace: "if (false) {",
			},
			{
				name: "a record may send the log anywhere",
				tests: [{ file: domain("audit-chain"), names: /where the log goes on/ }],
				find: "if (wrongLink !== undefined) {",
				replace: "if (false) {",
			},
			{
				name: "a record may send the log to a month that has not come",
				tests: [intruding(/sends the log elsewhere/)],
				find: "if (early) {",
				replace: "if (false) {",
			},
			{
				name: "a log that passed over a blob is no whole one",
				tests: [intruding(/does not end the log/)],
				find: " || !isLaterPart(file, expected))) {",
				replace: "|| true)) {",
			},
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
			find: "if (keys.some((each) => isSignedBy(signed, each))) verified++;",
			replace: "if (signed) verified++;",
		},
		{ name: "a head of another log counts", find: "if (!isSame(head.log, log)) {", replace: "if (false) {" },
		{
			name: "a log that was written anew is whole",
			find: "if (!record || record.hash === head.hash) continue;",
			replace: "continue;",
		},
		{ name: "a log that was cut off at its end is whole", find: "latest.head.seq > chain.head.seq", replace: "false" },
		{
			name: "other logs' heads in a shared store are flaws",
			find: "!shared || !signed || isSame(signed.head.log, log)",
			replace: "log !== null",
		},
		{
			name: "a head of which nobody knows the key is said to be forged",
			find: "else if (!others) {",
			replace: "else {",
		},
		{
			name: "a log whose address has a slash at its end is another one",
			tests: [domain("audit-heads"), ...heads],
			find: 'one.replace(/\\/+$/, "") === other?.replace(/\\/+$/, "")',
			replace: "one === other",
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
		"src/lib/domain/forms.ts",
		[domain("render")],
		[
			{
				name: "a derived secret's parts are not encoded",
				find: "write: (template, fill) => filled(template, (name) => encodeURIComponent(fill(name))),",
				replace: "write: filled,",
			},
			{ name: "JSON is not escaped", find: "JSON.stringify(fill(name)).slice(1, -1)", replace: "fill(name)" },
			{
				name: "an ADO.NET value's own quotation marks end it",
				find: "fill(name).replaceAll(mark, mark + mark)",
				replace: "fill(name)",
			},
			{
				name: "an ADO.NET value with a semicolon is cut off there",
				find: "if (isPlain) return whole;",
				replace: "return whole;",
			},
			{
				name: "a libpq value's quotation marks end it",
				find: 'fill(name).replace(/[\'\\\\]/g, "\\\\$&")',
				replace: "fill(name)",
				tests: ["test/integration/connection-strings.test.ts"],
			},
			{
				name: "a NAME=value line's quotation marks end it",
				find: 'if (!whole.includes("\'")) return',
				replace: "if (whole) return",
			},
			{ name: "a JDBC URL's plus is a plus", find: 'part.replaceAll("+", " ")', replace: "part" },
		],
	),
	...inFile(
		"src/lib/domain/render.ts",
		[domain("render")],
		[
			{
				name: "what is no URL is URL-encoded",
				find: "return url === undefined ? undefined",
				replace: 'return url === undefined ? "url"',
			},
			{
				name: "another role's password is taken for the secret's",
				find: "if (!found) return undefined;",
				replace: "if (!found) continue;",
			},
			{
				name: "two passwords in one value are no contradiction",
				find: "if (password !== undefined && here !== password) return undefined;",
				replace: "",
			},
			{ name: "no password is a password", find: ' || password === ""', replace: "" },
		],
	),
	...inFile(
		"src/lib/domain/keyring.ts",
		[domain("keyring")],
		[
			{
				name: "the new key signs at once",
				find: "return written({ ...keys, fallbacks: [current, ...keys.fallbacks] });",
				replace: "return written({ current, fallbacks: [keys.current, ...keys.fallbacks] });",
			},
			{
				name: "the key from before is not accepted any more",
				find: "live ? [live.current, ...kept] : []",
				replace: "kept",
			},
			{
				name: "a key is dropped when it has been replaced for long enough by its making",
				find: "if (keys.current === key || !keys.fallbacks.includes(key)) break;",
				replace: "",
			},
			{ name: "old keys are kept for ever", find: "(replacedAt(key) ?? from) > from", replace: "true" },
			{
				name: "a delivery takes no time",
				find: "now.getTime() - lifetimeMs - deliveryMs",
				replace: "now.getTime() - lifetimeMs",
			},
			{
				name: "a key from before there were fallbacks is none",
				find: "return isKey(text) ? { current: text, fallbacks: [] } : undefined;",
				replace: "return undefined;",
			},
		],
	),
	...inFile(
		"src/lib/domain/random-value.ts",
		[domain("random-value")],
		[
			{ name: "bits are characters", find: "Math.ceil(bits / 8)", replace: "Math.ceil(bits / 16)" },
			{
				name: "a class may be missing",
				find: "if (classes.every(has)) return text;",
				replace: "if (has) return text;",
			},
			{
				name: "half of the letters are never drawn",
				find: "randomInt(alphabet.length)",
				replace: "randomInt(alphabet.length >> 1)",
			},
		],
	),
	...inFile(
		"src/lib/domain/verifier.ts",
		[domain("verifier")],
		[
			{
				name: "a password that SASLprep would change gets a verifier",
				find: "if (fault) throw fault;",
				replace: "",
			},
			{
				name: "a password that some clients send in another form gets a verifier",
				find: ' && text.normalize("NFKC") === text',
				replace: "",
			},
			{
				name: "a password with what SASLprep leaves out gets a verifier",
				find: " && ![...text].some(isMapped)",
				replace: "",
			},
			{
				name: "a verifier has another number of rounds than it says",
				find: "salt, iterations,",
				replace: "salt, iterations + 1,",
			},
			{ name: "a verifier's two keys are one", find: '"Server Key"', replace: '"Client Key"' },
			{ name: "every verifier has the same salt", find: "randomBytes(16)", replace: "Buffer.alloc(16)" },
		],
	),
	...inFile(
		"src/lib/domain/fault.ts",
		[domain("fault"), domain("line")],
		[
			{
				name: "a fault's message may have line breaks",
				find: "const sentence = oneLine(",
				replace: "const sentence = String(",
			},
			{
				name: "a sentence is as long as what it names",
				find: "const mostCharacters = 2_000;",
				replace: "const mostCharacters = 2e9;",
			},
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
				find: '"\\\\p{C}\\\\p{Zl}',
				replace: '"\\\\p{Cc}\\\\p{Zl}',
			},
			{
				name: "a text may have Unicode's own line breaks",
				find: "\\\\p{C}\\\\p{Zl}\\\\p{Zp}\\\\p{Def",
				replace: "\\\\p{C}\\\\p{Def",
			},
			{
				name: "a text may have characters that nobody can see",
				find: '\\\\p{Zp}\\\\p{Default_Ignorable_Code_Point}\\\\u2800"',
				replace: '\\\\p{Zp}"',
			},
			{
				name: "marks are piled on a letter without an end",
				find: '|(?<=\\\\p{M}{6})\\\\p{M}`, "gv"',
				replace: '`, "gv"',
			},
			{
				name: "an emoji of several characters is written as escapes",
				find: "emoji ?? escaped(found)",
				replace: "escaped(found)",
			},
		],
	),
	...inFile(
		"src/lib/domain/log-blobs.ts",
		[intruder, domain("audit-chain")],
		[
			{
				name: "the log goes on in whatever blob a record names",
				tests: [intruding(/sends the log elsewhere/)],
				find: "if (!isLogName(to)) return",
				replace: "if (false) return",
			},
			{
				name: "the log may go back to a month that is over",
				tests: [intruding(/sends the log elsewhere/)],
				find: "to <= from || ",
				replace: "",
			},
			{
				name: "the log begins a month with any part of it",
				tests: [intruding(/sends the log elsewhere/)],
				find: " || /_\\d\\d\\.ndjson$/.test(to)",
				replace: "",
			},
			{
				name: "the log goes on in a month that has not come",
				tests: [intruding(/sends the log elsewhere/)],
				find: "!now || hasCome(to, now) ?",
				replace: "true ?",
			},
			{
				name: "of two writers whose clocks differ by a minute one breaks the log",
				tests: [{ file: "test/contract/audit-log.test.ts", names: /whose clock is behind/ }],
				find: "skewMs = 3_600_000",
				replace: "skewMs = 0",
			},
			{
				name: "a month has more parts than names have room for",
				tests: [intruding(/in all its parts/)],
				find: "next > 99 ?",
				replace: "next > 999 ?",
			},
			{
				name: "another month's blob is a later part of this one's",
				tests: [domain("audit-record")],
				find: " && name.slice(0, logFolder.length + 7) === of.slice(0, logFolder.length + 7)",
				replace: "",
			},
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
			{ name: "a step that nobody did is told as recovered", find: "isDone: false", replace: "isDone: true" },
			{ name: "a step that failed is told as recovered", find: "if (data.status_id !== 1) return;", replace: "" },
			{ name: "another workload's step is told as one's own", find: " && a.workload === b.workload", replace: "" },
			{
				name: "a step that another attempt ended is closed",
				find: "canonical([rotationId, step, attempt, secretName])",
				replace: "canonical([rotationId, step, secretName])",
			},
		],
	),
	...inFile(
		"src/lib/domain/ids.ts",
		[domain("ids"), "test/unit/triggers/purge.test.ts"],
		[
			{ name: "any text is the id of a rotation", find: "\\.[0-9a-f-]{36}$/", replace: "\\..*$/" },
			{
				name: "an instance's id is longer than its back end takes",
				find: "const most = 100;",
				replace: "const most = 256;",
			},
			{ name: "two long keys that begin alike share an instance", find: ".slice(0, 16)", replace: ".slice(0, 0)" },
			{ name: "what stands for a long key may be a key itself", find: "room)}.$", replace: "room)}-$" },
			{
				name: "a delivery's input names any rotation as its own",
				find: "deliveryIdOf(told, Number(index)) === instanceId",
				replace: "told.length > 0",
			},
		],
	),
	...inFile(
		"src/lib/domain/requests/rotate.ts",
		[domain("serves"), "test/unit/triggers/event.test.ts"],
		[
			{
				name: "a late event that runs swallows the one that counts",
				find: " && request.seenVersion === seenVersion",
				replace: "",
			},
			{
				name: "a dry run that runs swallows a rotation",
				find: " || request.dryRun !== asked.dryRun",
				replace: " || (asked.dryRun && !request.dryRun)",
			},
			{
				name: "a rotation that runs swallows a dry run",
				find: " || request.dryRun !== asked.dryRun",
				replace: " || (request.dryRun && !asked.dryRun)",
			},
			{ name: "what runs swallows a forced order", find: "return !force && ", replace: "return " },
			{
				name: "a rotation that leaves fallbacks serves an order about a compromised key",
				find: " && (request.compromised ?? false) === compromised",
				replace: "",
			},
			{
				name: "a forced rotation whose password is published swallows the next one",
				find: " || status?.version === undefined",
				replace: " || true",
			},
			{ name: "a delivery that runs swallows a rotation", find: 'request.kind !== "rotate" || ', replace: "" },
		],
	),
	...inFile(
		"src/lib/domain/requests/asked.ts",
		[domain("serves")],
		[
			{
				name: "one that only plans swallows a rotation",
				find: "(status?.steps.length ?? 0) > 1",
				replace: "status !== undefined",
			},
		],
	),
	...inFile(
		"src/lib/domain/requests/deliver.ts",
		[domain("serves")],
		[
			{
				name: "a dry run that runs swallows a delivery",
				find: "if (request.dryRun !== asked.dryRun) return false;",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/domain/requests/reconcile.ts",
		[domain("serves")],
		[
			{
				name: "a reconciliation swallows one in the other direction",
				find: "request.direction === direction && ",
				replace: "",
			},
			{
				name: "a reconciliation of another version swallows that of the one that was seen",
				find: " && request.version === version",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/domain/requests/index.ts",
		[domain("serves"), "test/unit/http/api.test.ts"],
		[
			{
				name: "a dry run is recorded as one that may act",
				find: 'wish.dryRun ? "dry run" : undefined',
				replace: "undefined",
			},
		],
	),
	...inFile(
		"src/lib/domain/pace.ts",
		[domain("exposure"), "test/unit/orchestrators/deliver-consumer.test.ts"],
		[
			{
				name: "a delivery that takes hours is looked at each second",
				find: "waitedSeconds < 120 ? 8 : waitedSeconds < 600 ? 15 : waitedSeconds < 3_600 ? 30 : 120",
				replace: "1",
			},
		],
	),
	...inFile(
		"src/lib/domain/exposure.ts",
		[domain("exposure")],
		[
			{
				name: "a pod is out of service only after its last probe's period",
				find: "(failureThreshold - 1) * periodSeconds));",
				replace: "failureThreshold * periodSeconds));",
			},
			{
				name: "a pod is in service the moment logins work again",
				find: "(readsAgain ? Math.max(...back) : 0)",
				replace: "0",
			},
			{
				name: "requests that need new logins are not reckoned with",
				find: "keepsSessions ? [] : [{ from: 0, to: newLoginsSeconds }]",
				replace: "[]",
			},
			{
				name: "a rollout that takes all pods at once is no outage",
				find: "takesAll ? [{ from: rolledFrom, to: firstReplaced }] : []",
				replace: "[]",
			},
			{
				name: "pods are replaced without a wait for the copy",
				find: "copySeconds === undefined ? 0 : ",
				replace: "true ? 0 : ",
			},
			{
				name: "a rollout with surge leaves a pod in service, however many it may take",
				find: "const takesAll = maxUnavailable",
				replace: "const takesAll = maxSurge === 0 && maxUnavailable",
			},
			{
				name: "one outage hides the next",
				find: "seconds += Math.max(0, to - Math.max(from, until));",
				replace: "seconds = Math.max(seconds, to - from);",
			},
			{
				name: "a password that no pod can read again is read again",
				find: "fileSeconds !== undefined && application",
				replace: "application",
			},
			{
				name: "new pods are made before those before them have ended",
				find: "const firstReplaced = rolledFrom + endSeconds + startSeconds;",
				replace: "const firstReplaced = rolledFrom + startSeconds;",
			},
		],
	),
	...inFile(
		"src/lib/domain/rotation.ts",
		[domain("rotation"), "test/unit/triggers/event.test.ts", "test/unit/triggers/rotations.test.ts"],
		[
			{
				name: "a status is too large for durable storage",
				find: "const mostStatusCharacters = 7_500;",
				replace: "const mostStatusCharacters = 75_000;",
			},
			{
				name: "a delivery that failed hides behind what was skipped since",
				find: ' || outcome === "published-not-delivered"',
				replace: "",
				tests: ["test/contract/record-store.test.ts"],
			},
		],
	),
];
