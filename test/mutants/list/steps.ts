import { inFile, type Tests } from "../mutant.ts";

const activity = (name: string) => `test/unit/steps/${name}.test.ts`;
const orchestrator = (name: string) => `test/unit/orchestrators/${name}.test.ts`;
const rotations: readonly Tests[] = [activity("switch"), activity("rotation")];
const turns: readonly Tests[] = [activity("alternating-users")];
/** Slow, and much of it twice: only where nothing else notices. */
const rotating = (names: RegExp): Tests => ({ file: orchestrator("rotate"), names });
const reconciling: Tests = { file: orchestrator("reconcile"), names: /^(?!.*(replayed|every effect|any effect))/ };
const rollingBack: Tests = { file: orchestrator("rollback"), names: /^(?!.*(every effect|instance is lost))/ };
const cutShort: Tests = { file: orchestrator("crash"), names: /login mode self a rotation whose instance is lost/ };
const reconciliations: readonly Tests[] = [activity("switch"), reconciling];

/** Without what is tried at every effect, which is slow. */
const planted: Tests = { file: orchestrator("planted"), names: /^(?!.*after any effect)/ };
const zombie: Tests = orchestrator("zombie");
const shutOut: Tests = orchestrator("shut-out");
const wayBack: Tests = activity("way-back");
const manyAtOnce = "test/contract/many-at-once.test.ts";
const comeApart: Tests = orchestrator("come-apart");
const fallbacks: Tests = activity("fallbacks");

