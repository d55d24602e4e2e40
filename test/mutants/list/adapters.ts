import { inFile } from "../mutant.ts";

const contract = (name: string, names?: RegExp) => {
	const file = `test/contract/${name}.test.ts`;
	return names ? { file, names } : file;
};
const unit = (name: string) => `test/unit/adapters/${name}.test.ts`;
const kind = (name: string) => `test/unit/kinds/${name}.test.ts`;

const intruder = "test/integration/audit-intruder.test.ts";
const intruding = (names: RegExp) => ({ file: intruder, names });
const hostile = "test/contract/hostile-database.test.ts";
const hosting = (names: RegExp) => ({ file: hostile, names });

export const adapters = [
	...inFile(
		"src/lib/adapters/blob/audit-log.ts",
		[contract("audit-log")],
		[
			{
				name: "a block is taken wherever the blob ends by now",
				find: "{ appendPosition: tail.position }",
				replace: "{}",
			},
			{
				name: "after an append whose answer was lost the log is not read again",
				find: "certain = false;\n\t\t\t\tconst blocks",
				replace: "const blocks",
			},
			{
				name: "an entry that is there already is written again",
				find: "if (tail.ids.has(id)) fresh.delete(id);",
				replace: "void id;",
			},
			{
				name: "a writer that creates the blob empties what another one wrote",
				tests: [contract("append-races")],
				find: '{ ifNoneMatch: "*" }',
				replace: "{}",
			},
			{
				name: "the head that is signed is one that others have gone beyond",
				find: "certain = false;\n\t\t\treturn current();",
				replace: "return current();",
			},
			{
				name: "intents are closed of a rotation that still runs",
				find: ".filter(isOver)",
				replace: "",
			},
			{
				name: "the chain goes on from the first record of a block, not from its last",
				find: "previous = record.data;",
				replace: "void previous;",
			},
			{
				name: "a refusal counts as an outage, and is tried again for ever",
				find: 'if (troubleOf(error) === "forbidden") return',
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/audit-blobs.ts",
		[intruder],
		[
			{
				name: "the log begins in the blob whose name comes first",
				tests: [intruding(/no record leads to/)],
				find: "filled.toSorted(byCreation)",
				replace: "filled",
			},
			{
				name: "of two blobs that go on from one the later one is the log",
				tests: [intruding(/after the one that closed a blob/)],
				find: ".sort((a, b) => a.first.data.seq - b.first.data.seq)",
				replace: ".sort((a, b) => b.first.data.seq - a.first.data.seq)",
			},
			{
				name: "a record that was put after a closed blob's end leads somewhere",
				tests: [intruding(/after the one that closed a blob/)],
				find: "if (lowest === undefined || lowest >= first.data.seq) records =",
				replace: "if (false) records =",
			},
			{
				name: "a blob that follows a record is the log wherever it lies",
				tests: [intruding(/sends the log elsewhere/), intruding(/no record leads to/)],
				find: "if (closing && landsIn(blobs, from, closing, blob, firsts)) return",
				replace: "if (closing) return",
			},
			{
				name: "a record leads to a month that has not come",
				tests: [intruding(/a month that has not come/)],
				find: " || linkFlaw(from.name, name, clock.now()) !== undefined) return false;",
				replace: ") return false;",
			},
			{
				name: "whoever knows nothing of the log reads all of it",
				tests: [intruding(/knows nothing of a long log/)],
				find: "const glance = 16 * 1024;",
				replace: "const glance = 16 * 1024 * 1024;",
			},
			{
				name: "nobody is told of what lies beside the log",
				tests: [intruding(/no record leads to/)],
				find: "beside: all.filter(({ name }) => !members.has(name))",
				replace: "beside: all.filter(({ name }) => members.has(name) && false)",
			},
			{
				name: "a blob of the log that is gone is not missed",
				tests: [contract("audit-log", /is gone is missed/)],
				find: "?? gone(name)",
				replace: "?? ({ name, size: 0, createdOn: 0 })",
			},
			{
				name: "a part of the log that was torn off is not read first",
				tests: [{ file: "test/integration/audit-tampering.test.ts", names: /swap|place|torn|blob/ }],
				find: "first.data.seq > 1) return blob;",
				replace: "false) return blob;",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/audit-tail.ts",
		[contract("audit-log")],
		[
			{
				name: "a writer does not check the chain that it goes on with",
				find: "if (known && !follows(record, head)) throw",
				replace: "if (false) throw",
			},
			{
				name: "a writer goes on after a record that was edited",
				find: 'if ("flaw" in record) throw',
				replace: "if (false) throw",
			},
			{
				name: "a writer goes on after a record that stands behind a closed blob's last",
				tests: [intruding(/is refused while the log has not gone on/)],
				find: "if (next !== undefined) throw",
				replace: "if (false) throw",
			},
			{
				name: "a writer does not notice that its blob was rewritten",
				find: "if (skipped === 1 && found.content[0] !== lineEnd) throw",
				replace: "if (false) throw",
			},
			{
				name: "a writer goes on within a record",
				tests: [intruding(/without its line.s end/)],
				find: "if (last.length > 0 && last.at(-1) !== lineEnd) throw",
				replace: "if (false) throw",
			},
			{
				name: "a writer begins a blob anew that was deleted",
				find: 'if (code === "BlobNotFound") throw broken',
				replace: 'if (code === "BlobNotFound") return { ...tail, position: 0 }; if (false) throw broken',
			},
			{
				name: "a writer whose clock is behind goes back to an earlier month",
				find: "blobOfMonth(time) > blob)",
				replace: "blobOfMonth(time) !== blob)",
			},
			{
				name: "a full blob is written to its end",
				find: "return blocks < mostBlocks ? undefined : nextPart(blob);",
				replace: "return undefined;",
			},
			{
				name: "a writer goes wherever a record sends it",
				tests: [intruding(/sends the log elsewhere/)],
				find: "if (flaw !== undefined) throw wrong(",
				replace: "if (false) throw wrong(",
			},
			{
				name: "an entry is there already where a record has its id",
				tests: [intruding(/does not pass for it/)],
				find: "ids.push(contentId(record));",
				replace: "ids.push(record.id);",
			},
			{
				name: "an entry is written again once many others were added",
				tests: [intruding(/ten thousand times/)],
				find: "known.size <= idsKept + ids.length",
				replace: "known.size <= idsKept",
			},
			{
				name: "a stranger's line without an end can still become a record of the log",
				tests: [intruding(/once the log has passed over it/)],
				find: 'if (first === "unfinished") {',
				replace: "if (false) {",
			},
			{
				name: "a log begins in a younger blob than one that lies there",
				tests: [intruding(/lay there empty/)],
				find: "return oldest?.name ?? blobOfMonth(now);",
				replace: "return blobOfMonth(now);",
			},
			{
				name: "a log begins although a blob of a month to come lies there",
				tests: [intruding(/of a month to come/)],
				find: "if (oldest && !hasCome(oldest.name, now)) {",
				replace: "if (false) {",
			},
			{
				name: "a blob that somebody created beforehand ends the log",
				tests: [intruding(/does not end the log/)],
				find: "return landed(blobs, { ...tail, blob: next });",
				replace: "throw broken(blobs, next);",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/audit-stretch.ts",
		[contract("audit-log", /stretch/)],
		[
			{
				name: "a place in the middle of a record is one",
				find: "if (offset > 0 && content[0] !== lineEnd) return undefined;",
				replace: "",
			},
			{ name: "a place beyond the end is one", find: "if (offset > size) return undefined;", replace: "" },
			{
				name: "a page from a time leaves out what the blob before has of it",
				find: "name < blobOfMonth(time)",
				replace: "name <= blobOfMonth(time)",
			},
			{
				name: "what is no record keeps what stands before it from being read",
				tests: [intruding(/a line that is no record/)],
				find: "if (!isShown && records.length > 0) return",
				replace: "if (false) return",
			},
			{
				name: "a record that stands behind a closed blob's last is shown as the log's",
				tests: [intruding(/after the one that closed a blob/)],
				find: "if (next && shown.data.continuedIn !== undefined) return",
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/container.ts",
		["test/unit/adapters/blob/faults.test.ts", contract("audit-log"), contract("redaction")],
		[
			{
				name: "a fault names the container with the signature in its address",
				tests: [contract("redaction", /every adapter makes a fault of ours of 4/)],
				find: 'return origin + pathname.replace(/\\/+$/, "");',
				replace: "return containerUrl;",
			},
			{
				name: "a storage account that falls silent is waited for without end",
				find: "AbortSignal.timeout(30_000)",
				replace: "new AbortController().signal",
			},
			{
				name: "a long blob is read to an end that it has not got",
				find: "Math.min(pieceBytes, size - from)",
				replace: "pieceBytes",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/faults.ts",
		[
			"test/unit/adapters/blob/faults.test.ts",
			contract("audit-log"),
			contract("head-store"),
			"test/integration/blob-rights.test.ts",
		],
		[
			{
				name: "a network rule of the storage account counts as a missing right",
				find: ' && code !== "AuthorizationFailure"',
				replace: "",
			},
			{
				name: "an immutable blob counts as an outage",
				find: 'if (code === "BlobImmutableDueToPolicy") return "forbidden";',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/heads.ts",
		[contract("head-store")],
		[
			{
				name: "a head that creates its blob empties what another one wrote",
				tests: [contract("append-races")],
				find: '{ ifNoneMatch: "*" }',
				replace: "{}",
			},
			{
				name: "a month's blob that is full takes no head any more",
				find: 'if (codeOf(error) !== "BlockCountExceedsLimit") throw error;',
				replace: "throw error;",
			},
			{
				name: "all heads lie in one blob for ever",
				find: "signed.head.time.slice(0, 7)",
				replace: "signed.head.time.slice(0, 0)",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/open-switches.ts",
		[contract("record-store")],
		[
			{ name: "a switch that has ended counts as open", find: "if (contentLength === 0) continue;", replace: "" },
			{
				name: "whoever hung takes away the next rotation's mark",
				find: 'put(secret, "", tried, mark)',
				replace: 'put(secret, "", tried)',
			},
			{
				name: "a mark that another one has replaced is a fault",
				find: 'if (codeOf(error) !== "ConditionNotMet") throw error;',
				replace: "throw error;",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/record-store.ts",
		[contract("record-store")],
		[
			{
				name: "an old rotation that ends late hides the newer one",
				find: "last && isLater(last, status) ? undefined : status",
				replace: "status",
			},
			{
				name: "a record that cannot be understood is none",
				find: "if (!check(value)) throw",
				replace: "if (!check(value)) return undefined; if (false) throw",
			},
			{
				name: "an outage is no record",
				find: 'if (codeOf(error) === "BlobNotFound") return undefined;',
				replace: "return undefined;",
			},
			{
				name: "a rotation that still runs is the last one",
				find: "if (status.outcome !== undefined) await",
				replace: "await",
			},
			{
				name: "a rotation that is saved again does not replace its record",
				find: "one.rotationId !== other.rotationId && endOf(one) > endOf(other)",
				replace: "endOf(one) >= endOf(other)",
			},
			{
				name: "what was skipped since is the last delivery",
				find: "if (reachedConsumers(status)) await",
				replace: "await",
			},
		],
	),
	...inFile(
		"src/lib/adapters/durable/rotations.ts",
		["test/unit/triggers/rotations.test.ts", "test/unit/triggers/event.test.ts"],
		[
			{
				name: "a start whose answer was lost is a duplicate of itself",
				find: 'if (status?.rotationId === rotationId) return { state: "started" };',
				replace: "",
			},
			{
				name: "an outage means that nothing runs",
				find: 'error instanceof Error && error.message.includes("replied with HTTP 404")',
				replace: "error",
			},
			{
				name: "an earlier run's status is taken for that of the one that runs",
				find: " && (!request || request.rotationId === customStatus.rotationId)",
				replace: "",
			},
			{
				name: "an outage looks like a duplicate",
				find: "if (!instance || tries === mostRefusals) throw",
				replace: 'if (!instance) return { state: "already-running", covers: true }; if (tries === mostRefusals) throw',
			},
			{
				name: "a start that was refused by one that is over is not tried again",
				find: "if (!instance || tries === mostRefusals) throw",
				replace: "throw",
			},
			{ name: "a rotation that a person suspended counts as over", find: ', "Suspended"];', replace: "];" },
			{
				name: "what an earlier version started under another id is not seen",
				find: "if (former && isRunning(former)) return runningInstead(former, request);",
				replace: "",
			},
			{
				name: "what an earlier version started under another id is shown to nobody",
				find: "return former && (isRunning(former) || !own) ? former : own;",
				replace: "return own;",
			},
			{
				name: "a start that was accepted counts as begun",
				find: "const instance = refusal ?",
				replace: 'if (!refusal) return { state: "started" };\n\t\t\t\tconst instance = refusal ?',
			},
			{
				name: "one that lost to what is over by now is started again unasked",
				find: 'if (!refusal) return { state: "overtaken", rotationId: status?.rotationId };',
				replace: "",
			},
			{
				name: "a start that is seen only later is an outage",
				find: "isOurs || looks === visible.looks ||",
				replace: "isOurs || looks > 0 ||",
			},
			{
				name: "what runs is not told from what was started",
				find: "if (instance && isRunning(instance)) return runningInstead(instance, request);",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/durable/purge.ts",
		["test/unit/triggers/purge.test.ts"],
		[
			{
				name: "a rotation that has no record is forgotten",
				find: "if (!(await isNeedless(instance))) continue;",
				replace: "",
			},
			{ name: "a rotation that runs is asked to be forgotten", find: "{ runtimeStatus: over }", replace: "{}" },
			{
				name: "a rotation that started again since it was listed keeps the others",
				find: 'if (error instanceof Error && error.message.includes("status code: 412")) return',
				replace: "if (false) return",
			},
			{
				name: "a delivery of a rotation without a record is forgotten at once",
				find: "(await recorded(parent))) ||",
				replace: "true) ||",
			},
			{
				name: "a delivery of a rotation without a record stays for ever",
				find: "ageOf(instance) > 7 * day",
				replace: "ageOf(instance) > 1e15",
			},
			{
				name: "instances that are not ours are forgotten",
				find: "rotationId !== undefined && recorded(rotationId)",
				replace: "rotationId === undefined || recorded(rotationId)",
			},
			{
				name: "a hub that was never purged keeps the sweep from its end",
				find: "if (purged >= most) break;",
				replace: "",
			},
			{
				name: "an outage of durable storage is an error of nobody's",
				find: 'error instanceof Fault ? error : new Fault("history-unpurged", { what }, error)',
				replace: "error",
			},
		],
	),
	...inFile(
		"src/lib/adapters/identity/credential.ts",
		[contract("identity")],
		[
			{
				name: "a developer's sign-in decides who the rotator is in Azure",
				find: "return environment.IDENTITY_ENDPOINT === undefined",
				replace: "return environment",
			},
			{
				name: "the setting that names the identity is not looked at",
				find: "super({ ...(clientId !== undefined && { clientId }), retryOptions });",
				replace: "super({ retryOptions });",
			},
			{
				name: "a token that was refused comes back out of the SDK's cache",
				find: "if (options.claims !== undefined && resource !== undefined)",
				replace: "if (options.claims === resource && resource !== undefined)",
			},
			{
				name: "a token that was refused is kept",
				find: "if (!options?.anew && kept",
				replace: "if (kept",
			},
			{ name: "each call to a cluster asks for a token of its own", find: "kept = token;", replace: "void kept;" },
			{
				name: "a token is used beyond its end",
				find: "&& kept.expiresOnTimestamp - Date.now() > renewBeforeMs",
				replace: "",
			},
			{
				name: "an identity that fails shows what its endpoint said",
				find: 'throw new Fault("token-unavailable", { resource }, error);',
				replace: "throw error;",
			},
		],
	),
	...inFile(
		"src/lib/adapters/key-vault/faults.ts",
		[contract("secret-store", /the real client|strict|deleted/)],
		[
			{
				name: "a proxy's 404 is an absent secret",
				find: 'if (code === "SecretNotFound") return',
				replace: "if (statusCode) return",
			},
			{
				name: "a disabled secret is a missing right",
				find: 'if (denial === "disabled") return',
				replace: "if (false) return",
			},
			{
				name: "a firewall's refusal is a missing right",
				find: 'ForbiddenByFirewall: "network"',
				replace: 'ForbiddenByFirewall: "right"',
			},
			{
				name: "a deleted secret's name is busy, and waited for",
				find: 'if (inner === "ObjectIsDeletedButRecoverable") return',
				replace: "if (false) return",
			},
			{ name: "another vault's token is an outage", find: "if (foreign) return", replace: "if (false) return" },
			{
				name: "a proxy's refusal is a missing right",
				find: 'if (word(code) === undefined) return "network";',
				replace: "",
			},
			{
				name: "a refusal for a reason that nobody knows is a missing right",
				find: ': "other";',
				replace: ': "right";',
			},
			{
				name: "a missing right of a vault with roles is a reason that nobody knows",
				find: 'ForbiddenByRbac: "right",',
				replace: "",
			},
			{
				name: "a secret that is being deleted is busy",
				find: 'if (inner === "ObjectIsBeingDeleted") return',
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/adapters/process/share.ts",
		["test/unit/adapters/process/share.test.ts"],
		[
			{
				name: "one that joins has a share at once",
				find: 'if (seat === "joining") return 0;',
				replace: 'if (seat === "joining") return most;',
			},
			{ name: "one that holds room is not at work", find: " && !isBusy()", replace: "" },
			{
				name: "where nothing is known there is no cap",
				find: "return Math.min(least, most);",
				replace: "return most;",
			},
			{ name: "a share is too small for a switch", find: "Math.floor(most / least)", replace: "most" },
			{ name: "one without a share has one", find: "if (seat.rank >= served) return 0;", replace: "" },
			{
				name: "the remainder is everybody's",
				find: "seat.rank < most % served ? 1 : 0",
				replace: "most % served ? 1 : 0",
			},
			{ name: "one that is new does not wait", find: "if (isNew || (", replace: "if ((" },
			{ name: "one that comes back does not wait", find: "began - seenAt > lateMs", replace: "false" },
			{ name: "one that is alone waits for others", find: "if (live === 1) joinsAt = now();", replace: "" },
			{
				name: "an instance is at work for ever",
				find: "if (now() - usedAt > idleMs && !isBusy()) firstLook = undefined;\n\t\t\telse ",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/instances.ts",
		["test/integration/instances.test.ts"],
		[
			{
				name: "a place is taken from one that holds it",
				find: 'etagBefore === undefined ? { ifNoneMatch: "*" } : { ifMatch: etagBefore }',
				replace: "{}",
			},
			{
				name: "a machine's former process is another instance",
				find: "isFirst ? marks.find((mark) => mark.machine === machine) : undefined",
				replace: "marks.find(() => false)",
			},
			{ name: "two processes of a machine take each other's place", find: "isFirst = false;", replace: "" },
			{
				name: "an instance that is gone counts for ever",
				find: "properties.lastModified.getTime() < liveMs",
				replace: "properties.lastModified.getTime() < Infinity",
			},
		],
	),
	...inFile(
		"src/lib/adapters/process/budget.ts",
		["test/unit/adapters/process/budget.test.ts"],
		[
			{
				name: "what was used up is there again at once",
				find: "at + perMs > now()",
				replace: "at > now()",
			},
			{ name: "what others have is given out again", find: "most - held - Math", replace: "most - Math" },
			{ name: "a look passes by those who wait", find: "atOnce && (line.length > 0 ||", replace: "atOnce && (" },
			{
				name: "a look waits like everybody else",
				find: "if (atOnce && (line.length > 0 || freeAt(wanted) > now()))",
				replace: "if (atOnce && line.length > 0)",
			},
			{ name: "one that needs little passes by those who came before", find: "line[0] === me", replace: "true" },
			{ name: "who comes again comes last", find: "kept.get(who)?.since ?? now()", replace: "now()" },
			{ name: "the first in line gives up like everybody else", find: ", now() + perMs)", replace: ", 0)" },
			{
				name: "with a changed configuration nothing was spent",
				find: "all.get(name) ?? shared(budget(cap))",
				replace: "shared(budget(cap))",
			},
			{ name: "who waits, waits for ever", find: "now() >= until ||", replace: "" },
			{
				name: "one without a share gives room",
				find: "if (most < 1) return Number.POSITIVE_INFINITY;",
				replace: "",
				tests: ["test/unit/adapters/process/share.test.ts"],
			},
			{
				name: "room is given before it is known who else is at work",
				find: "await seated();",
				replace: "void seated();",
				tests: ["test/unit/adapters/process/share.test.ts"],
			},
			{ name: "a closed one is waited for in vain", find: " || closedUntil > until", replace: "" },
			{
				name: "what is given back is not noticed",
				find: "amount = 0;\n\t\t\t\t\twake();",
				replace: "amount = 0;",
			},
			{ name: "one that closes is not noticed", find: "now() + ms);\n\t\t\twake();", replace: "now() + ms);" },
			{
				name: "more than there ever is, is waited for",
				find: "most - held - Math.min(wanted, most)",
				replace: "most - held - wanted",
			},
		],
	),
	...inFile(
		"src/lib/adapters/key-vault/counted.ts",
		[contract("secret-store", /room/), "test/contract/many-at-once.test.ts", unit("key-vault/counted")],
		[
			{
				name: "what was written does not count",
				find: 'else if (request.method === "PUT" && status !== 401) spend();',
				replace: "",
			},
			{
				name: "a vault that throttles is written to",
				find: "if (status === 429) close(",
				replace: "if (status === 430) close(",
			},
			{
				name: "a write whose answer was lost does not count",
				find: '\t\t\tif (request.method === "PUT") spend();',
				replace: "",
			},
			{
				name: "an absurd Retry-After closes the vault for ever",
				find: ", longestMs)",
				replace: ", Number.POSITIVE_INFINITY)",
			},
		],
	),
	...inFile(
		"src/lib/adapters/key-vault/pipeline.ts",
		[
			"test/unit/adapters/key-vault/pipeline.test.ts",
			contract("secret-store", /the real client/),
			contract("head-signer"),
		],
		[
			{
				name: "a token that the vault refused is brought again",
				find: "if (authorised && answer.status === 401)",
				replace: "if (authorised && answer.status === 999)",
			},
			{
				name: "a secret leaves without a token",
				find: "if (request.body && !authorised) throw",
				replace: "if (false) throw",
			},
			{
				name: "a write whose answer was lost is sent again",
				find: 'method === "GET" || method === "PATCH"',
				replace: 'method !== "DELETE"',
			},
			{
				name: "a vault that throttles for long is waited for",
				find: "return asked <= (hurry.getStore() ? 0 : longestPauseMs) ? asked : undefined;",
				replace: "return Math.min(asked, 100);",
			},
			{
				name: "a write that is to be made at once waits for a throttling vault",
				find: "hurry.getStore() ? 0 : longestPauseMs",
				replace: "longestPauseMs",
			},
			{
				name: "a vault that never answers is waited for without end",
				find: "AbortSignal.timeout(timeoutMs)",
				replace: "new AbortController().signal",
			},
			{
				name: "any text of an answer is a code",
				find: "/^[A-Za-z]{1,60}$/.test(code)",
				replace: "code",
				tests: [contract("redaction"), contract("secret-store", /the real client/)],
			},
			{
				name: "a signature whose answer was lost is not asked for again",
				find: ' || new URL(url).pathname.endsWith("/sign")',
				replace: "",
			},
			{
				name: "a client that was refused its token counts as let in",
				find: "if (authorised && answer.status !== 401) warm",
				replace: "if (authorised) warm",
			},
			{
				name: "a list's next page takes the token to another host",
				tests: [unit("key-vault/pipeline")],
				find: "if (new URL(request.url).origin !== origin) throw",
				replace: "if (false) throw",
			},
		],
	),
	...inFile(
		"src/lib/adapters/key-vault/store.ts",
		[contract("secret-store")],
		[
			{
				name: "an expiry that the SDK sends as a negative number is written",
				find: "!(expires.getTime() / 1000 <= latestExpiry)",
				replace: "false",
			},
			{
				name: "a client's first request is a write",
				find: "await warmUp(name);\n\t\t\t\tconst given",
				replace: "const given",
			},
			{
				name: "secrets are sent in clear to any host",
				find: "const local = isLoopback(new URL(url).hostname);",
				replace: "const local = url !== undefined;",
			},
			{ name: "a recovery is over before the secret can be read", find: "await untilLive(name);", replace: "" },
			{
				name: "a secret that may not be looked at is not deleted",
				find: 'if (fault.code === "secret-missing") return undefined;',
				replace: "return undefined;",
			},
			{
				name: "an outage means that there are no versions",
				find: 'if (fault.code !== "secret-missing") throw fault;',
				replace: "void fault;",
			},
			{
				name: "a version that is disabled counts as enabled",
				find: "enabled: properties.enabled !== false,\n\ttags",
				replace: "enabled: true,\n\ttags",
			},
			{
				name: "an outage is an absent secret",
				find: 'if (fault.code === "secret-missing") return { state: "absent" };',
				replace: 'return { state: "absent" };',
			},
			{
				name: "a recovery that is refused is waited for",
				find: 'if (refused && refused.code !== "vault-busy") throw refused;',
				replace: "",
			},
			{
				name: "a recovery that another call has begun is a fault",
				find: 'if (refused && refused.code !== "vault-busy") throw refused;',
				replace: "if (refused) throw refused;",
			},
			{
				name: "a deleted secret whose newest version is disabled is a missing right",
				find: 'if (fault.code === "secret-disabled") return { enabled: false, tags: {} };',
				replace: "",
			},
			{
				name: "a missing right to look at deleted secrets is a disabled one",
				find: "if (listed === undefined || listed.enabled) throw fault;",
				replace: "if (listed === undefined) throw fault;",
			},
		],
	),
	...inFile(
		"src/lib/adapters/key-vault/signer.ts",
		[contract("head-signer")],
		[
			{
				name: "a signature names the key, not the version that made it",
				find: "versionIn(answer?.bodyAsText) ?? keyUrl",
				replace: "keyUrl",
			},
			{
				name: "a client whose first challenge failed is kept, and never signs again",
				find: "if (isWarm()) known ??= client;",
				replace: "known ??= client;",
			},
			{ name: "a disabled key is an outage", find: 'if (denial === "disabled") return', replace: "if (false) return" },
			{
				name: "a key that is not there is an outage",
				find: 'if (statusCode === 404 && code === "KeyNotFound") return',
				replace: "if (false) return",
			},
			{
				name: "a refusal for a reason that nobody knows is an outage",
				find: 'if (denial === "other") return',
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/adapters/key-vault/public-key.ts",
		[contract("head-signer", /the public half/), "test/integration/audit-tampering.test.ts"],
		[
			{
				name: "a key of another name may have signed",
				find: "!address.toLowerCase().startsWith(prefix) || ",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/monitor/heads.ts",
		[contract("head-store", /Log Analytics/)],
		[
			{ name: "a row of a head lacks its signature", find: "Jws: jws,", replace: "" },
			{
				name: "a refusal of the second store is an outage",
				find: "if (statusCode === 401 || statusCode === 403) return",
				replace: "if (false) return",
			},
			{
				name: "a second store that is not there is an outage",
				find: "if (statusCode === 400 || statusCode === 404 || statusCode === 413) {",
				replace: "if (false) {",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/connection.ts",
		[contract("entra-token")],
		[
			{
				name: "a token is given to whatever asks for a password",
				find: 'if (isToken && way !== "as-it-is") throw',
				replace: "if (false) throw",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/token.ts",
		[contract("entra-token")],
		[
			{
				name: "a token that is not believed any more is brought again",
				find: "return connected({ anew: true });",
				replace: "return connected();",
			},
			{
				name: "a token that is refused is told as the managed role's password",
				find: 'throw isRejected(error) ? new Fault("identity-rejected", { server, role, detail }) : error;',
				replace: "throw error;",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/connection.ts",
		[contract("database", /TLS|real client|postgres/i)],
		[
			{ name: "any certificate is trusted", find: "rejectUnauthorized: true", replace: "rejectUnauthorized: false" },
			{
				name: "a host without a CA is spoken to in plaintext",
				find: "ca === undefined && isLoopback(host)",
				replace: "ca === undefined",
			},
			{
				name: "the password is sent as it is",
				find: 'if (!isToken && way === "as-it-is")',
				replace: "if (false)",
			},
			{
				name: "a server that asks for no password proves every one",
				find: 'if (way === undefined) throw unproved("it lets',
				replace: 'if (false) throw unproved("it lets',
			},
			{ name: "a session that the server ends ends the app", find: 'client.on("error", () => {});', replace: "" },
			{
				name: "an empty password is asked of the environment",
				find: "if (password.isEmpty) throw",
				replace: "if (false) throw",
			},
			{
				name: "a session of which nobody knows what it does keeps the lock",
				find: 'if (fault.code === "server-unreachable") socket.destroy();',
				replace: "",
			},
			{
				name: "a server that never answers a login is waited for without end",
				find: 'setTimeout(() => socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })), loginMs)',
				replace: "setTimeout(() => {}, loginMs)",
			},
			{
				name: "a login leaves its connection behind",
				find: "await client.end().catch(() => {});\n\t\t\tclearTimeout(hangUp);\n\t\t\tsocket.destroy();",
				replace: "clearTimeout(hangUp); void client;",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/database.ts",
		[contract("database")],
		[
			{
				name: "there are as many sessions at once as are asked for",
				find: "await sessions?.room(1, login.role, refuse, { atOnce });",
				replace: "undefined;",
			},
			{
				name: "a session that could not be opened keeps its place",
				find: "place?.[Symbol.dispose]();\n\t\t\t\tthrow error;",
				replace: "throw error;",
			},
			{
				name: "a text that is no verifier becomes the password",
				find: "if (!isVerifier(verifier)) throw",
				replace: "if (false) throw",
			},
			{ name: "a role's name is SQL", find: "identifier(name)", replace: "name" },
			{
				name: "an outage is a wrong password",
				find: ' && error.code === "password-rejected") return false',
				replace: ") return false",
			},
			{
				name: "a right that is lacking is told without its name",
				find: 'if (needs === "") throw error;',
				replace: "throw error;",
			},
			{
				name: "a login comes before the one before it is gone",
				find: "of: async (role) => leaving.get(role),",
				replace: "of: async () => undefined,",
			},
			{
				name: "a role that changes its own password is rehearsed with another one",
				find: "role === self ? [own.password] : candidates",
				replace: "candidates",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/refusal.ts",
		[contract("database")],
		[
			{
				name: "the login that proves a change is the first one",
				find: "if (await logsIn(password)) return undefined;",
				replace: "{}",
			},
			{
				name: "a wrong password ends the rehearsal",
				find: "if (await logsIn(password)) return undefined;",
				replace: "if ((await logsIn(password)) || true) return undefined;",
			},
			{
				name: "an expired password is set anew, and has expired",
				find: "if (facts.hasExpired) return",
				replace: "if (false) return",
			},
			{
				name: "where nobody knows the password, nobody asks whether the role may connect",
				find: "if (!facts.mayConnect) return",
				replace: "if (false) return",
			},
			{
				name: "a role with its only connection proves nothing",
				find: "if (facts.isFull) return",
				replace: "if (false) return",
			},
			{
				name: "a role that cannot log in is found only when it is locked out",
				find: "if (!facts.canLogin) return",
				replace: "if (false) return",
			},
			{
				name: "a right to set the password that is lacking is found only in the switch",
				find: 'if (needs !== "") return',
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/lock.ts",
		[contract("database"), hostile],
		[
			{ name: "two sessions hold one role's lock", find: "if (holder === undefined) return;", replace: "return;" },
			{ name: "all roles of a server have one lock", find: ").digest();", replace: ").digest().fill(7);" },
			{ name: "whoever may connect takes the lock's number first", find: "randomInt(2 ** 31)", replace: "1" },
			{
				name: "a lock of somebody who may not set the password counts",
				find: 'return lackingFor(role, holder) === "" && (ownCounts || !holder.isSelf);',
				replace: "return true;",
			},
			{
				name: "a lock whose holder is not known counts for nothing",
				tests: [hosting(/a login that may only connect/)],
				find: "if (!isKnown(holder)) return true;",
				replace: "if (!isKnown(holder)) return false;",
			},
			{
				name: "a lock of the role's own sessions holds up whoever else rotates it",
				find: " && (ownCounts || !holder.isSelf)",
				replace: "",
			},
			{
				name: "a lock of the role's own sessions counts for nobody",
				find: " && (ownCounts || !holder.isSelf)",
				replace: " && !holder.isSelf",
			},
			{
				name: "whoever gives way keeps the lock",
				find: 'pg_catalog.pg_advisory_unlock($1::pg_catalog.int4, $2::pg_catalog.int4)"',
				replace: '$1::pg_catalog.int4, $2::pg_catalog.int4"',
			},
			{
				name: "a session that has lost its lock says that it has it",
				tests: [contract("database"), "test/unit/orchestrators/zombie.test.ts"],
				find: "return held.length > 0;",
				replace: "return held.length >= 0;",
			},
			{
				name: "a lock in another database counts",
				tests: [hosting(/a login that may only connect/)],
				find: "AND held.database OPERATOR(pg_catalog.=) here.oid\n",
				replace: "",
			},
			{
				name: "a lock that is only waited for counts",
				tests: [hosting(/a login that may only connect/)],
				find: "AND held.granted\n\t",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/settings.ts",
		[hostile, contract("database")],
		[
			{
				name: "the session's path is the database owner's",
				tests: [hosting(/what the rotator sets/)],
				find: 'search_path: "pg_catalog, pg_temp",',
				replace: "",
			},
			{
				name: "a temporary table stands in the place of a table of PostgreSQL's",
				tests: [hosting(/what the rotator sets/)],
				find: '"pg_catalog, pg_temp"',
				replace: '"pg_catalog"',
			},
			{
				name: "a role whose setting makes it another one cannot set its own password",
				tests: [contract("database", /still sets its own password/)],
				find: 'role: "none",',
				replace: "",
			},
			{
				name: "a statement that never ends is waited for",
				tests: [hosting(/what the rotator sets/)],
				find: 'statement_timeout: "15000",',
				replace: "",
			},
			{
				name: "a lock that is never given back is waited for",
				tests: [hosting(/what the rotator sets/)],
				find: 'lock_timeout: "10000",',
				replace: "",
			},
			{
				name: "a session whose owner lost power keeps the lock for two hours",
				tests: [hosting(/what the rotator sets/)],
				find: 'idle_session_timeout: "600000",',
				replace: "",
			},
			{
				name: "a session that is slow to be answered is cut by the owner's setting",
				tests: [hosting(/what the rotator sets/)],
				find: 'tcp_user_timeout: "0",',
				replace: "",
			},
			{
				name: "a session runs under the owner's isolation",
				tests: [hosting(/what the rotator sets/)],
				find: 'default_transaction_isolation: "read committed",',
				replace: "",
			},
			{
				name: "a statement that is refused ends the session",
				tests: [hosting(/what the rotator sets/)],
				find: 'exit_on_error: "off",',
				replace: "",
			},
			{
				name: "a library of the role's own choice is loaded",
				tests: [hosting(/a library that is not there/)],
				find: 'local_preload_libraries: "",',
				replace: "",
			},
			{
				name: "a backslash in a text is an escape",
				tests: [hosting(/what the rotator sets/)],
				find: 'standard_conforming_strings: "on",',
				replace: "",
			},
			{
				name: "a transaction that takes long is cut by the owner's setting",
				tests: [hosting(/what the rotator sets/)],
				find: 'transaction_timeout: "0"',
				replace: "",
			},
			{
				name: "a server older than one of the settings is not spoken to",
				tests: [hosting(/what the rotator sets/)],
				find: 'if (state !== "42704") throw',
				replace: 'if (state !== "never") throw',
			},
			{
				name: "a pooler that drops the settings is trusted",
				tests: [hosting(/pooler/)],
				find: "if (dropped.length > 0) {",
				replace: "if (false) {",
			},
			{
				name: "a standby is found only when the password is set",
				tests: [hosting(/read-only/)],
				find: "if (found.some(({ isStandby }) => isStandby)) throw",
				replace: "if (false) throw",
			},
			{
				name: "a server that its administrator made read-only is written to",
				tests: [hosting(/read-only/)],
				find: "if (!isNarrow) throw",
				replace: "if (false) throw",
			},
			{
				name: "a database that its owner made read-only is never written to",
				tests: [hosting(/read-only/)],
				find: 'await connection.ask("SET default_transaction_read_only", "SET default_transaction_read_only = off");',
				replace: "",
			},
			{
				name: "a password that was published may not be on the server's disk",
				tests: [hosting(/what the rotator sets/)],
				find: 'if (byName.get("synchronous_commit")?.setting === "off")',
				replace: "if (false)",
			},
			{
				name: "a session that cannot be prepared stays open",
				tests: [hosting(/because it is a standby/)],
				find: "await connection[Symbol.asyncDispose]();\n\t\tthrow error;",
				replace: "throw error;",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/sql-states.ts",
		[contract("database")],
		[
			{
				name: "pg_hba.conf's refusal is a role that cannot log in",
				find: 'if (routine === "InitializeSessionUserId" || routine === undefined)',
				replace: "if (state)",
			},
			{
				name: "a server without TLS is an outage",
				find: 'if (seen?.tlsAnswer === "N") return',
				replace: "if (false) return",
			},
			{
				name: "a certificate for another name is merely not trusted",
				find: 'if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH")',
				replace: "if (false)",
			},
			{
				name: "a role's own limit is a server that is full",
				find: 'if (routine === "InitializeSessionUserId")\n',
				replace: "if (false)\n",
			},
			{
				name: "what a pooler says is an unknown error of the server",
				find: 'case "08P01": {',
				replace: 'case "never": {',
			},
			{
				name: "what keeps a role out for good is tried again and again",
				find: "if (lasting.test(state)) {",
				replace: "if (false) {",
			},
			{
				name: "a statement that is refused for good is tried again and again",
				find: 'lasting.test(state) ? "statement-refused" : "database-unknown"',
				replace: '"database-unknown"',
			},
			{ name: "a server that is about to stop is an unknown error", find: 'case "57P01":', replace: "" },
		],
	),
	...inFile(
		"src/lib/targets/postgres/rights.ts",
		[contract("database", /who may set a password/)],
		[
			{
				name: "whoever has CREATEROLE may set a superuser's password",
				find: 'if (targetIsSuperuser) return "SUPERUSER";',
				replace: "",
			},
			{
				name: "a replication role is special on every version",
				find: "version < 160_000 && targetIsReplication",
				replace: "targetIsReplication",
			},
			{
				name: "ADMIN OPTION is needed before PostgreSQL 16",
				find: "hasAdminOption || version < 160_000",
				replace: "hasAdminOption",
			},
			{ name: "a role may not set its own password", find: 'if (isSelf) return "";', replace: "" },
			{ name: "CREATEROLE is not needed", find: 'hasCreateRole ? [] : ["CREATEROLE"]', replace: "[]" },
		],
	),
	...inFile(
		"src/lib/adapters/kubernetes/client.ts",
		[unit("kubernetes/faults"), contract("workloads")],
		[
			{
				name: "one 401 ends a call, and the next one brings the same token",
				find: "if (!(error instanceof ApiException) || error.code !== 401) throw error;",
				replace: "throw error;",
			},
			{
				name: "each call opens a connection of its own and leaves it open",
				find: "dispatcher ??= context.getDispatcher();",
				replace: "dispatcher = context.getDispatcher();",
			},
			{
				name: "a cluster that never answers is waited for without end",
				find: "AbortSignal.timeout(requestTimeoutMs)",
				replace: "new AbortController().signal",
			},
			{
				name: "a proxy's page is an object of the cluster",
				find: "if (answer !== undefined && !isObject(answer)) throw",
				replace: "if (false) throw",
			},
			{
				name: "an error of the token's source crosses as it is",
				find: 'throw error instanceof Fault ? error : new Fault("token-unavailable"',
				replace: 'throw error ? error : new Fault("token-unavailable"',
			},
		],
	),
	...inFile(
		"src/lib/paths/csi-driver/pod-status.ts",
		["test/unit/paths/csi-driver/stale.test.ts"],
		[
			{
				name: "whatever a pod status says is a version",
				find: '? text : "of another form"',
				replace: "? text : text",
			},
		],
	),
	...inFile(
		"src/lib/paths/csi-driver/stale.ts",
		["test/unit/paths/csi-driver/stale.test.ts"],
		[
			{
				name: "other classes' mounts count",
				find: "status.secretProviderClassName === providerClass",
				replace: "true",
			},
			{
				name: "a mount that is not finished counts",
				find: "one.status.mounted ? versionIn(one, object) : undefined",
				replace: "versionIn(one, object)",
			},
			{
				name: "pods of one state are told as one",
				find: "(counts.get(seen) ?? 0) + 1",
				replace: "1",
			},
			{
				name: "as many states are told as there are",
				find: "told.slice(0, most).join",
				replace: "told.join",
			},
		],
	),
	...inFile(
		"src/lib/paths/csi-driver/delivery.ts",
		[contract("csi-driver"), contract("delivery")],
		[
			{
				name: "a driver that kubelet asks is as quick as one that polls",
				find: "const looked = pollSeconds + kubeletSeconds;",
				replace: "const looked = pollSeconds;",
			},
			{
				name: "a copy that is waited for is not reckoned with",
				find: "copies.length > 0 && { copySeconds: looked }",
				replace: "false",
			},
			{
				name: "a synced Secret that is immutable is no obstacle",
				find: "if (secret?.immutable) return",
				replace: "if (false) return",
			},
			{
				name: "a Deployment whose containers do not mount the class is no obstacle",
				find: "if (!sources.classes.includes(delivery.secretProviderClass))",
				replace: "if (false)",
			},
			{
				name: "a Deployment that Reloader rolls too is no obstacle",
				find: "if (roller) return roller;",
				replace: "",
			},
			{
				name: "a right to read the proof that is lacking is found only after the roll",
				find: "await podStatuses(consumer);\n\t\t\tconst kept",
				replace: "const kept",
			},
			{
				name: "what the containers take from elsewhere is no obstacle",
				find: "return elsewhere(consumer, sources, copiesOf(used, secrets), wanted, findSecret);",
				replace: "return undefined;",
			},
			{
				name: "only the configured class is looked at",
				find: "[consumer.delivery.secretProviderClass, ...classes]",
				replace: "[consumer.delivery.secretProviderClass]",
			},
			{
				name: "a class that was changed after the plan is not judged again",
				find: "const fault = unfit(used, secrets, sources, consumer.namespace);\n\t\tif (fault) throw fault;",
				replace: "",
			},
			{
				name: "an old value that was written back after the roll is not noticed",
				find: '(copy.state === "stale" ? copy.waitingFor : undefined) ??',
				replace: "",
			},
			{
				name: "a container that started before the copy was new proves the new value",
				find: "startedOutside(pod, copies, windows);",
				replace: "undefined;",
			},
			{
				name: "a status of a pod that has not mounted proves its versions",
				find: "if (!status.status.mounted) return",
				replace: "if (false) return",
			},
			{
				name: "any version that a pod has mounted proves the new one",
				find: "if (has === version || (has && (await isAsGood?.(published, has)))) continue;",
				replace: "if (has) continue;",
			},
			{
				name: "a delivery waits for a version that no pod will mount, though each has its value",
				find: "if (has === version || (has && (await isAsGood?.(published, has)))) continue;",
				replace: "if (has === version) continue;",
			},
			{
				name: "the vault is asked about pods that something else keeps from being proved",
				find: "const asked = other === undefined ? isAsGood : undefined;",
				replace: "const asked = isAsGood;",
			},
		],
	),
	...inFile(
		"src/lib/paths/copies.ts",
		[contract("csi-driver"), "test/unit/paths/csi-driver/provider-class.test.ts"],
		[
			{
				name: "Key Vault's names know case",
				find: "one.toLowerCase() === other.toLowerCase()",
				replace: "one === other",
			},
			{
				name: "a window in which the copy was new has no end",
				find: "(until === undefined || start + 1000 <= Date.parse(until))",
				replace: "true",
			},
			{
				name: "a container's start is known to the millisecond",
				find: "start + 1000 <= Date.parse(until)",
				replace: "start <= Date.parse(until)",
			},
			{
				name: "what kubelet read of a Secret some seconds ago is not reckoned with",
				find: "const cacheMs = 5_000;",
				replace: "const cacheMs = 0;",
			},
			{
				name: "a copy counts as new when its first key is",
				find: "one.secret === name && !isCurrent(held, one)",
				replace: "one === expected[0] && !isCurrent(held, one)",
			},
		],
	),
	...inFile(
		"src/lib/paths/csi-driver/classes.ts",
		[contract("csi-driver")],
		[
			{
				name: "a pinned version is no obstacle",
				find: "mounted.some(({ version }) => version !== undefined)",
				replace: "false",
			},
			{
				name: "a class with a history of versions is no obstacle",
				find: "if (mounted.some(({ history }) => history)) {",
				replace: "if (false) {",
			},
			{
				name: "a class that does not mount the secret is no obstacle",
				find: "if (place === 0 && index === 0 && mounted.length === 0)",
				replace: "if (false)",
			},
			{
				name: "a second class has to mount the secret too",
				find: "place === 0 && index === 0 && mounted",
				replace: "index === 0 && mounted",
			},
			{
				name: "a class of another vault is no obstacle",
				find: "if (vaultName !== undefined && !sameName(read.vaultName, vaultName))",
				replace: "if (false)",
			},
			{
				name: "a second class that mounts the secret is no matter",
				find: "if (mounts && sameName(also.vaultName, read.vaultName)) used.push(also);",
				replace: "",
			},
			{
				name: "a second class that mounts nothing of ours is held to the same",
				find: "if (mounts && sameName",
				replace: "if (sameName",
			},
			{
				name: "a value that the provider decodes is no obstacle",
				find: "if (encoded) return",
				replace: "if (false) return",
			},
			{
				name: "a key that nothing writes under the secret's own name is no obstacle",
				find: "secrets.some((name) => sameName(name, file)),",
				replace: "false,",
			},
		],
	),
	...inFile(
		"src/lib/paths/csi-driver/pod-status.ts",
		[contract("csi-driver")],
		[
			{
				name: "a status of another class proves this one's",
				find: "status.secretProviderClassName === providerClass &&\n",
				replace: "\n",
			},
			{
				name: "a status of the pod before, of the same name, proves this one's",
				find: 'status.targetPath.split("/").includes(uid)',
				replace: 'status.targetPath.includes("uid")',
			},
		],
	),
	...inFile(
		"src/lib/paths/external-secrets/delivery.ts",
		[contract("external-secrets")],
		[
			{
				name: "every try asks for a sync anew",
				find: "const value = ",
				replace: "const value = Math.random() + ",
			},
			{
				name: "a store of another vault is no obstacle",
				find: "(await foreignStore(consumer, resource, wanted)) ?? ",
				replace: "",
			},
			{
				name: "a PushSecret that writes to the secret is no obstacle",
				find: "?? (await pushed(consumer, wanted))",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/paths/kubernetes-secret/delivery.ts",
		[contract("kubernetes-secret")],
		[
			{
				name: "a Secret is written over whatever somebody else has written meanwhile",
				find: "metadata: { resourceVersion: read.metadata?.resourceVersion }, data",
				replace: "data",
			},
			{
				name: "every key is written, whether it lacks its value or not",
				find: "expected.filter((one) => !isCurrent(secret, one))",
				replace: "expected.filter(() => expected.some((one) => !isCurrent(secret, one)))",
			},
			{
				name: "a Secret that has the values is written again",
				find: 'if (stale.length === 0) return "copy-kept";',
				replace: "",
			},
			{ name: "what is not live any more is written", find: "await stillLive();", replace: "" },
			{
				name: "the vault is asked before the Secret is read",
				find: "const expected = expectedOf(consumer, published);\n\t\t\tconst secret",
				replace: "await stillLive();\n\t\t\tconst expected = expectedOf(consumer, published);\n\t\t\tconst secret",
			},
			{
				name: "a right to write that is lacking is found only after the publication",
				find: 'if (secret) await write(consumer, secret, {}, "All");',
				replace: "",
			},
			{
				name: "an immutable Secret is no obstacle",
				find: "if (secret.immutable) return",
				replace: "if (false) return",
			},
			{
				name: "a key that somebody else keeps is no obstacle",
				find: "if (owner !== undefined) return",
				replace: "if (false) return",
			},
			{
				name: "an owner that came after the plan is not looked for again",
				find: "if (unfit || !secret) throw unfit;",
				replace: "if (!secret) throw unfit;",
			},
			{
				name: "a Secret that no container takes is no obstacle",
				find: "unused(consumer, copies[0], found.sources) ??",
				replace: "",
			},
			{
				name: "another key of the Secret is as good as the managed secret's",
				find: "use.secret === secret && (use.key === undefined || use.key === key)",
				replace: "use.secret === secret",
			},
			{
				name: "what the containers take from elsewhere is no obstacle",
				find: "return elsewhere(consumer, found.sources, copies, wanted, findSecret);",
				replace: "return undefined;",
			},
		],
	),
	...inFile(
		"src/lib/paths/kubernetes-secret/owners.ts",
		["test/unit/paths/kubernetes-secret/owners.test.ts"],
		[
			{
				name: "what a person wrote once is a program's",
				find: "manager !== fieldManager && !byHand.includes(manager)",
				replace: "manager !== fieldManager",
			},
			{
				name: "what kubectl apply brings back is nobody's",
				find: 'if (appliesKey(annotations[lastApplied], key)) return called("kubectl-client-side-apply", secret);',
				replace: "",
			},
			{
				name: "whoever keeps another key keeps this one",
				find: '?.["f:data"]?.[',
				replace: '?.["f:data"] ?? {["f:" + key]: undefined}[',
			},
			{
				name: "a manager's name is repeated whatever it is",
				find: "/^[A-Za-z0-9][\\w.-]{0,62}$/.test(text)",
				replace: "true",
			},
		],
	),
	...inFile(
		"src/lib/kinds/sources.ts",
		["test/unit/kinds/sources.test.ts"],
		[
			{
				name: "init containers and sidecars take nothing",
				find: "const all = [...initContainers, ...containers];",
				replace: "const all = [...containers];",
			},
			{ name: "envFrom takes nothing", find: "return [...one, ...whole];", replace: "return [...one];" },
			{
				name: "a projected volume takes nothing",
				find: "...(projected?.sources ?? []).flatMap((source) => uses(source.secret?.name, source.secret?.items)),",
				replace: "",
			},
			{
				name: "a volume that no container mounts counts",
				find: "mounts.some((mount) => mount.name === name)",
				replace: "true",
			},
			{
				name: "a pod refers to none",
				tests: ["test/unit/kinds/mark.test.ts"],
				find: "...new Set(sourcesOf(of).secrets.map(({ secret }) => secret)),",
				replace: "",
			},
			{
				name: "a file that is mounted by subPath is renewed",
				find: "mounts.filter(({ subPath, subPathExpr }) => !subPath && !subPathExpr)",
				replace: "mounts.filter(() => true)",
			},
		],
	),
	...inFile(
		"src/lib/paths/elsewhere.ts",
		["test/unit/paths/elsewhere.test.ts"],
		[
			{
				name: "a value that stands in the template is no source",
				find: "if (held) return fault(place, held.secret);",
				replace: "",
			},
			{
				name: "every Secret of the workload has to be readable",
				find: '!isOurs && error instanceof Fault && error.code === "cluster-forbidden"',
				replace: "false",
			},
			{
				name: "a Secret that is used under the secret's own name need not be readable",
				find: "used !== undefined && sameName(one.secret, used)",
				replace: "used === one.secret.length.toString()",
			},
			{
				name: "of a Secret that is copied every key counts as copied",
				find: "copy.secret === name && copy.key === key);",
				replace: "copy.secret === name);",
			},
			{
				name: "a short value is found by chance",
				find: "text.length < 8 ? value.equals(text) : value.includes(text)",
				replace: "value.includes(text)",
			},
		],
	),
	...inFile(
		"src/lib/adapters/kubernetes/faults.ts",
		[unit("kubernetes/faults"), contract("workloads")],
		[
			{
				name: "an admission webhook's refusal is a missing right",
				find: "if (by !== undefined) return denied(by);",
				replace: "",
			},
			{
				name: "a proxy's 404 is an absent object",
				find: 'return status?.reason === "NotFound" && status.details?.name !== undefined;',
				replace: "return true;",
			},
			{
				name: "a resource that the cluster does not know is an absent object",
				find: " && status.details?.name !== undefined;",
				replace: ";",
			},
			{
				name: "any text is a reason of Kubernetes",
				find: 'reasons.find((known) => known === reason) ?? "no',
				replace: 'reason ?? "no',
			},
		],
	),
	...inFile(
		"src/lib/kinds/mark.ts",
		[kind("mark"), contract("workloads")],
		[
			{
				name: "an earlier round's roll is done again",
				find: "found.round >= mark.round",
				replace: "found.round === mark.round",
			},
			{ name: "the next round is not rolled", find: " && found.round >= mark.round", replace: "" },
			{
				name: "a rollout that somebody undid passes for ours",
				find: "return found?.rotationId === mark.rotationId && found",
				replace: "return found !== undefined && found",
			},
			{
				name: "another secret's roll overwrites the mark",
				find: 'createHash("sha256").update(secret.toLowerCase()).digest("hex").slice(0, 32)',
				replace: 'createHash("sha256").update(secret.slice(0, 3)).digest("hex").slice(0, 32)',
			},
			{
				name: "a roll of other versions passes for one of these",
				find: "return contents === sought.contents ? roll : undefined;",
				replace: "return contents ? roll : undefined;",
			},
			{
				name: "a mark of the former form is another secret's",
				find: 'if (secretOfRotation(before) !== secret.split("/").at(-1)) return undefined;',
				replace: "return undefined;",
			},
		],
	),
	...inFile(
		"src/lib/kinds/deployment.ts",
		[kind("deployment")],
		[
			{
				name: "the rollout before passes for this one",
				find: "if (!isObserved(seen.workload)) return",
				replace: "if (false) return",
			},
			{
				name: "a rollout that is stuck is waited for",
				find: "if (stuck) return failed(stuck);",
				replace: "",
			},
			{
				name: "a rollout is over before all replicas are new",
				find: "if (updatedReplicas < replicas) return",
				replace: "if (false) return",
			},
			{ name: "a rollout is over while old replicas run", find: "if (old > 0) return", replace: "if (false) return" },
			{
				name: "a rollout is over before its pods are available",
				find: "if (availableReplicas < updatedReplicas)\n",
				replace: "if (false)\n",
			},
			{
				name: "an evicted pod is waited for",
				find: "replicaSets) && !isOver(pod));\n\n",
				replace: "replicaSets));\n\n",
			},
			{
				name: "a pod that was orphaned is nobody's",
				find: "if (owner === undefined) return true;",
				replace: "if (owner === undefined) return false;",
			},
			{
				name: "another Deployment's pod is ours",
				find: "return set === undefined || controls(workload, set);",
				replace: "return true;",
			},
			{
				name: "a pod whose ReplicaSet is gone is nobody's",
				find: "return set === undefined || controls",
				replace: "return set !== undefined && controls",
			},
			{
				name: "asking whether a workload can be rolled rolls it",
				find: "body, fieldManager, dryRun }",
				replace: "body, fieldManager }",
				tests: [contract("workloads")],
			},
			{
				name: "the mark is written under whatever name the client has",
				find: "body, fieldManager, dryRun }",
				replace: "body, dryRun }",
				tests: [contract("workloads")],
			},
			{
				name: "a workload that is scaled to zero can be delivered to",
				find: "if (spec?.replicas === 0) return",
				replace: "if (false) return",
				tests: [contract("workloads")],
			},
			{
				name: "a paused Deployment is waited for",
				find: "if (spec?.paused) return failed",
				replace: "if (false) return failed",
			},
			{
				name: "a template that somebody replaced is waited for",
				find: "if (!carries(spec?.template, mark)) return",
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/kinds/stateful-set.ts",
		[kind("stateful-set")],
		[
			{
				name: "counters of the revision before are full, and so the rollout is over",
				find: "if (currentRevision !== updateRevision) return",
				replace: "if (false) return",
			},
			{
				name: "a StatefulSet is rolled before all of its replicas are new",
				find: "if (updatedReplicas < replicas)\n",
				replace: "if (false)\n",
			},
			{
				name: "a new pod of a StatefulSet that is not available has served",
				find: "if (available < replicas) return",
				replace: "if (false) return",
			},
			{
				name: "replicas of a StatefulSet that is being scaled down are forgotten",
				find: "if (surplus > 0) return",
				replace: "if (false) return",
			},
			{
				name: "nobody hears of the pod that blocks its own replacement",
				find: "...(isOrdered(workload) &&\n",
				replace: "...(false &&\n",
			},
			{
				name: "a StatefulSet is rolled that no pod can be replaced of",
				find: "!isOrdered(workload) || readyReplicas >= replicas",
				replace: "true",
			},
			{
				name: "pods of a StatefulSet that are managed in parallel block each other",
				find: 'spec?.podManagementPolicy !== "Parallel"',
				replace: "spec !== undefined",
			},
			{
				name: "a StatefulSet whose pods are replaced on deletion is rolled",
				find: 'if (type === "OnDelete") return',
				replace: "if (false) return",
			},
			{
				name: "ordinals below a partition are forgotten",
				find: "if (partition > 0) return",
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/kinds/daemon-set.ts",
		[kind("daemon-set")],
		[
			{
				name: "a DaemonSet is rolled before each node has a new pod",
				find: "if (updatedNumberScheduled < nodes)\n",
				replace: "if (false)\n",
			},
			{
				name: "a new pod of a DaemonSet that is not available has served",
				find: "if (numberAvailable < nodes) return",
				replace: "if (false) return",
			},
			{
				name: "an old pod on a node that should have none goes on unseen",
				find: "return podsState(running, old, nodes);",
				replace: "return podsState(running.filter((pod) => !old.includes(pod)), [], nodes);",
			},
			{
				name: "a DaemonSet whose pods are replaced on deletion is rolled",
				find: 'updateStrategy?.type === "OnDelete")\n',
				replace: 'updateStrategy?.type === "Never")\n',
			},
			{
				name: "a DaemonSet without a node is rolled",
				find: "isObserved(workload) && workload.status?.desiredNumberScheduled === 0",
				replace: "false",
			},
		],
	),
	...inFile(
		"src/lib/kinds/pods.ts",
		[kind("deployment"), kind("stateful-set"), kind("daemon-set")],
		[
			{
				name: "a rollout is over while an old pod still ends",
				find: "return old.length > 0 ? {",
				replace: "return old.length > 99 ? {",
			},
			{
				name: "an old pod that serves is on its way out",
				find: "if (!old.every(isEnding)) return",
				replace: "if (false) return",
			},
			{
				name: "counters of the template before are taken for the new one's",
				find: "(status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0)",
				replace: "true",
			},
			{
				name: "a pod that its controller has orphaned is nobody's",
				find: "owner === undefined || owner.uid === workload",
				replace: "owner?.uid === workload",
			},
			{
				name: "another workload's pod under the same selector is ours",
				find: "owner === undefined || owner.uid === workload.metadata?.uid",
				replace: "true",
			},
			{
				name: "a pod is as old as its youngest container",
				find: "a.getTime() - b.getTime()",
				replace: "b.getTime() - a.getTime()",
			},
		],
	),
	...inFile(
		"src/lib/kinds/workloads.ts",
		[contract("workloads")],
		[
			{
				name: "a workload that is held is patched, and never rolls",
				find: 'if (fault && fault.code !== "workload-empty") throw',
				replace: "if (false) throw",
			},
			{
				name: "a roll that comes again restarts all pods",
				find: "if (carries(marked, mark)) return undefined;",
				replace: "",
			},
			{
				name: "a right to patch that is lacking is found only after the password has changed",
				find: "await rolledKindOf(ref).roll(client, ref, dryRun);",
				replace: "",
			},
			{
				name: "a right to list pods that is lacking is found only after the password has changed",
				find: "await kind.owned(client, ref, workload);\n\t\tif (patches",
				replace: "if (patches",
			},
		],
	),
	...inFile(
		"src/lib/paths/csi-driver/provider-class.ts",
		["test/unit/paths/csi-driver/provider-class.test.ts", contract("csi-driver")],
		[
			{ name: "a version given as latest is pinned", find: '["", "latest"]', replace: '[""]' },
			{
				name: "an alias is not the name of the file that is synced",
				find: "const file = item.objectAlias || item.objectName;\n\t\t\treturn",
				replace: "const file = item.objectName;\n\t\t\treturn",
			},
			{
				name: "a key or certificate of the vault passes for a secret",
				find: '.filter(({ objectType }) => (objectType || "secret").toLowerCase() === "secret")',
				replace: "",
			},
			{
				name: "a blank type is that of no secret",
				find: '(objectType || "secret")',
				replace: "objectType",
			},
			{
				name: "a null is the text null",
				find: "/^(~|null|Null|NULL)?$/",
				replace: "/^$/",
			},
			{
				name: "a number is written as it is read",
				find: 'parse(source, { schema: "failsafe" })',
				replace: "parse(source)",
			},
			{
				name: "an encoding knows case",
				find: '(item.objectEncoding || "utf-8").toLowerCase()',
				replace: '(item.objectEncoding || "utf-8")',
			},
			{
				name: "a key that nothing writes is written",
				find: "copies.filter(({ file }) => !files.includes(file))",
				replace: "copies.filter(({ file }) => files.length === 0 && file)",
			},
			{
				name: "a class of another provider is read",
				find: 'if (provider !== "azure") return',
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/kinds/reloader.ts",
		[kind("reloader")],
		[
			{
				name: "a pattern in Reloader's annotation matches nothing",
				find: " || !/^[a-z0-9.-]+$/.test(entry)",
				replace: "",
			},
			{
				name: "what Reloader ignores is a reason to refuse",
				find: '/ignore`] === "true") return',
				replace: '/ignore`] === "no") return',
			},
			{
				name: "what is excluded from Reloader is a reason to refuse",
				find: "if (excluded.includes(name)) return undefined;",
				replace: "",
			},
			{
				name: "a search finds what is not tagged for it",
				find: '/match`] === "true"',
				replace: '/match`] !== "no"',
			},
			{
				name: "an annotation on the pod template is not looked at",
				find: "? workload : template;",
				replace: "? workload : {};",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/pair.ts",
		["test/contract/pair.test.ts"],
		[
			{
				name: "an owner that may log in is no reason",
				find: "...(ownerRow.rolcanlogin ?",
				replace: "...(!ownerRow.rolcanlogin && false ?",
			},
			{
				name: "what a setting is set to is told",
				find: 'setting.split("=")[0]',
				replace: "setting",
			},
			{
				name: "privileges that only one role has are no reason",
				find: "OPERATOR(pg_catalog.=) 'a' OR",
				replace: "OPERATOR(pg_catalog.=) 'x' OR",
			},
		],
	),
	...inFile(
		"src/lib/targets/postgres/sessions.ts",
		["test/contract/pair.test.ts"],
		[
			{
				name: "sessions whose start is hidden do not count",
				find: "const ofRole = `activity.usename",
				replace: "const ofRole = `activity.backend_start IS NOT NULL AND activity.usename",
			},
		],
	),
];
