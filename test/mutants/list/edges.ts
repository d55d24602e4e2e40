import { inFile } from "../mutant.ts";

const orchestrator = (name: string) => `test/unit/orchestrators/${name}.test.ts`;
const trigger = (name: string) => `test/unit/triggers/${name}.test.ts`;
const http = (name: string) => `test/unit/http/${name}.test.ts`;
/** Without its replays and its crashes, which are slow. */
const straight = (name: string) => ({ file: orchestrator(name), names: /^(?!.*(replayed|every effect|any effect))/ });
const deliveries = [straight("deliver-consumer"), "test/unit/steps/rotation.test.ts", straight("rotate")];

const verifying = (names: RegExp) => ({ file: "test/integration/audit-tampering.test.ts", names });

export const edges = [
	...inFile("src/lib/orchestrators/await-copy.ts", deliveries, [
		{
			name: "a workload is rolled when its copy was seen new once",
			find: 'copy.state === "current" && firstCurrent !== undefined',
			replace: 'copy.state === "current"',
		},
		{
			name: "a copy that was written back in between counts as seen twice",
			find: '...(copy.state === "current" && { firstCurrent: copy.at }),',
			replace: 'firstCurrent: copy.state === "current" ? copy.at : firstCurrent,',
		},
		{
			name: "a copy that never becomes new is waited for without end",
			find: "if (waited >= consumer.copyTimeoutSeconds) {",
			replace: "if (waited >= 1e9) {",
		},
	]),
	...inFile("src/lib/orchestrators/await-pods.ts", deliveries, [
		{
			name: "a copy that was old again while the pods started is not noticed",
			find: "{ ...at, disturbed: true, oldAgain: copy.waitingFor }",
			replace: "at",
		},
		{ name: "pods are rolled without end", find: "round % mostRounds !== 0", replace: "round > 0" },
		{
			name: "a proof that never comes is waited for without end",
			find: "secondsFrom(durable, since) >= consumer.rolloutTimeoutSeconds;",
			replace: "secondsFrom(durable, since) >= 1e9;",
		},
		{
			name: "a rollout that failed is waited for",
			find: 'if (rollout.state === "failed") return',
			replace: "if (false) return",
		},
	]),
	...inFile("src/lib/orchestrators/deliver-all.ts", deliveries, [
		{
			name: "a delivery that breaks takes the rotation's record with it",
			find: "} catch {\n",
			replace: "} catch (error) {\n\t\tthrow error;\n",
		},
		{
			name: "a second delivery passes for the first one",
			tests: ["test/unit/orchestrators/canary.test.ts"],
			find: "round: before * mostRounds + 1",
			replace: "round: 1",
		},
		{
			name: "a delivery's steps are told twice",
			find: "progress.know({ consumers: all(yield* process) });",
			replace: "all(yield* process);",
		},
	]),
	...inFile("src/lib/orchestrators/patience.ts", deliveries, [
		{
			name: "one 403 ends a delivery",
			find: 'waitingHelps(error.problem.code) !== "after"',
			replace: "error.problem.code !== undefined",
		},
	]),
	...inFile("src/lib/orchestrators/deliver-consumer.ts", deliveries, [
		{
			name: "time in which nothing could be seen brings the deadline nearer",
			find: "Date.parse(at.since) + vainSeconds * 1000",
			replace: "Date.parse(at.since)",
		},
		{ name: "a wait of hours has one history", find: "durable.continueAs(left.next);", replace: "" },
		{
			name: "a step that failed for good takes the delivery with it",
			find: "if (!(error instanceof StepFailed)) throw error;",
			replace: "throw error;",
		},
	]),
	...inFile("src/lib/orchestrators/deliver.ts", deliveries, [
		{ name: "a delivery's dry run delivers", find: "if (request.dryRun) return", replace: "if (false) return" },
	]),
	...inFile("src/lib/orchestrators/delivery.ts", deliveries, [
		{
			name: "whoever gives up leaves its step open on the log",
			find: 'yield* noted(durable, state, stepName, "outcome", problem);',
			replace: "",
		},
	]),
	...inFile(
		"src/lib/orchestrators/process.ts",
		[straight("rotate"), straight("reconcile"), "test/unit/orchestrators/retrying.test.ts"],
		[
			{
				name: "a step that was refused counts as done",
				find: "if (isRefusal(answer)) throw",
				replace: "if (false) throw",
			},
			{
				name: "what is tried again is not shown",
				find: "durable.retrying({ ...what, nextTryAt });",
				replace: "",
			},
			{
				name: "a step that was tried in vain is final",
				tests: [orchestrator("retrying")],
				find: "throw new StepFailed(name, problem, false);",
				replace: "throw new StepFailed(name, problem, true);",
			},
			{
				name: "to wait for a turn uses up the patience with failures",
				find: "const tries = isQueued ? turns : attempt - turns;",
				replace: "const tries = attempt;",
			},
			{
				name: "a turn is given up as soon as a step that fails",
				find: "isQueued ? queue : usual",
				replace: "usual",
			},
			{
				name: "a problem loses its sentence on its way through durable storage",
				find: "message: sentence ??",
				replace: "message: undefined ??",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/progress.ts",
		[straight("rotate")],
		[
			{
				name: "an outcome is shown before it is recorded",
				find: "const { now: _, expectedBy: __, ...rest } = status;",
				replace: "set(facts); const { now: _, expectedBy: __, ...rest } = status;",
			},
			{
				name: "a dry run is not told from a rotation",
				find: "...(request.dryRun && { dryRun: true as const }),",
				replace: "",
				tests: [straight("rotate"), http("api"), "test/unit/infra/alerts.test.ts"],
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/reconcile.ts",
		[straight("reconcile")],
		[
			{
				name: "a reconciliation's dry run changes things",
				find: "if (request.dryRun) return",
				replace: "if (false) return",
			},
			{
				name: "a pending secret is put away although the switch did not end",
				find: 'act === "adopt" ? ids : target, {',
				replace: "target, {",
			},
			{
				name: "a pending secret that nobody goes on with stays",
				find: 'act === "adopt" ? pendingCredential : credentialId',
				replace: "credentialId",
			},
			{
				name: "what was brought back is not judged again",
				find: 'if (plan.problem) throw new StepFailed("planReconciliation", plan.problem, true);',
				replace: "",
			},
			{
				name: "a reconciliation that has changed something says that nothing was changed",
				find: 'begun && ended.outcome === "refused" ? "interrupted" : ended.outcome',
				replace: "ended.outcome",
			},
			{
				name: "what fails after something was brought back is told as refused",
				find: "if (!begun) return",
				replace: "if (begun || !begun) return",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/rotate.ts",
		[straight("rotate"), straight("reconcile")],
		[
			{ name: "a dry run rotates", find: "if (request.dryRun) return", replace: "if (false) return" },
			{
				name: "a key signs although some pod does not accept it",
				tests: ["test/unit/steps/fallbacks.test.ts"],
				find: "const problem = undelivered(delivered);",
				replace: "const problem = delivered.length > 9 ? delivered[0]?.problem : undefined;",
			},
			{
				name: "a second step that fails says that nothing was changed",
				tests: ["test/unit/steps/fallbacks.test.ts"],
				find: 'target.acceptedBy !== undefined && outcome === "refused"',
				replace: "false",
			},
			{
				name: "a rotation that is not due goes on",
				find: 'if (plan.act === "skip") {',
				replace: "if (false) {",
			},
			{ name: "a rotation that was refused goes on", find: 'if (plan.act === "refuse") {', replace: "if (false) {" },
		],
	),
	...inFile(
		"src/lib/orchestrators/ending.ts",
		[straight("rotate"), straight("reconcile")],
		[
			{
				name: "a rotation that was given up while it was open is called compensated",
				tests: [orchestrator("retrying")],
				find: 'final ? outcomes[leavesOf(problem.code)] : "interrupted"',
				replace: "outcomes[leavesOf(problem.code)]",
			},
			{
				name: "a pending secret that was deleted in the middle is called compensated",
				find: 'open: "interrupted"',
				replace: 'open: "compensated"',
			},
			{
				name: "what changed nothing is called compensated",
				find: 'untouched: "refused"',
				replace: 'untouched: "compensated"',
			},
			{
				name: "a consumer that failed is no part of the outcome",
				find: "= undelivered(consumers);",
				replace: "= undelivered([]);",
			},
			{
				name: "the end of a rotation is not recorded",
				find: "yield* attempted(reachedConsumers(status) ? patiently(durable, record) : record());",
				replace: "",
			},
			{
				name: "the log's head is not signed at the end",
				find: 'yield* attempted(step(durable, "signHead", ids));',
				replace: "undefined as unknown as Problem;",
				tests: [orchestrator("sign-head")],
			},
			{
				name: "a rotation goes on for as long as somebody may give the right to sign the head",
				find: 'attempted(step(durable, "signHead", ids));',
				replace: 'attempted(patiently(durable, () => step(durable, "signHead", ids)));',
				tests: [orchestrator("sign-head")],
			},
			{
				name: "a head that could not be signed is noted nowhere",
				find: "if (unsigned) {",
				replace: "if (false) {",
				tests: [orchestrator("sign-head")],
			},
			{
				name: "a record that cannot be written ends a rotation that is over",
				find: "if (error instanceof StepFailed) return error.problem;",
				replace: "",
				tests: [orchestrator("sign-head"), straight("rotate")],
			},
		],
	),
	...inFile(
		"src/lib/triggers/request.ts",
		[trigger("request"), trigger("event"), "test/unit/compliance/sweep.test.ts", http("api")],
		[
			{
				name: "a request is started before it is on the log",
				find: "await log.append({ ...entry, code: isAgain",
				replace: "void log.append({ ...entry, code: isAgain",
			},
			{
				name: "a delivery that comes again is recorded as a new request",
				find: "(await log.append(received)) === 0",
				replace: "(await log.append(received)) < 0",
			},
			{
				name: "a losing request does not wait for one that may end without doing it",
				tests: [trigger("request-waits")],
				find: 'if (started.state === "already-running" && started.covers) return',
				replace: 'if (started.state === "already-running") return',
			},
			{
				name: "a request waits although what runs does what it asks",
				tests: [trigger("request-waits")],
				find: 'if (started.state === "already-running" && started.covers) return started;',
				replace: "",
			},
			{
				name: "a duplicate has no outcome on the log",
				find: 'await log.append({ ...ended, code: "already-running" });',
				replace: "",
			},
			{
				name: "what is refused or ignored is on no log",
				find: "await noteEach(trigger, { ...noteOf(trigger, secret), code, message });",
				replace: "",
			},
			{
				name: "a further delivery of what is ignored is not told from the first",
				find: "if ((await log.append(note)) > 0 || delivery === undefined) return;",
				replace: "await log.append(note); return;",
			},
			{
				name: "drift is told to no alert",
				find: 'trigger.tell({ event: "drift", secret, drift: code });',
				replace: "",
				tests: ["test/unit/compliance/sweep.test.ts", trigger("event"), "test/unit/infra/alerts.test.ts"],
			},
			{
				name: "a request that lost to what is over by now vanishes",
				tests: [trigger("request"), trigger("request-waits"), trigger("rotations"), trigger("event")],
				find: 'if (started.state === "started" || tries',
				replace: 'if (started.state !== "already-running" || tries',
			},
			{
				name: "a request that was over before what it lost to is done twice",
				tests: [trigger("request"), trigger("request-waits"), trigger("rotations"), trigger("event")],
				find: 'if (await records.rotation(request.rotationId)) return { state: "started" };',
				replace: "",
			},
			{
				name: "a switch that was cut short is not finished by the next request",
				tests: [trigger("request")],
				find: 'if (tries === 0 && started.state === "already-running") await',
				replace: "if (false) await",
			},
		],
	),
	...inFile(
		"src/lib/triggers/event.ts",
		[trigger("event")],
		[
			{
				name: "a secret of the same name in another vault is rotated",
				find: "same(name, objectName) && same(azureNameOf(config.vaults[vault]!), vaultName)",
				replace: "same(name, objectName)",
			},
			{
				name: "a pending secret's event rotates",
				find: 'if (objectName.toLowerCase().endsWith("-pending")) {',
				replace: "if (false) {",
			},
			{
				name: "a key's or a certificate's event rotates a secret",
				find: '?.toLowerCase() !== "secret") {',
				replace: "?.toLowerCase() === undefined) {",
			},
			{
				name: "any text is a version",
				find: "if (!/^[0-9a-f]{32}$/i.test(version)) return",
				replace: "if (false) return",
			},
			{
				name: "any text of the sender's is the event's id on the log",
				find: "id !== undefined && /^[\\w.:-]{1,128}$/.test(id)",
				replace: "id !== undefined",
			},
			{
				name: "any type of event rotates",
				find: "if (!rotating.has(type) && type !== newVersion) {",
				replace: "if (false) {",
			},
			{ name: "a new version rotates by itself", find: 'type === newVersion ? "look" : "rotate"', replace: '"rotate"' },
			{ name: "of two keys that are one the last counts", find: "if (!fields.has(name)) fields", replace: "fields" },
		],
	),
	...inFile(
		"src/lib/triggers/on-event.ts",
		[trigger("event")],
		[
			{
				name: "an event that came during an outage is acknowledged, and lost",
				find: "if (maker.transient) throw maker;",
				replace: "",
			},
			{
				name: "a version of the rotator's own is told as drift",
				find: 'if (maker.who === "rotation") return',
				replace: "if (false) return",
			},
			{
				name: "a version that has a newer one is told as drift",
				find: 'if (maker.who === "gone") return',
				replace: "if (false) return",
			},
			{
				name: "a secret that was never rotated has drifted",
				find: 'if (maker.who === "first") return',
				replace: "if (false) return",
			},
			{
				name: "an event's redelivery has another identity",
				find: "attempt: eventId ?? call.attempt,",
				replace: "attempt: call.attempt,",
			},
			{
				name: "a version with our tag that no record has is a rotation's",
				find: 'who: isKnown ? who : "hand"',
				replace: "who: isKnown ? who : who",
			},
			{
				name: "a version that a rotation has just published is told as drift",
				find: "isRunnings || ",
				replace: "",
			},
			{
				name: "any version with a tag of ours is believed while a rotation runs",
				find: " && (running.version === undefined || running.version === seenVersion)",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/triggers/look.ts",
		["test/unit/compliance/sweep.test.ts", http("api")],
		[
			{
				name: "a rotation that was cut short is not due",
				find: "...dates, cutShort }",
				replace: "...dates, cutShort: false }",
			},
			{
				name: "one secret that cannot be read ends the sweep",
				find: 'return unreadable(asFault(error, "sweep"), false);',
				replace: "throw error;",
			},
		],
	),
	...inFile(
		"src/lib/compliance/judge.ts",
		["test/unit/compliance/sweep.test.ts"],
		[
			{
				name: "a secret that has drifted is rotated by the sweep",
				find: 'kind === "rotate" ? needsPerson(seen.drift) : seen.isRejected',
				replace: "false",
			},
			{
				name: "a rotation that runs is requested at every sweep",
				find: "if (running) return { ...entryWith(nothingSeen)",
				replace: "if (false) return { ...entryWith(nothingSeen)",
			},
			{
				name: "what a rotation changes while it is looked at is told as drift",
				find: "return running || after?.rotationId !== before?.rotationId ?",
				replace: "return after === null ?",
			},
			{
				name: "a rotation that began and ended while it was looked at is told as drift",
				find: " || after?.rotationId !== before?.rotationId ?",
				replace: " ?",
			},
			{
				name: "a version that was delivered since is delivered again",
				find: "if (lastDelivery.version === version)",
				replace: "if (lastDelivery)",
			},
			{
				name: "a version that some consumer did not get is left",
				find: "const undelivered = runs.undelivered && !seen.isOpen;",
				replace: "const undelivered = false;",
			},
			{
				name: "durable storage that is down ends the sweep",
				find: 'if (fault.code !== "durable-unavailable") throw fault;',
				replace: "throw fault;",
			},
			{
				name: "a covered pending password that the database has starts nothing",
				tests: ["test/unit/compliance/sweep.test.ts"],
				find: ' || state === "expired" || seen.isOpen;',
				replace: ' || state === "expired";',
			},
		],
	),
	...inFile(
		"src/lib/compliance/finish.ts",
		["test/unit/compliance/sweep.test.ts"],
		[
			{
				name: "the sweep closes intents of a rotation that runs",
				find: "filter(({ secretName }) => over.has(secretName))",
				replace: "filter(() => over)",
			},
			{
				name: "the sweep's own record has no signed head over it",
				find: "const unsigned = await signNow(ports).then(",
				replace: "const unsigned = await Promise.resolve({ missing: [] as Fault[] }).then(",
			},
			{
				name: "what lies beside the log is told to nobody",
				find: "if (names.length === 0) return [];",
				replace: "if (names) return [];",
			},
			{
				name: "a rotation that has a record but no end is forgotten",
				tests: [trigger("purge")],
				find: "?.outcome !== undefined);\n\t\treturn",
				replace: " !== undefined);\n\t\treturn",
			},
			{
				name: "durable storage forgets nothing",
				tests: [trigger("purge")],
				find: "await rotations.purge(now, async",
				replace: "void (async",
			},
			{
				name: "a head that cannot be signed is not in the report",
				find: "if (unsigned.length === 0) return;",
				replace: "return;",
			},
		],
	),
	...inFile(
		"src/lib/compliance/vault.ts",
		["test/unit/compliance/sweep.test.ts"],
		[
			{
				name: "the rotator's own pending secrets are told as strangers",
				find: 'name.endsWith("-pending")',
				replace: "false",
			},
			{
				name: "derived secrets are told as strangers",
				find: "...secret.derived.map((derived) => derived.secret)]) known",
				replace: "]) known",
			},
			{
				name: "one vault's failure stops the sweep",
				find: 'problem = problemOf(asFault(error, "sweep"));',
				replace: "throw error;",
			},
		],
	),
	...inFile(
		"src/lib/compliance/page.ts",
		["test/unit/compliance/sweep.test.ts", "test/unit/compliance/page.test.ts"],
		[
			{
				name: "a broken configuration ends the sweep without a report",
				find: "await recordRefusal(triggerOf(ports, sweep, run), unnamed, loaded.code, loaded.sentence);",
				replace: "throw loaded;",
			},
			{
				name: "a page of slow systems goes on until the host ends it",
				find: "if (ports.clock.now().getTime() > until) break;",
				replace: "",
			},
			{
				name: "what was judged is stored at the sweep's end only",
				find: "await records.saveSwept(sweep, page, { secrets, unmanaged: [], problems });",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/compliance/silent.ts",
		["test/unit/compliance/page.test.ts", "test/unit/compliance/silent.test.ts"],
		[
			{
				name: "a cluster that never answers is asked for each consumer",
				find: "if (until !== undefined && until > now().toISOString()) throw system.fault();",
				replace: "",
			},
			{
				name: "eight secrets wait for a dead cluster at once",
				find: "while (first.has(name)) await first.get(name);",
				replace: "",
			},
			{
				name: "one call that fails at once hides all that its vault has",
				find: "now().getTime() - from >= longMs",
				replace: "true",
			},
			{
				name: "a cluster that fails at once is asked by every secret",
				find: " || inARow >= mostInARow",
				replace: "",
			},
			{
				name: "those that fail in the same moment count one by one",
				find: "(isAlone ? 1 : 0)",
				replace: "1",
			},
			{
				name: "only a cluster that cannot be reached is spared",
				find: 'codes: ["cluster-unreachable", "cluster-failed"]',
				replace: 'codes: ["cluster-unreachable"]',
			},
			{
				name: "what was down for a moment is not looked at until tomorrow",
				find: "until > now().toISOString()",
				replace: "until !== ''",
			},
		],
	),
	...inFile(
		"src/lib/adapters/durable/sweeps.ts",
		["test/unit/compliance/start.test.ts"],
		[
			{
				name: "a sweep that runs is begun anew",
				find: 'if (await found(client).then(isAtWork(sweep))) return "already-running";',
				replace: "",
			},
			{
				name: "a sweep that has lost its way keeps all others from beginning",
				find: "new Date(there.lastUpdatedTime).getTime() < longestMs",
				replace: "0 < Number.POSITIVE_INFINITY",
			},
		],
	),
	...inFile(
		"src/lib/http/claims.ts",
		["test/unit/http/authentication.test.ts"],
		[
			{
				name: "a token of version 1 is not told as such",
				find: "isVersion1(iss) === isVersion1(issuer) ?",
				replace: "true ?",
			},
			{
				name: "a token for this API by its other name is told as one for another",
				find: "const hint = isOtherForm",
				replace: "const hint = false",
			},
		],
	),
	...inFile(
		"src/lib/http/authentication.ts",
		[http("authentication")],
		[
			{ name: "PS256 is allowed", find: 'algorithms: ["RS256"]', replace: 'algorithms: ["RS256", "PS256"]' },
			{
				name: "a token is good for an hour after its end",
				find: "const clockToleranceSeconds = 30;",
				replace: "const clockToleranceSeconds = 3600;",
			},
			{
				name: "a token need not name its key",
				find: 'if (kid === undefined) return "does not name its key";',
				replace: "",
			},
			{
				name: "any JWS of the tenant's keys is an access token",
				find: 'if (typ?.toLowerCase() !== "jwt" && typ?.toLowerCase() !== "at+jwt")',
				replace: "if (false)",
			},
			{
				name: "a token for several audiences is one for us",
				find: 'if (typeof aud !== "string") return',
				replace: "if (false) return",
			},
			{
				name: "a token of another tenant is one of ours",
				find: '|| !issuer.split("/").includes(tid)) return',
				replace: ") return",
			},
			{
				name: "an ID token is an access token",
				find: "if (!isId(oid) || !isId(appId)) return undefined;",
				replace:
					'if (!isId(oid)) return undefined;\n\tif (typeof appId !== "string") return { id: oid, appId: "", roles: [] };',
			},
			{ name: "any text of a token is an id on the log", find: "/^[\\w-]{1,64}$/.test(claim)", replace: "claim" },
			{
				name: "a token without an end is good for ever",
				find: 'requiredClaims: ["exp", "oid"]',
				replace: 'requiredClaims: ["oid"]',
			},
			{
				name: "keys that cannot be fetched are the caller's fault",
				find: "if (reason === undefined) throw",
				replace: "if (reason === null) throw",
			},
			{
				name: "a token of any issuer is one of ours",
				find: "{ issuer, audience, algorithms",
				replace: "{ audience, algorithms",
			},
			{
				name: "a token for any audience is one for us",
				find: "{ issuer, audience, algorithms",
				replace: "{ issuer, algorithms",
			},
		],
	),
	...inFile(
		"src/lib/domain/faults/kind.ts",
		[http("api")],
		[
			{
				name: "what may pass is told as if it did not",
				find: 'waitingHelps: "always", leaves: "open", status: 503 })',
				replace: 'waitingHelps: "always", leaves: "open", status: 500 })',
			},
		],
	),
	...inFile(
		"src/lib/domain/faults/request.ts",
		[http("api"), http("authentication")],
		[
			{
				name: "a wrong token is no 401",
				find: 'and rotator does the rest.",\n\t\t{ status: 401 },',
				replace: 'and rotator does the rest.",',
			},
		],
	),
	...inFile(
		"src/lib/config/authorities.ts",
		["test/unit/config/authorities.test.ts"],
		[
			{
				name: "a certificate that is cut off or damaged counts as one",
				find: "if (certificates.length < begun || broken !== -1) {",
				replace: "if (certificates.length === 0) {",
			},
			{ name: "an expired CA is told by nobody", find: "until <= now\n", replace: "until < new Date(0)\n" },
			{
				name: "a cluster's file of CAs is not looked at",
				find: '["clusters", name, "ca"], file: ca }',
				replace: '["clusters", name, "ca"], file: undefined }',
			},
		],
	),
	...inFile(
		"src/lib/config/load.ts",
		["test/unit/config/authorities.test.ts"],
		[
			{
				name: "a file that the configuration names is not looked at when it is loaded",
				find: "const wrong = sound ? await wrongFiles(sound.config, folder, now) : [];",
				replace: "const wrong: { path: string[]; message: string }[] = [];",
			},
		],
	),
	...inFile(
		"src/lib/config/spelling.ts",
		["test/unit/config/configuration.test.ts"],
		[
			{
				name: "a host with the root's dot is another one",
				find: 'url.hostname.replace(/\\.+$/, "");\n\tif (name',
				replace: "url.hostname;\n\tif (name",
			},
			{
				name: "an address of this machine is another one than its name",
				find: "own.test(address) ? ownHost : address",
				replace: "address",
			},
			{ name: "an IPv4 address in an IPv6 one is another one", find: "embedded(name) ?? name", replace: "name" },
			{ name: "two spellings of a host are two servers", find: "hostOf(host) ?? host", replace: "host" },
			{
				name: "a standard port makes another place of an address",
				find: 'url.port || (url.protocol === "https:" ? 443 : 80)',
				replace: "url.port",
			},
			{ name: "an address is asked as it was spelt", find: 'hostname.replace(/\\.+$/, "")}', replace: "hostname}" },
		],
	),
	...inFile(
		"src/cli/audit-verify.ts",
		[verifying(/says what it could not check|does not take for whole|finds and names/)],
		[
			{
				name: "a log that could not be checked has the exit code of one that is whole",
				find: "unchecked: 3 }",
				replace: "unchecked: 0 }",
			},
			{
				name: "a log that is broken has the exit code of one that is whole",
				find: "broken: 1,",
				replace: "broken: 0,",
			},
			{
				name: "what was not checked counts as whole",
				find: 'notChecked.length > 0 ? "unchecked" : "whole"',
				replace: '"whole"',
			},
			{
				name: "a log without a record is whole",
				find: "if (events === 0 && !chain.bad) notChecked",
				replace: "if (false) notChecked",
			},
			{
				name: "a log without signed heads is whole",
				find: "\n\tif (heads.length === 0) notChecked",
				replace: "\n\tif (false) notChecked",
			},
			{
				name: "a log without a second store is whole",
				find: "if (copies.length === 0) notChecked",
				replace: "if (false) notChecked",
			},
			{
				name: "a second store that has no head of this log counts as checked",
				find: "if (copied.length > 0 && !ofThis(copied)) notChecked",
				replace: "if (false) notChecked",
			},
			{
				name: "a log whose beginning is not there is whole",
				find: "if (begins > 1) notChecked",
				replace: "if (false) notChecked",
			},
		],
	),
];