export const activities = [
	...inFile(
		"src/lib/steps/earlier.ts",
		[rollingBack],
		[
			{
				name: "a rollback goes on although somebody has published since",
				find: "seen === undefined || seen === live.secret.version",
				replace: "true",
			},
			{
				name: "a disabled version comes back when it is named",
				find: 'if (!enabled) return "it is disabled, perhaps because it leaked";',
				replace: "",
			},
			{
				name: "a rollback brings back the value that is live",
				find: 'if (value.equals(live) || keyring?.signsAs(value, live)) return "it has the live value";',
				replace: "",
			},
			{
				name: "a rollback goes to the oldest version",
				find: "earlier.slice(-mostLookedAt).reverse()",
				replace: "earlier.slice(-mostLookedAt)",
			},
			{
				name: "a rollback sets a password on which clients do not agree",
				find: "password && unsuited(password, target.name)",
				replace: "false",
			},
		],
	),
	...inFile(
		"src/lib/steps/next-value.ts",
		[rollingBack],
		[
			{
				name: "a rollback makes a new password",
				find: "bringsBack === undefined ? await freshValue(store, target) : await store.version(name, bringsBack)",
				replace: "await freshValue(store, target)",
			},
			{
				name: "a compromised key is a fallback",
				tests: [fallbacks],
				find: "compromised ? [] : ",
				replace: "",
			},
			{
				name: "keys are judged by the live version alone",
				tests: [fallbacks],
				find: "if (value) past.push({ created, value });",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/boundary.ts",
		[activity("boundary")],
		[
			{
				name: "an act begins before its intent is on the log",
				find: "await log.append(...intents.values());",
				replace: "void log.append(...intents.values()).catch(() => {});",
			},
			{
				name: "an act's outcome is not written",
				find: "await log.append(...steps.map(",
				replace: "void log; void (steps.map(",
			},
			{
				name: "a final fault is thrown, so that it is retried in vain",
				find: "if (!fault.transient) return { refused: problemOf(fault) };",
				replace: "",
			},
			{
				name: "a transient fault is returned, so that nobody tries again",
				find: "if (!fault.transient) return",
				replace: "if (fault) return",
			},
			{
				name: "a foreign error crosses the boundary as the cause of ours",
				find: "new Error(fault.message)",
				replace: "new Error(fault.message, { cause: fault.foreign() })",
			},
			{
				name: "a foreign error's text becomes a fault's",
				find: "kind: kindOf(error)",
				replace: "kind: String(error)",
			},
			{
				name: "any text counts as the name of an error's class",
				find: "/^[A-Za-z]{1,40}$/.test(kind)",
				replace: "kind",
			},
			{
				name: "a step that was never begun has the code of the one that failed",
				find: 'index === 0 ? failed.code : "not-begun"',
				replace: "failed.code",
			},
			{
				name: "the log does not say whose credential a rotation goes on with",
				find: "...(ids.credentialId !== undefined &&",
				replace: "...(false &&",
				tests: rotations,
			},
			{
				name: "the failure of an event's or a timer's handler is told to no alert",
				find: "tell(noticeOf(fault, step));",
				replace: "",
			},
			{
				name: "a step gets an intent that was never declared, nor written",
				find: "intents.get(step) ?? missing(step)",
				replace: 'intents.get(step) ?? (entry(step, "intent") as Intent)',
			},
		],
	),
	...inFile(
		"src/lib/steps/absent.ts",
		["test/unit/compliance/sweep.test.ts", activity("absent"), activity("drift"), ...rotations],
		[
			{
				name: "a deleted secret is told as one that never was",
				find: 'isDeleted ? "secret-deleted" : "secret-nowhere"',
				replace: '"secret-nowhere"',
			},
			{
				name: "a secret that is deleted before its first rotation is told as one that was not stored yet",
				find: 'if (gone.code === "secret-deleted") return gone;',
				replace: "",
			},
			{
				name: "a secret that is being deleted is told as one that was not stored yet",
				find: "return published === undefined ?",
				replace: "return true ?",
			},
		],
	),
	...inFile("src/lib/steps/create-secret.ts", rotations, [
		{
			name: "what is stored as pending takes the room of others",
			find: "using _ = await store.room(1, target.id);",
			replace: "",
			tests: [manyAtOnce, orchestrator("retrying")],
		},
		{
			name: "a pending password that says it is this rotation's is taken for it",
			tests: [planted],
			find: "const written = await write().catch(",
			replace:
				'const own = await store.latest(pendingName);\n\t\tconst written = own.state === "present" && own.secret.tags[tag.rotationId] === input.credentialId ? own.secret : await write().catch(',
		},
		{
			name: "what an earlier rotation left behind stays enabled for ever",
			tests: [planted],
			find: '(await store.latest(pendingName)).state === "present" ? await before() : []',
			replace: "[]",
		},
		{
			name: "a pending secret that somebody deleted is not brought back",
			find: "await store.recover(intent, pendingName);",
			replace: "",
		},
		{
			name: "the pending secret does not say which version it replaces",
			find: "[tag.baseVersion]: input.baseVersion,",
			replace: "",
		},
		{
			name: "what was brought back from deletion stays enabled for ever",
			find: "covered = await before();",
			replace: "",
		},
	]),
	...inFile(
		"src/lib/steps/deliver.ts",
		[orchestrator("deliver-consumer"), ...rotations],
		[
			{ name: "a pod that is not ready counts as proved", find: "proved && ready", replace: "proved" },
			{ name: "no pod at all is proof enough", find: "pods.length > 0 && ", replace: "" },
			{ name: "one pod's proof is enough for all", find: "pods.every(", replace: "pods.some(" },
			{
				name: "no login proves the published password in the end",
				find: "await loginAsPublished(ports, input.secret, published);\n\t\t\tconst said",
				replace: "const said",
			},
			{
				name: "a roll that brought these versions already is rolled again",
				tests: [activity("consumers")],
				find: "if (before) {",
				replace: "if (false) {",
			},
			{
				name: "what has failed is rolled again at each sweep",
				tests: [activity("consumers")],
				find: 'if (actor.kind === "timer") return found;',
				replace: "",
			},
			{
				name: "what has failed is not rolled again although a person orders it",
				tests: [activity("consumers")],
				find: 'return state === "failed" ? undefined : found;',
				replace: "return found;",
			},
			{
				name: "when the copy was seen new is forgotten by the next delivery",
				tests: [activity("consumers")],
				find: "?.copyNew ?? [];",
				replace: "?.copyNew && [];",
			},
			{
				name: "pods that started before the copy was new are not rolled again",
				tests: [{ file: orchestrator("reconcile"), names: /^straight a pod left on an old version/ }],
				find: "const early = mark !== undefined && rollout.pods.some(isEarly);",
				replace: "const early = mark === null && rollout.pods.some(isEarly);",
			},
			{
				name: "a rollout that failed while the pods were asked is waited for",
				tests: [activity("last-look")],
				find: 'if (rollout.state === "failed") throw rollout.fault;',
				replace: 'if (rollout.state === "failed") return { next: "wait", pods: [] };',
			},
		],
	),
	...inFile(
		"src/lib/steps/drift.ts",
		[activity("drift"), reconciling],
		[
			{
				name: "pods are told to be behind although the database has another password",
				find: "liveLogsIn(standing) ? await",
				replace: "standing ? await",
			},
			{
				name: "a cluster that cannot be looked at hides all drift",
				find: 'problem ??= problemOf(asFault(error, "sweep"));',
				replace: "throw error;",
			},
			{
				name: "derived secrets of a secret that was never rotated are judged",
				find: "isFirst ? [] : ",
				replace: "",
			},
			{
				name: "a tag makes a version a rotation's although the database does not accept it",
				tests: [planted],
				find: 'if (isPlain && (await isOnRecord(await ports.records(), target, live))) return "rotation";',
				replace: 'if (live.tags[tag.rotationId] !== undefined) return "rotation";',
			},
			{
				name: "a database restored from a backup is told as a change of the vault by hand",
				tests: [planted],
				find: 'if (isPlain && (await isOnRecord(await ports.records(), target, live))) return "rotation";',
				replace: "",
			},
			{
				name: "any text of a tag is whose credential is live",
				tests: [planted],
				find: 'isRotationOf(target, tags[tag.rotationId] ?? "") ? tags[tag.rotationId] : undefined',
				replace: "tags[tag.rotationId]",
			},
		],
	),
	...inFile(
		"src/lib/steps/switch/found.ts",
		[...rotations, planted],
		[
			{
				name: "a live version with our tag counts as published, whatever its value",
				find: 'isPublished: live.state === "present" && live.value.equals(wanted)',
				replace: "isPublished: ours !== undefined",
			},
			{
				name: "any version with our tag is the live one that a rotation goes on with",
				find: "if (ours?.secret.version === source.version) return",
				replace: "if (ours) return",
			},
			{
				name: "a live version that somebody made meanwhile is written over",
				find: "if ((await accepts(live.value)) || !(await accepts(wanted))) throw",
				replace: "if (false) throw",
			},
			{
				name: "a live version that somebody made is written over although the database has neither password",
				find: "if ((await accepts(live.value)) || !(await accepts(wanted))) throw",
				replace: "if (await accepts(live.value)) throw",
			},
			{
				name: "one that comes again on its way back is taken for somebody else's version",
				tests: [rotating(/disturbed on its way back/)],
				find: 'tieOf(live.secret, of) === "taken-back" && (value',
				replace: "false && (value",
			},
			{
				name: "a live version that says it takes our rotation back is what the way back sets",
				tests: [planted],
				find: " && (value?.equals(live.value) || (await accepts(live.value)));",
				replace: ";",
			},
			{
				name: "a published rotation whose pending secret is gone is not gone on with",
				find: "if (ours && isProved)",
				replace: "if (ours && null)",
			},
			{
				name: "a pending secret that somebody deleted is told as lost",
				find: "deleted?.tags[tag.rotationId] === credentialId",
				replace: "deleted === null",
			},
			{
				name: "a pending password that cannot be read now is lost for good",
				find: 'if (error instanceof Fault && (error.code === "secret-missing" || error.code === "secret-disabled")) return undefined;',
				replace: "if (error) return undefined;",
			},
		],
	),
	...inFile(
		"src/lib/steps/gather.ts",
		[activity("drift"), reconciling],
		[
			{ name: "a rejected password is tried twice", find: "if (known) return known.accepted;", replace: "" },
			{ name: "all earlier versions are tried", find: ".slice(-mostEarlierVersions)", replace: ".slice()" },
			{ name: "disabled versions are tried", find: "enabled && version !==", replace: "version !==" },
			{
				name: "a database that is back at an earlier password counts as one of a rotation that was cut short",
				find: "const version = await publishedBefore(ports, target, live, claim, accepted);",
				replace: "const version = await publishedBefore(ports, target, live, claim, accepted).then(() => undefined);",
			},
			{
				name: "a covered pending password that the database has is not found",
				tests: [planted],
				find: 'if (depth === "newest") return nothing;',
				replace: "if (depth) return nothing;",
			},
			{
				name: "a look of each minute tries every password that it can find",
				tests: [activity("open-switch"), comeApart],
				find: 'if (depth === "newest") return nothing;',
				replace: "",
			},
			{
				name: "a version that covers the published one has a further password made",
				tests: [planted],
				find: ".equals(live.value)) return one;",
				replace: ".isEmpty) return one;",
			},
			{
				name: "the deleted pending secret of a rotation that was published is a loss",
				find: " && credential !== published,",
				replace: ",",
			},
			{
				name: "a pending secret that was retired and then deleted is a loss",
				survives:
					"Of a deleted secret whose newest version is disabled the vault tells no tags, so no rotation claims it.",
				find: "deleted?.enabled",
				replace: "deleted",
			},
			{
				name: "what a rotation that is over has left is never put away",
				tests: [comeApart],
				find: "const over = matters && (await isOver(ports, claimed));",
				replace: "const over = false;",
			},
			{
				name: "what the audit log knows for the rotation's own is made anew",
				tests: [activity("drift")],
				find: "&& (await isStored(ports, target, claimed).catch(() => false));",
				replace: "&& false;",
			},
		],
	),
	...inFile("src/lib/steps/login.ts", reconciliations, [
		{
			name: "an administrator's secret that was deleted is said never to have been there",
			tests: rotations,
			find: "const isDeleted = (await store.deleted(secret)) !== undefined;",
			replace: "const isDeleted = false;",
		},
		{
			name: "a rejected password is tried twice",
			find: "if (tried.some((other) => other.equals(password))) continue;",
			replace: "",
		},
		{
			name: "an outage counts as a rejected password",
			find: 'if (!(error instanceof Fault) || error.code !== "password-rejected") throw error;\n\t\t\t}',
			replace: "}",
		},
		{
			name: "a plain rotation uses the recovery login",
			find: "if (allowed.recovery && login.recovery)",
			replace: "if (login.recovery)",
		},
		{
			name: "where the admin's login is refused, nobody gets in until it is put right",
			tests: [shutOut],
			find: "isRefused && allowed.itself && !takesTurns(account) ?",
			replace: "false ?",
		},
		{
			name: "a rotation is begun although the admin's login is refused",
			tests: [shutOut],
			find: "isRefused && allowed.itself &&",
			replace: "isRefused &&",
		},
		{
			name: "the admin's password is told as the role's own",
			tests: [shutOut],
			find: 'throw isRejected ? new Fault("admin-rejected", { server, role, vault, secret }) : error;',
			replace: "throw isRejected ? error : error;",
		},
	]),
	...inFile(
		"src/lib/steps/managed.ts",
		["test/unit/steps/two-vaults.test.ts"],
		[
			{
				name: "a pending secret from before its entry had an id is nobody's",
				find: "secret === id || secret === name",
				replace: "secret === id",
			},
			{ name: "the vault is asked for an entry's id", find: "const { name } = secret;", replace: "const name = id;" },
		],
	),
	...inFile(
		"src/lib/steps/open-switch.ts",
		[{ file: activity("open-switch"), names: /^(?!.*every effect|.*whichever effect)/ }],
		[
			{ name: "a look waits for its turn", find: "{ gap, atOnce: true }", replace: "{ gap }" },
			{
				name: "a look sets the password that a rotation had not set yet",
				find: 'if (standing.state === "in-database") return',
				replace: 'if (standing.state === "in-database" || standing.state === "stored") return',
			},
			{
				name: "derived secrets that are behind a live version are left so",
				find: "return (await isBehind(store, target, live.value)) ?",
				replace: "return false ?",
			},
			{
				name: "a mark is taken away while its switch may still begin",
				find: "if (isOver) await unmark",
				replace: "await unmark",
			},
			{
				name: "a mark that is older than any execution stays for ever",
				find: "if (isOver) await unmark(ports, one);",
				replace: "",
			},
			{
				name: "the mark of a switch that another instance runs is taken away",
				find: 'if (isRefusal(await finish(ports, standing, run))) return "left";',
				replace: "await finish(ports, standing, run);",
			},
			{
				name: "a mark stays when all is published",
				find: "if (mark !== undefined) await told(run, secret, () => unmark(",
				replace: "if (mark === '') await told(run, secret, () => unmark(",
			},
			{
				name: "a rotation stops when its mark cannot be written",
				find: "told(run, secret, async () => (await records()).markSwitch(secret)));",
				replace: "records().then((of) => of.markSwitch(secret)));",
			},
			{
				name: "a secret that was taken out of the configuration is a fault at each look",
				find: 'if (!Object.hasOwn(config.secrets, one.secret)) return "nothing";',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/pending.ts",
		[planted, activity("drift"), ...rotations],
		[
			{
				name: "any text is a rotation's claim",
				find: " || !isRotationOf(target, credentialId)) return",
				replace: ") return",
			},
			{
				name: "any text is the version that a claim replaces",
				find: " || !/^([0-9a-f]{32})?$/.test(baseVersion)) return",
				replace: ") return",
			},
			{ name: "versions that were put away are tried", find: ".filter(({ enabled }) => enabled)", replace: "" },
			{ name: "any number of pending passwords is tried", find: "].slice(0, mostTried)", replace: "]" },
			{
				name: "a record alone hides a disabled pending version",
				tests: [activity("drift")],
				find: "return published.some((one) =>",
				replace: "return [undefined as never].some((one) => !one ||",
			},
			{
				name: "what was disabled before the last published version is told as what the database may have",
				find: "if (await wasPublished(ports, claim, published)) break;",
				replace: "",
			},
			{
				name: "a record alone hides the pending password that the database has",
				tests: [comeApart],
				find: "if ((await store.version(name, version)).equals(password)) return version;",
				replace: "return version;",
			},
			{
				name: "an old pending password that the database is back at is published again",
				tests: [comeApart],
				find: " || !(await isOver(ports, claim))) return undefined;",
				replace: " || claim) return undefined;",
			},
		],
	),
	...inFile(
		"src/lib/steps/refresh.ts",
		["test/unit/steps/refresh.test.ts"],
		[
			{
				name: "a version that is not live any more is brought",
				find: "if (!isLive) throw",
				replace: "if (false) throw",
			},
			{
				name: "a version that was disabled meanwhile counts as live",
				find: 'latest.state === "present" && latest',
				replace: 'latest.state !== "present" || latest',
			},
		],
	),
	...inFile(
		"src/lib/steps/behind.ts",
		[activity("drift"), reconciling],
		[
			{
				name: "a pod that has mounted nothing yet is behind",
				find: " && !isStarting",
				replace: "",
			},
			{
				name: "a pod with an older version of the same value is behind",
				find: " || (one.version !== undefined && (await isAsGood(one.version)))",
				replace: "",
			},
			{
				name: "pods that started before a publication was taken back are behind",
				tests: [activity("drift")],
				find: "isTakingBack(live) ? new Date(0) : live.created",
				replace: "live.created",
			},
		],
	),
	...inFile(
		"src/lib/steps/consumers.ts",
		[activity("consumers")],
		[
			{
				name: "a workload that cannot be rolled is found only after the password has changed",
				tests: rotations,
				find: "checks.look(asked, restart)",
				replace: "checks.look(asked, async () => undefined)",
			},
			{
				name: "a delivery that is impossible is found only after the password has changed",
				tests: rotations,
				find: "const fault = await path.refusal(consumer, wanted);",
				replace: "const fault = undefined;",
			},
			{
				name: "another secret that the mount needs is not looked at",
				find: "return late ?? unreadable(ports, target, await path.needs(consumer, wanted));",
				replace: "return late;",
			},
			{
				name: "a secret that the app may not ask for is one that is missing",
				find: 'if (state === "present" || state === "unknown") continue;',
				replace: 'if (state === "present") continue;',
			},
			{ name: "a rollout that has failed already is no matter", find: "if (stuck) return stuck;", replace: "" },
			{
				name: "a copy that is not the live value is no matter",
				find: 'if (copy.state === "stale") {',
				replace: "if (false) {",
			},
			{
				name: "a copy is old while the driver may still bring the version",
				find: "ageSeconds > consumer.copyTimeoutSeconds",
				replace: "true",
			},
			{
				name: "a copy that is missing is waited for",
				find: "if (copy.isMissing || ageSeconds",
				replace: "if (ageSeconds",
			},
			{
				name: "pods that are behind are no matter",
				find: "if (!first) return undefined;",
				replace: "return undefined;",
			},
		],
	),
	...inFile("src/lib/steps/plan.ts", rotations, [
		{
			name: "a leaked password stays while a workload is broken",
			tests: [activity("consumers")],
			find: '() => (force ? "warned" : "refused")',
			replace: '() => "refused"',
		},
		{
			name: "a dry run does not show its plan",
			tests: [activity("dry-run")],
			find: "...(request.dryRun && {",
			replace: "...(false && {",
		},
		{
			name: "a refused dry run shows what was looked for after the refusal",
			tests: [activity("dry-run")],
			find: 'act === "refuse" ? upTo(decision.code, made) : made',
			replace: "made",
		},
		{
			name: "what stands in the way is found only half-way",
			find: "obstacles: [...drifted, ...found]",
			replace: "obstacles: drifted",
		},
		{
			name: "a rotation that nobody ordered puts an end to what somebody changed by hand",
			tests: [rotating(/left to a person/)],
			find: "obstacles: [...drifted, ...found]",
			replace: "obstacles: found",
		},
		{
			name: "drift keeps a rotation back that an operator has ordered",
			tests: [rotating(/straight with another role/)],
			find: "!force && !isCutShort(standing)",
			replace: "!isCutShort(standing)",
		},
		{
			name: "an empty live secret is rotated",
			find: 'if (fault) return { state: "unusable", fault };',
			replace: "",
		},
	]),
	...inFile(
		"src/lib/steps/in-force.ts",
		[activity("random-value")],
		[
			{
				name: "a value in another form counts as one that somebody set by hand",
				find: 'throw new Fault("value-unreadable", { vault, secret: name });',
				replace: 'throw new Fault("secret-empty", { vault, secret: name });',
				tests: [activity("drift")],
			},
		],
	),
	...inFile("src/lib/steps/obstacles.ts", rotations, [
		{
			name: "what the database would refuse is found only when it is asked to change",
			find: "if (refusal) return refusal;",
			replace: "",
		},
		{
			name: "a lock that is held is found only in the switch",
			tests: [orchestrator("lock")],
			find: "if (holder === undefined) return undefined;",
			replace: "return undefined;",
		},
	]),
	...inFile(
		"src/lib/steps/checklist.ts",
		[activity("consumers"), activity("dry-run")],
		[
			{
				name: "what is found and does not refuse is not told",
				find: "warnings.push(fault);",
				replace: "",
			},
			{
				name: "a fault that may pass refuses a rotation",
				find: "if (fault?.transient) throw fault;",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/steps/exposure.ts",
		[activity("exposure")],
		[
			{
				name: "requests may fail for longer than is allowed",
				find: "return seconds > limit ?",
				replace: "return false ?",
			},
			{
				name: "a leaked password stays because its change would be felt",
				find: "|| isForced(fault)",
				replace: "",
			},
			{
				name: "a configuration without a limit no longer rotates",
				find: 'fault.code === "exposure-unlimited" ||',
				replace: "",
			},
		],
	),
	...inFile("src/lib/steps/writes.ts", rotations, [
		{
			name: "a live password that could not be set again is replaced",
			find: "if (fault) return fault;",
			replace: "",
		},
		{
			name: "a sixteenth tag is found when the database has the new password",
			find: "if (count <= mostTags) return undefined;",
			replace: "if (count > 0) return undefined;",
		},
		{
			name: "a rotation's own tags are counted twice",
			find: "new Set([...kept, ...ours]).size",
			replace: "kept.length + ours.length",
		},
		{
			name: "a derived secret whose name is taken is found when the live one is published",
			find: 'if (found.state === "absent" &&',
			replace: "if (false &&",
		},
	]),
	...inFile(
		"src/lib/steps/plan-delivery.ts",
		[activity("absent"), ...rotations],
		[
			{
				name: "a delivery that is impossible is begun",
				find: "if (fault && !request.dryRun) throw fault;",
				replace: "",
			},
			{
				name: "a disabled derived secret is left out of a delivery",
				find: 'else if (found.state === "disabled")',
				replace: "else if (false)",
			},
			{
				name: "a deleted derived secret is left out of a delivery",
				find: "else if ((await store.deleted(derived.secret)) !== undefined)",
				replace: "else if (false)",
			},
		],
	),
	...inFile(
		"src/lib/steps/switch/derive.ts",
		[...rotations, wayBack],
		[
			{
				name: "a derived secret is written again by each run",
				find: "credentialOf(found) === credentialId && found.value.equals(value)",
				replace: "false",
			},
			{
				name: "a derived secret with our tag and another value is left as it is",
				find: "&& found.value.equals(value)",
				replace: "",
				tests: [...rotations, reconciling],
			},
			{ name: "a derived secret loses its tags", find: "...keptTags(kept),", replace: "" },
			{
				name: "a derived secret loses its content type",
				find: ", contentType: kept?.contentType };",
				replace: " };",
			},
			{
				name: "a throttling vault is waited for with the session open",
				find: "secret, content, { atOnce });",
				replace: "secret, content);",
				tests: [activity("switch")],
			},
			{
				name: "a derived secret does not expire with the live one",
				find: "expires: live.version.expires, ",
				replace: "",
			},
			{
				name: "a derived secret that somebody has disabled is enabled by a rotation",
				find: 'if (found.state === "disabled" && !enables) continue;',
				replace: "",
			},
			{
				name: "a derived secret that is enabled by a reconciliation loses its tags",
				find: "(await store.versions(secret)).at(-1)",
				replace: "undefined",
			},
		],
	),
	...inFile(
		"src/lib/steps/switch/way-back.ts",
		[wayBack, ...rotations],
		[
			{
				name: "somebody else's version is taken back",
				find: " || !found.value.equals(ours)) return found;",
				replace: ") return found;",
			},
			{
				name: "a version that takes a rotation back still says that it is the rotation's",
				find: "const { [tag.rotationId]: _, ...tags } = previous.secret.tags;",
				replace: "const tags = { ...previous.secret.tags, [tag.rotationId]: credentialId };",
			},
			{
				name: "a derived secret that cannot be taken back keeps the others from it",
				find: "if (!(error instanceof Fault) || error.transient) throw error;",
				replace: "throw error;",
			},
			{
				name: "a version that was taken back expires at another time",
				find: "expires: previous.secret.expires,",
				replace: "",
			},
			{
				name: "a version that was taken back has another content type",
				find: "contentType: previous.secret.contentType,",
				replace: "",
			},
			{
				name: "a derived secret that was taken back has what the rotation before the crash had written",
				find: "secret && isOurs(secret) && step < versions.length",
				replace: "false && step",
			},
			{
				name: "after a crash, what a derived secret was is not looked for",
				find: 'if (read?.state === "present" && !isOurs(read.secret)) return read;',
				replace: 'if (read?.state === "present") return read;',
			},
			{
				name: "a derived secret that there was not keeps a password that nobody has",
				find: "await store.disable(intent, of, found.secret.version);",
				replace: "",
			},
			{
				name: "the database does not follow the live secret on the way back",
				find: "await session.set(journal",
				replace: 'if (from === "altered") await session.set(journal',
			},
			{
				name: "an overtaken write is undone with any earlier version",
				tests: [zombie],
				find: "if (!(await accepts(value))) continue;",
				replace: "",
			},
			{
				name: "a version that undoes an overtaken write says that it is a rotation's",
				tests: [zombie],
				find: "const { [tag.rotationId]: _, ...tags } = found.tags;",
				replace: "const { ...tags } = found.tags;",
			},
		],
	),
	...inFile(
		"src/lib/steps/reconcile.ts",
		[reconciling],
		[
			{
				name: "a reconciliation that is impossible changes something before it stops",
				find: "[fault] = await obstacles(ports, target, role, ways, checklist(), { recovery: true, itself: true });",
				replace: "void obstacles;",
			},
			{
				name: "a disabled live secret is not enabled",
				find: "await store.update(intent, name, newest.version, { enabled: true });",
				replace: "void store;",
			},
			{
				name: "an older disabled version is enabled instead of the newest",
				find: "filter(({ enabled }) => !enabled).at(-1)",
				replace: "filter(({ enabled }) => !enabled).at(0)",
			},
			{
				name: "a disabled pending version is not enabled, though the database may have only it",
				tests: [shutOut],
				find: "await store.update(intent, target.pendingName, one.version, { enabled: true });",
				replace: "void one;",
			},
			{
				name: "an admin whose login is refused counts as a way in",
				tests: [shutOut],
				find: "if (isNoWayIn && facts",
				replace: "if (fault === null && facts",
			},
			{
				name: "an adopted version is not tagged, and is adopted again each time",
				find: 'await store.update(journal.intent("reconcile"), name, input.version, { tags });',
				replace: "void tags;",
			},
			{ name: "an adopted version loses its tags", find: "...keptTags(live), ", replace: "" },
		],
	),
	...inFile("src/lib/steps/record.ts", rotations, [
		{
			name: "the pending secret of an interrupted rotation is put away",
			tests: [activity("last-look")],
			find: 'status.outcome === "interrupted" || ',
			replace: "",
		},
		{
			name: "another rotation's pending secret is put away",
			find: " && credentialOf(found) === credentialId ? found",
			replace: " ? found",
		},
		{ name: "a step's own intent is closed twice", find: " && !isOwn(outcome)", replace: "" },
		{
			name: "intents of other secrets, which may run, are closed",
			find: "outcome.secretName === input.secret && ",
			replace: "",
		},
		{
			name: "a pending secret that may not be disabled is gone on with by every sweep",
			tests: [rotating(/without the right to disable/)],
			find: "await store.write(intent, pendingName, { value: newPassword(), tags: { [tag.target]: id } });",
			replace: "",
		},
		{ name: "a rotation's end is told to no alert", find: "run.tell(endedOf(input.status));", replace: "" },
		{
			name: "a rotation's record is not saved",
			find: "await records.saveRotation(status);",
			replace: "",
		},
		{
			name: "a pending secret is put away although no login proves the live password",
			tests: [planted],
			find: "if (own && (isKept || proved)) {",
			replace: "if (own) {",
		},
		{
			name: "where nobody can tell, the live password counts as proved",
			tests: [planted],
			find: "const notKnown = (): boolean => false;",
			replace: "const notKnown = (): boolean => true;",
		},
		{
			name: "what the live password makes needless stays enabled",
			tests: [planted],
			find: "for (const version of covered) await store.disable(intent, pendingName, version);",
			replace: "void covered;",
		},
	]),
	...inFile(
		"src/lib/steps/switch/settled.ts",
		[...rotations, reconciling],
		[
			{
				name: "a final fault ends a switch while vault and database disagree",
				find: "return asBefore ? fault :",
				replace: "return target ? fault :",
			},
			{
				name: "a switch ends as refused after it has published",
				find: "|| credentialOf(live) === credentialId) return false;",
				replace: ") return false;",
			},
			{
				name: "a switch ends as compensated while a derived secret is still the new one",
				find: "if (value ? found.value.equals(value) : credentialOf(found) === credentialId) return false;",
				replace: "",
			},
			{
				name: "no login proves that the old password is in force again",
				find: "return accepting(ports, target)(live.value);",
				replace: "return true;",
			},
			{
				name: "an admin's rejected password ends a switch, whatever the database has",
				tests: [shutOut],
				find: "if (!(await mayHaveAltered(ports, target, of))) return true;",
				replace: "if (code !== null) return true;",
			},
			{
				name: "a rejected password keeps a run going that has set nothing",
				tests: [shutOut],
				find: "if (!(await mayHaveAltered(ports, target, of))) return true;",
				replace: "",
			},
			{
				name: "where nobody can tell, vault and database are said to agree",
				find: "of).catch(() => false)",
				replace: "of).catch(() => true)",
			},
		],
	),
	...inFile(
		"src/lib/steps/sign-head.ts",
		[orchestrator("sign-head")],
		[
			{
				name: "a store beside the log that fails keeps the copy from being written",
				find: ".catch((error) => failed.push(error))",
				replace: "",
			},
			{
				name: "a head that was not kept counts as kept",
				find: "throw failed[0];",
				replace: "return { signed: true, missing: [] };",
			},
			{ name: "a head is kept beside the log only", find: "of [beside, copy])", replace: "of [beside])" },
			{
				name: "nobody hears that there is no second store",
				find: "missing: copy ? [] :",
				replace: "missing: signed ? [] :",
				tests: ["test/unit/compliance/sweep.test.ts"],
			},
		],
	),
	...inFile("src/lib/steps/switch/section.ts", rotations, [
		{
			name: "what a switch writes has no room of its own",
			find: "using _ = await inTurn(way, live, (outOfTurn) => roomFor(way, { atOnce, outOfTurn: outOfTurn || isTakenBack }));",
			replace: "void roomFor;",
			tests: [activity("switch"), manyAtOnce],
		},
		{
			name: "there is no room for the way back",
			find: "room(roomOfSwitch(target.secret)",
			replace: "room(roomOfSwitch(target.secret) / 2",
			tests: [activity("switch")],
		},
		{
			name: "who is locked out waits for room too",
			find: 'if (isFull && live.state === "present"',
			replace: 'if (isFull && live.state !== "present"',
			tests: [activity("switch")],
		},
		{
			name: "whom the mark tells to be locked out asks for a turn first",
			find: "if (gap.openSince) return work(true);",
			replace: "",
			tests: [activity("switch")],
		},
		{ name: "the role is not locked", find: "await session.lock();", replace: "" },
		{
			name: "the live secret is not read again under the lock",
			find: "!== versionOf(latest))",
			replace: '=== "none")',
		},
		{
			name: "the live secret is not read again after publishing",
			find: "!== current.version)",
			replace: '=== "none")',
		},
		{
			name: "the pending password is not tried to get in, though the database may have it",
			find: "[latest.value] : []), wanted",
			replace: "[latest.value] : [])",
			survives:
				"what versions of the pending secret claim is tried after it, and this is one of them: a rejected login more",
		},
		{
			name: "the old password is published again for a failure that may pass",
			find: "|| error.transient || !old",
			replace: "|| !old",
		},
		{
			name: "a reconciliation goes back to an older password than the one it was told to keep",
			find: "|| old.value.equals(wanted)) throw",
			replace: ") throw",
			tests: [reconciling],
		},
		{
			name: "a session that has no lock sets the password",
			find: "Promise.all([provesLock(at), store",
			replace: "Promise.all([undefined, store",
		},
		{
			name: "a run that was stopped in its critical section leaves derived secrets behind when it wakes",
			tests: [zombie],
			find: "throw await overwritten(at, after);",
			replace: 'throw new Fault("live-overwritten", { vault, secret: name });',
		},
		{
			name: "a write that took effect late stays live with a password that nobody has",
			tests: [zombie],
			find: "!isPublished && (await provesPublished(at, current, provedAt));",
			replace: "!isPublished; void [provesPublished, provedAt];",
		},
		{
			name: "a covered pending password is not tried to get in",
			tests: [planted],
			find: "{ itself: true, ...turn }, further)",
			replace: "{ itself: true, ...turn })",
		},
	]),
	...inFile(
		"src/lib/steps/switch/ahead.ts",
		[...rotations, planted],
		[
			{
				name: "what is published is whatever the pending secret is by now",
				find: "store.version(target.pendingName, source.version).catch(whenGone)",
				replace: 'store.latest(target.pendingName).then((one) => (one.state === "present" ? one.value : undefined))',
			},
		],
	),
	...inFile("src/lib/steps/switch/set-and-test.ts", rotations, [
		{
			name: "the old password is not put back when nobody can tell whether the new one logs in",
			find: "if (!isPublished) await wayBack(",
			replace: "if (!isPublished) await (async (..._: unknown[]) => {})(",
		},
		{
			name: "a proof that fails for a reason that stays is met by another change",
			find: "await (rehearsing ?? rehearse(at));",
			replace: "",
		},
		{ name: "a new password that does not log in is published", find: "if (!accepted) {", replace: "if (false) {" },
	]),
	...inFile("src/lib/steps/switch/publish.ts", rotations, [
		{
			name: "our own version whose answer was lost is not recognised",
			find: "return seen.secret;",
			replace: "{}",
		},
		{
			name: "the old password is set again while the write may still be taken",
			find: "if (!error.transient || isThrottled || seen !== undefined) {",
			replace: "if (error) {",
		},
		{
			name: "the old password is not set again where a read shows that the vault did not take the new one",
			find: "if (!error.transient || isThrottled || seen !== undefined) {",
			replace: "if (!error.transient || isThrottled) {",
		},
		{
			name: "a throttled write is taken for one that may be on its way",
			find: 'error.code === "vault-throttled";',
			replace: "false;",
			tests: [activity("switch")],
		},
		{
			name: "a throttling vault is waited for while nobody can log in",
			find: ", { atOnce: true });",
			replace: ");",
			tests: [manyAtOnce],
		},
		{
			name: "a live secret loses its tags",
			find: "...keptTags(kept), [tag.rotationId]",
			replace: "[tag.rotationId]",
		},
		{ name: "a live secret loses its content type", find: "contentType: kept?.contentType,", replace: "" },
		{
			name: "a live secret never expires",
			find: "expires: accepts ? kept?.expires : expiryOf(ports.clock.now(), secret.rotateEveryDays, secret.expiryMarginDays),",
			replace: "",
		},
		{
			name: "a key that does not sign yet counts as rotated",
			tests: [fallbacks],
			find: "accepts ? kept?.expires : ",
			replace: "",
		},
		{
			name: "a live secret does not say which version it replaced",
			find: ", [tag.previousVersion]: baseVersion }",
			replace: " }",
		},
		{
			name: "a lock that was held says that the password is in force, however long the write took",
			tests: [zombie],
			find: " && passedMs <= soonMs",
			replace: "",
		},
		{
			name: "a write that took no time says that the password is in force, although others may have had the lock",
			tests: [zombie],
			find: "return holdsLock && passedMs",
			replace: "return passedMs",
		},
		{
			name: "a run that was stopped in its critical section publishes when it wakes",
			tests: [zombie],
			find: "\tawait provesLock(at).catch(async (error) => {",
			replace: "\tawait Promise.resolve().catch(async (error) => {",
		},
		{
			name: "somebody's version with our tag is taken for our own lost write",
			tests: [planted],
			find: " && seen.value.equals(value);",
			replace: ";",
		},
	]),
	...inFile("src/lib/steps/switch/index.ts", rotations, [
		{
			name: "whether vault and database agree is not asked at the end",
			find: 'throw await settled(ports, target, input, asFault(error, "switch"));',
			replace: "throw error;",
		},
	]),
	...inFile(
		"src/lib/steps/version.ts",
		[activity("version"), ...rotations, cutShort],
		[
			{
				name: "a first rotation that was taken back makes drift of what was there before",
				find: " && !takenBack.has(one.version)",
				replace: "",
			},
			{
				name: "an event of an older version is judged as of the newest",
				find: "created > made.created",
				replace: "created < made.created && created > made.created",
			},
			{
				name: "a version that takes a rotation back counts as made by hand",
				find: 'return isTakingBack(version) ? "rotation" : "hand";',
				replace: 'return "hand";',
			},
			{
				name: "another secret's record makes a version a rotation's",
				tests: [activity("version")],
				find: "if (credentialId === undefined || !isRotationOf(target, credentialId)) return false;",
				replace: "if (credentialId === undefined) return false;",
			},
			{
				name: "a rotation's record makes any version its own",
				tests: [planted],
				find: ": record?.version === version",
				replace: ": record !== undefined",
			},
			{
				name: "what was published for another rotation's credential is on no record",
				tests: [planted, activity("drift"), "test/unit/compliance/sweep.test.ts"],
				find: "if ((await records.lastDelivery(target.id))?.version === version) return true;",
				replace: "",
			},
		],
	),
	...inFile("src/lib/steps/turns.ts", turns, [
		{
			name: "sessions of the role whose turn it is are no reason",
			find: "return count > 0 ?",
			replace: "return count < 0 ?",
		},
		{
			name: "a rollback waits until nobody uses the value that it brings back",
			find: "...(bringsBack",
			replace: "...(!bringsBack",
		},
		{
			name: "it does not matter as whom a role acts",
			find: "return acts === owner ? undefined",
			replace: "return acts !== undefined ? undefined",
		},
		{
			name: "whether the two roles are alike is not looked at",
			find: "() => session.pairRefusal(),",
			replace: "async () => undefined,",
		},
	]),
	...inFile("src/lib/steps/switch/set-and-test.ts", turns, [
		{
			name: "the role that is live gets a new password too",
			find: "if (alternates && live && roleIn",
			replace: "if (!alternates && live && roleIn",
		},
		{
			name: "a gap is told where the password before stays in force",
			find: "if (!isPublished && displaces) gap.open(alteredAt);",
			replace: "if (!isPublished) gap.open(alteredAt);",
		},
		{
			name: "what a rollback brings back is set again although it is in force",
			find: 'state === "published" || bringsTurnBack(target, input);',
			replace: 'state === "published"; void input;',
		},
		{
			name: "a role that acts as nobody wanted is published",
			find: "if (fault) throw fault;",
			replace: "void fault;",
		},
	]),
	...inFile("src/lib/steps/earlier.ts", turns, [
		{
			name: "a password that its role does not accept any more is brought back",
			find: "if (await accepting(ports, target)(await store.version(name, version))) return version;",
			replace: "return version;",
		},
		{
			name: "the live role's earlier password is brought back",
			find: "roleIn(target.content, value) === roleIn(target.content, live)",
			replace: "value.equals(live)",
		},
	]),
	...inFile(
		"src/lib/steps/gather.ts",
		["test/unit/steps/fallbacks.test.ts"],
		[
			{
				name: "a write of the first of two steps that came late waits for a person",
				find: "if (signedSince) return { version, credentialId, baseVersion: live.secret.version };",
				replace: "",
			},
			{
				name: "after each rotation with two steps the first one is brought back",
				find: "if (!before || !keyring.signsAs(live.value, before)) return undefined;",
				replace: "if (!before) return undefined;",
			},
			{
				name: "a version that tags alone tie to a rotation is covered",
				find: "&& keyring.accepts(live.value, value);",
				replace: ";",
			},
			{
				name: "a derived secret that a late write of the first of two steps covers waits for a person",
				find: 'return { version, credentialId, baseVersion: tags[tag.previousVersion] ?? "" };',
				replace: "return undefined;",
			},
			{
				name: "a derived secret's version that tags alone tie to a rotation is covered",
				find: "if (isFirst && rendered(target, other).get(derived)?.equals(found.value))",
				replace: "if (isFirst)",
			},
		],
	),
	...inFile("src/lib/steps/gather.ts", turns, [
		{
			name: "that the other role's password is in force is told as a database that was restored",
			find: "if (roleIn(target.content, password) !== roleIn(target.content, live.value)) continue;",
			replace: "",
		},
	]),
	...inFile("src/lib/strategies/alternating-users/index.ts", turns, [
		{
			name: "the new value is of the role that is live",
			find: "?.role === first ? second : first;",
			replace: "?.role === first ? first : second;",
		},
	]),
];
