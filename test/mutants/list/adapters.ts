import { inFile } from "../mutant.ts";

const contract = (name: string, names?: RegExp) => {
	const file = `test/contract/${name}.test.ts`;
	return names ? { file, names } : file;
};
const unit = (name: string) => `test/unit/adapters/${name}.test.ts`;

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
				find: "certain = false;\n\t\t\tconst blocks",
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
				find: "certain = false;\n\t\t\t\tconst { seq",
				replace: "const { seq",
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
		"src/lib/adapters/blob/audit-tail.ts",
		[contract("audit-log")],
		[
			{
				name: "a writer does not check the chain that it goes on with",
				find: "if (linked && !follows(record, head)) throw",
				replace: "if (false) throw",
			},
			{
				name: "a writer goes on after a record that was edited",
				find: 'if ("flaw" in record) throw',
				replace: "if (false) throw",
			},
			{
				name: "a writer goes on after a record that stands behind a closed blob's last",
				find: "if (records.at(-1)?.data.continuedIn) throw",
				replace: "if (false) throw",
			},
			{
				name: "a writer does not notice that its blob was rewritten",
				find: "if (skipped === 1 && found.content[0] !== lineEnd) throw",
				replace: "if (false) throw",
			},
			{
				name: "a writer goes on within a record",
				find: 'if (text !== "" && !text.endsWith("\\n")) throw',
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
				find: "if (blocks < mostBlocks) return undefined;",
				replace: "return undefined;",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/audit-stretch.ts",
		[contract("audit-log", /stretch/)],
		[
			{
				name: "a place in the middle of a record is one",
				find: "if (at === 1 && content[0] !== lineEnd) {",
				replace: "if (false) {",
			},
			{ name: "a place beyond the end is one", find: "if (offset > size) return undefined;", replace: "" },
			{
				name: "a page from a time leaves out what the blob before has of it",
				find: "before ? Math.max(0, size - lastRecord) : 0",
				replace: "before ? size : 0",
			},
		],
	),
	...inFile(
		"src/lib/adapters/blob/container.ts",
		[contract("audit-log"), contract("redaction")],
		[
			{
				name: "a fault names the container with the signature in its address",
				find: "return origin + pathname;",
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
		[contract("audit-log"), contract("head-store"), "test/integration/blob-rights.test.ts"],
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
		"src/lib/adapters/blob/record-store.ts",
		[contract("record-store")],
		[
			{
				name: "an old rotation that ends late hides the newer one",
				find: "if (last && isLater(last.value, status)) return;",
				replace: "",
			},
			{
				name: "of two that end at once the earlier one may be the last",
				find: "{ etag: last?.etag }",
				replace: "undefined",
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
				find: "if (!instance || refusals === mostRefusals) throw",
				replace:
					'if (!instance) return { state: "already-running", covers: true }; if (refusals === mostRefusals) throw',
			},
			{
				name: "a start that was refused by one that is over is not tried again",
				find: "if (!instance || refusals === mostRefusals) throw",
				replace: "throw",
			},
			{ name: "a rotation that a person suspended counts as over", find: ', "Suspended"])', replace: "])" },
		],
	),
	...inFile(
		"src/lib/adapters/identity/credential.ts",
		[contract("identity")],
		[
			{
				name: "a developer's sign-in decides who the rotator is in Azure",
				find: "if (environment.IDENTITY_ENDPOINT === undefined)",
				replace: "if (environment)",
			},
			{
				name: "the setting that names the identity is not looked at",
				find: "new ManagedIdentityCredential({ clientId, retryOptions })",
				replace: "new ManagedIdentityCredential({ retryOptions })",
			},
			{ name: "each call to a cluster asks for a token of its own", find: "kept = token;", replace: "void kept;" },
			{
				name: "a token is used beyond its end",
				find: "kept && kept.expiresOnTimestamp - Date.now() > renewBeforeMs",
				replace: "kept",
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
				find: 'if (inner === "SecretDisabled") return',
				replace: "if (false) return",
			},
			{
				name: "a firewall's refusal is a missing right",
				find: "code === undefined || networkDenials.has",
				replace: "networkDenials.has",
			},
			{
				name: "a deleted secret's name is busy, and waited for",
				find: 'if (inner === "ObjectIsDeletedButRecoverable") return',
				replace: "if (false) return",
			},
			{ name: "another vault's token is an outage", find: "if (foreign) return", replace: "if (false) return" },
		],
	),
	...inFile(
		"src/lib/adapters/key-vault/pipeline.ts",
		[contract("secret-store", /the real client/), contract("head-signer")],
		[
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
				find: "return asked <= longestPauseMs ? asked : undefined;",
				replace: "return Math.min(asked, 100);",
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
			{ name: "a recovery is over before the secret can be read", find: "await poller.pollUntilDone();", replace: "" },
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
			{ name: "a disabled key is an outage", find: 'inner === "KeyDisabled"', replace: "false" },
			{
				name: "a key that is not there is an outage",
				find: 'if (statusCode === 404 && code === "KeyNotFound") {',
				replace: "if (false) {",
			},
		],
	),
	...inFile(
		"src/lib/adapters/key-vault/public-key.ts",
		["test/integration/audit-tampering.test.ts"],
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
		"src/lib/adapters/postgres/connection.ts",
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
				find: 'if (way === undefined) throw unproved("it asks',
				replace: 'if (false) throw unproved("it asks',
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
		"src/lib/adapters/postgres/database.ts",
		[contract("database")],
		[
			{
				name: "a role whose setting makes it another one cannot set its own password",
				find: "SET ROLE NONE;",
				replace: "",
			},
			{
				name: "a session whose owner lost power keeps the lock for two hours",
				find: "SET idle_session_timeout = '10min';",
				replace: "",
			},
			{
				name: "a password that was published may not be on the server's disk",
				find: "'synchronous_commit') = 'off'",
				replace: "'synchronous_commit') = 'never'",
			},
			{
				name: "a text that is no verifier becomes the password",
				find: "if (!isVerifier(verifier)) throw",
				replace: "if (false) throw",
			},
			{ name: "two sessions hold one role's lock", find: "if (!row?.taken) throw", replace: "if (!row) throw" },
			{
				name: "all roles of a server have one lock",
				find: ".digest().readBigInt64BE()",
				replace: ".digest().fill(7).readBigInt64BE()",
			},
			{
				name: "a statement that never ends is waited for",
				find: "const limits = {",
				replace: "const limits = {}; void {",
			},
			{ name: "a role's name is SQL", find: "pg.escapeIdentifier(name)", replace: "name" },
			{
				name: "an outage is a wrong password",
				find: ' && error.code === "password-rejected") return false',
				replace: ") return false",
			},
			{
				name: "a session that cannot be prepared stays open",
				find: "await connection[Symbol.asyncDispose]();\n\t\t\t\tthrow error;",
				replace: "throw error;",
			},
			{
				name: "a right that is lacking is told without its name",
				find: 'if (facts.state !== "present" || facts.maySetPassword) throw error;',
				replace: "throw error;",
			},
		],
	),
	...inFile(
		"src/lib/adapters/postgres/faults.ts",
		[contract("database")],
		[
			{
				name: "pg_hba.conf's refusal is a role that cannot log in",
				find: 'if (error.routine === "InitializeSessionUserId" || error.routine === undefined)',
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
			{ name: "a server that is about to stop is an unknown error", find: 'case "57P01":', replace: "" },
		],
	),
	...inFile(
		"src/lib/adapters/postgres/rights.ts",
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
		"src/lib/adapters/kubernetes/csi-driver.ts",
		[contract("delivery-path"), contract("delivery")],
		[
			{
				name: "a pinned version is no obstacle",
				find: "if (mounted.some(({ pinned }) => pinned)) return",
				replace: "if (false) return",
			},
			{
				name: "a class with a history of versions is no obstacle",
				find: "if (mounted.some(({ history }) => history)) {",
				replace: "if (false) {",
			},
			{
				name: "a class that does not mount the secret is no obstacle",
				find: "if (mounted.length === 0 && index === 0) return",
				replace: "if (false) return",
			},
			{
				name: "a class of another vault is no obstacle",
				find: "if (vault !== undefined) return foreign",
				replace: "if (false) return foreign",
			},
			{
				name: "a synced Secret that is immutable is no obstacle",
				find: "if (secret?.immutable) return",
				replace: "if (false) return",
			},
			{
				name: "a Deployment that Reloader rolls too is no obstacle",
				find: "if (reloader !== undefined)\n",
				replace: "if (false)\n",
			},
			{
				name: "a Deployment whose containers do not mount the class is no obstacle",
				find: "if (!mounts(deployment, delivery.secretProviderClass))",
				replace: "if (false)",
			},
			{
				name: "a right to read the proof that is lacking is found only after the roll",
				find: "await podStatuses(consumer);\n\t\t\treturn undefined;",
				replace: "return undefined;",
			},
			{
				name: "an old value that was written back after the roll is not noticed",
				find: "(stale && `",
				replace: "(stale === null && `",
			},
			{
				name: "a container that started before the copy was new proves the new value",
				find: "startedEarly(pod, copies, copyCurrentSince);",
				replace: "undefined;",
			},
			{
				name: "a status of a pod that has not mounted proves its versions",
				find: "if (!status.status.mounted) return",
				replace: "if (false) return",
			},
			{
				name: "any version that a pod has mounted proves the new one",
				find: "if (has !== version) return",
				replace: "if (has === undefined) return",
			},
			{
				name: "a status of another class proves this one's",
				find: " && status.secretProviderClassName === delivery.secretProviderClass",
				replace: "",
			},
			{
				name: "a copy counts as new when its first key is",
				find: "if (copy.secret === name && !value.equals",
				replace: "if (copy.secret === name && expected[0]?.object === object && !value.equals",
			},
			{
				name: "a copy is compared without the encoding that the provider applies",
				find: "Buffer.from(value.reveal(), object.encoding)",
				replace: "Buffer.from(value.reveal())",
			},
		],
	),
	...inFile(
		"src/lib/adapters/kubernetes/faults.ts",
		[unit("kubernetes/faults"), contract("workloads")],
		[
			{
				name: "an admission webhook's refusal is a missing right",
				find: "code === 403 && status?.details",
				replace: "code === 403",
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
				find: 'reasons.find((known) => known === status?.reason) ?? "no',
				replace: 'status?.reason ?? "no',
			},
		],
	),
	...inFile(
		"src/lib/adapters/kubernetes/mark.ts",
		[contract("workloads"), unit("kubernetes/rollout")],
		[
			{
				name: "an earlier round's roll is done again",
				find: "Number(found[round]) >= mark.round",
				replace: "Number(found[round]) === mark.round",
			},
			{ name: "the next round is not rolled", find: " && Number(found[round]) >= mark.round", replace: "" },
			{
				name: "a rollout that somebody undid passes for ours",
				find: 'return Date.parse(found[restartedAt] ?? "") >= Date.parse(mark.at);',
				replace: "return true;",
			},
			{
				name: "a later rotation's roll counts as undoing ours",
				find: 'return Date.parse(found[restartedAt] ?? "") >= Date.parse(mark.at);',
				replace: "return false;",
			},
		],
	),
	...inFile(
		"src/lib/adapters/kubernetes/rollout.ts",
		[unit("kubernetes/rollout")],
		[
			{
				name: "the rollout before passes for this one",
				find: "if (observedGeneration < (metadata?.generation ?? 0))\n",
				replace: "if (false)\n",
			},
			{
				name: "a rollout that is stuck is waited for",
				find: 'if (progress?.reason === "ProgressDeadlineExceeded") {',
				replace: "if (false) {",
			},
			{
				name: "a rollout is over before all replicas are new",
				find: "if (updatedReplicas < replicas) return",
				replace: "if (false) return",
			},
			{ name: "a rollout is over while old replicas run", find: "if (old > 0) return", replace: "if (false) return" },
			{
				name: "a rollout is over before its pods are available",
				find: "if (availableReplicas < updatedReplicas) return",
				replace: "if (false) return",
			},
			{
				name: "a rollout is over while an old pod still ends",
				find: "if (old.length > 0) return",
				replace: "if (false) return",
			},
			{ name: "an evicted pod is waited for", find: " && !isOver(pod));\n\tconst old", replace: ");\n\tconst old" },
			{
				name: "a pod that was orphaned is nobody's",
				find: "if (owner === undefined) return true;",
				replace: "if (owner === undefined) return false;",
			},
			{
				name: "another Deployment's pod is ours",
				find: "return set === undefined || controls(deployment, set);",
				replace: "return true;",
			},
			{
				name: "a pod whose ReplicaSet is gone is nobody's",
				find: "return set === undefined || controls",
				replace: "return set !== undefined && controls",
			},
			{ name: "a paused Deployment is waited for", find: "if (spec?.paused) return", replace: "if (false) return" },
			{
				name: "a template that somebody replaced is waited for",
				find: "if (!descends(deployment, mark)) {",
				replace: "if (false) {",
			},
			{
				name: "a pod is as old as its youngest container",
				find: "a.getTime() - b.getTime()",
				replace: "b.getTime() - a.getTime()",
			},
		],
	),
	...inFile(
		"src/lib/adapters/kubernetes/workloads.ts",
		[contract("workloads")],
		[
			{
				name: "a paused Deployment is patched, and never rolls",
				find: "if (deployment.spec?.paused) throw",
				replace: "if (false) throw",
			},
			{
				name: "a roll that comes again restarts all pods",
				find: "if (carries(deployment, mark)) return;",
				replace: "",
			},
			{
				name: "a right to patch that is lacking is found only after the password has changed",
				find: 'await patch(workload, { rotationId: "dry-run", round: 1, version: "dry-run", at: "dry-run" }, "All");',
				replace: "",
			},
			{
				name: "asking whether a workload can be rolled rolls it",
				find: "body, fieldManager, dryRun }",
				replace: "body, fieldManager }",
			},
			{
				name: "the mark is written under whatever name the client has",
				find: "body, fieldManager, dryRun }",
				replace: "body, dryRun }",
			},
			{
				name: "a right to list pods that is lacking is found only after the password has changed",
				find: "await podsOf(workload, deployment);\n\t\t\tawait patch",
				replace: "await patch",
			},
			{
				name: "a workload that is scaled to zero can be delivered to",
				find: "if (deployment.spec?.replicas === 0) return",
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/adapters/kubernetes/provider-class.ts",
		[unit("kubernetes/provider-class"), contract("delivery-path")],
		[
			{ name: "a version given as latest is pinned", find: '["", "latest"]', replace: '[""]' },
			{
				name: "an alias is not the name of the file that is synced",
				find: "item.objectAlias || item.objectName",
				replace: "item.objectName",
			},
			{
				name: "a key or certificate of the vault passes for a secret",
				find: '.filter(({ objectType }) => objectType.toLowerCase() === "secret")',
				replace: "",
			},
			{
				name: "a class of another provider is read",
				find: 'if (provider !== "azure") return',
				replace: "if (false) return",
			},
			{
				name: "Key Vault's names know case",
				find: "one.toLowerCase() === other.toLowerCase()",
				replace: "one === other",
			},
		],
	),
	...inFile(
		"src/lib/adapters/kubernetes/reloader.ts",
		[unit("kubernetes/reloader")],
		[
			{
				name: "a pattern in Reloader's annotation matches nothing",
				find: " || !/^[a-z0-9.-]+$/.test(entry)",
				replace: "",
			},
			{
				name: "an annotation on the pod template is not looked at",
				find: "...deployment.spec?.template.metadata?.annotations, ",
				replace: "",
			},
		],
	),
];
