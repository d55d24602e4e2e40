// What the demo shows: each part as it comes up, each step with its time, and a verdict per promise.

import { styleText } from "node:util";
import type { Proof } from "./proof.ts";
import type { Status } from "./rotation-watch.ts";
import { type Scenario, type ScenarioName, scenarios, secretOf } from "./scenarios.ts";
import type { Stack } from "./stack.ts";
import type { Together } from "./together.ts";
import type { Traffic } from "./traffic.ts";

/** What each part is, and what it is here for. */
const parts: Record<string, string> = {
	identity: "stands in for Entra ID: tokens for the app and for operators",
	"Key Vault": "stands in for Azure's: rights per secret, versions, events",
	Kubernetes: "stands in for AKS: Deployments, RBAC, watches",
	PostgreSQL: "a real server with TLS and a table of the Titanic's passengers",
	Azurite: "a real storage service: audit log and rotation records",
	"titanic-api": "2 pods, each a process with the secrets in it",
	"Functions host": "runs the app, the same files that are deployed to Azure",
};

/** What each step means to somebody who sees it for the first time. */
const stepsOf = (scenario: Scenario): Record<string, string> => ({
	plan: "looked at vault, database and pods: nothing stands in the way",
	createSecret: `stored the new value as ${secretOf(scenario)}-pending, before anything uses it`,
	setSecret: "ALTER ROLE, with a SCRAM verifier instead of the password",
	testSecret: "logged in with the new password",
	finishSecret: `published a new version of ${secretOf(scenario)}, and of what is derived from it`,
	deliver: "the copy that new pods get is new, and was seen so twice",
	roll: `restarted the ${scenario.kind === "CronJob" ? "Deployment" : scenario.kind}'s pods, one after the other`,
	verify: "each pod proved that it has the new version",
});

export interface Verdict {
	readonly says: string;
	readonly holds: boolean;
}

const ofPassword = (proof: Proof): Verdict[] => [
	{ says: "the published password logs in", holds: proof.publishedLogsIn },
	{ says: "the derived connection string logs in", holds: proof.derivedLogsIn },
	{ says: "the password that it replaced is refused", holds: proof.oldIsRefused },
];

const ofTurns = (proof: Proof): Verdict[] => [
	{ says: "the published user and password log in", holds: proof.publishedLogsIn },
	{ says: "the derived connection string logs in", holds: proof.derivedLogsIn },
	{ says: "the user before it still logs in: a client that lags goes on", holds: proof.oldLogsIn },
];

const ofKey = (proof: Proof, calls: Traffic): Verdict[] => [
	{
		says: "sessions from before it went on, as did those that old and new pods signed in turn",
		holds: calls.requests > 0 && !calls.failures.some((failure) => failure.startsWith("session")),
	},
	{ says: "what the pods' environment is made of has the published key", holds: proof.copyIsPublished },
	{ says: "the database's password was left alone", holds: proof.publishedLogsIn && !proof.oldIsRefused },
];

const ofVaultReaders = (proof: Proof): Verdict[] => [
	{ says: "no Secret in the namespace has a copy of it", holds: proof.copies === 0 },
	// Two pods before the rotation, two after it.
	{ says: `the pods read the vault as their own identity, ${proof.readsByPods} times`, holds: proof.readsByPods >= 4 },
];

export const ofBoth = ({ secret, outcome, version, rolls, rolledBy: [one, other], pods }: Together): Verdict[] => [
	{ says: `the rotation of ${secret} ended as ${outcome}`, holds: outcome === "completed" },
	{ says: `each pod has the new version of ${secret} mounted`, holds: pods.every((pod) => pod.version === version) },
	{ says: `the Deployment has ${rolls} ReplicaSet more than before: both came with one roll`, holds: rolls === 1 },
	{ says: `both say that rotation ${one} rolled it`, holds: one !== undefined && one === other },
];

const verdictsOf: Readonly<Record<string, (proof: Proof, calls: Traffic) => Verdict[]>> = {
	"alternating-users": ofTurns,
	"random-value": ofKey,
};

const valuesAre = (values: number): string =>
	values === 2
		? "the one before and the one after"
		: "the one before, one that accepts the new key, and one that signs with it";

const ofRuns = ({ consumers = [] }: Status, awaited: number): Verdict[] => [
	{
		says: "the rotation began no run of the CronJob, and claimed no proof: its next run was awaited",
		holds: awaited === 1,
	},
	{
		says: "that run logged in with the new password, and proves it in the record",
		holds: consumers.some(({ delivered, pods }) => delivered && pods.some(({ provedBy }) => provedBy === "run")),
	},
];

/** @param awaited consumers that had a run to come when the rotation ended */
export function verdicts(scenario: Scenario, status: Status, proof: Proof, calls: Traffic, awaited = 0): Verdict[] {
	const { version } = status;
	const { values = 2 } = scenario;
	return [
		{ says: `the rotation ended as ${status.outcome} (${status.code})`, holds: status.outcome === "completed" },
		...(verdictsOf[scenario.strategy] ?? ofPassword)(proof, calls),
		{ says: `the secret had ${values} values in all, ${valuesAre(values)}`, holds: proof.versions === values },
		...(scenario.path === "workload-identity" ? ofVaultReaders(proof) : []),
		...(scenario.kind === "CronJob" ? ofRuns(status, awaited) : []),
		{
			says: `${proof.pods.length} pods are ready and have the new version${scenario.path === "workload-identity" ? ", with which each has a session" : " mounted"}`,
			holds: proof.pods.length === 2 && proof.pods.every((pod) => pod.ready && pod.version === version),
		},
		{
			says: `${calls.requests} requests to titanic-api meanwhile, ${calls.failed} failed`,
			holds: calls.requests > 0 && calls.failed === 0,
		},
		{
			says: `${proof.audit.events} audit events, and their chain is whole`,
			holds: proof.audit.verified && proof.audit.events > 0,
		},
		{
			says: `the head of the log is signed up to record ${proof.audit.signedUpTo}, beside it and in the second store`,
			// One rotation: one head in each of the two.
			holds: proof.audit.signedHeads >= 2 && proof.audit.signedUpTo > 0,
		},
		{
			says: `passwords, verifiers, tokens and keys were found in ${proof.leaks.length} places where they must not be`,
			holds: proof.leaks.length === 0,
		},
	];
}

/** The machine's form of the result. */
export const resultObject = (scenario: ScenarioName, status: Status, proof: Proof, calls: Traffic) => ({
	scenario,
	strategy: scenarios[scenario].strategy,
	path: scenarios[scenario].path,
	kind: scenarios[scenario].kind,
	rotation: {
		id: status.rotationId,
		outcome: status.outcome,
		code: status.code,
		steps: status.steps,
		gapMs: status.gapMs,
	},
	secret: {
		name: secretOf(scenarios[scenario]),
		previousVersion: status.previousVersion,
		version: status.version,
		derived: status.derived,
	},
	pods: proof.pods,
	traffic: { requests: calls.requests, failed: calls.failed },
	audit: { events: proof.audit.events, verified: proof.audit.verified },
	leaks: proof.leaks.length,
});

export const addresses = (stack: Stack): [string, string][] => [
	["the page", `${stack.appUrl}/ (sign in as one of the roles below; no password is asked for)`],
	["titanic-api", `${stack.service.url}/api/passengers`],
	["rotation API", `${stack.host?.url}/api/secrets (needs a bearer token)`],
	["Key Vault", stack.vault.url],
	["identity", stack.identity.url],
	["PostgreSQL", `${stack.postgres.host}:${stack.postgres.port}`],
	["Kubernetes", `${stack.cluster.server} (${stack.cluster.kind})`],
	["Azurite", stack.azurite.url],
];

/** Plain where `out` is no terminal, or NO_COLOR is set; on a terminal, long lines go on below where they began. */
export function narrator(scenario: Scenario, out: NodeJS.WriteStream) {
	const steps = stepsOf(scenario);
	const paint = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { stream: out });
	const line = (text = "") => out.write(`${text}\n`);
	const mark = (holds: boolean) => (holds ? paint("green", "✔") : paint("red", "✘"));
	const begun = Date.now();
	const clock = () => paint("gray", `${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} s`);
	/** A remark that begins at this column. */
	const remark = (column: number, text: string) =>
		wrapped(text, (out.columns ?? Number.POSITIVE_INFINITY) - column)
			.map((row) => paint("gray", row))
			.join(`\n${" ".repeat(column)}`);
	let shown = 0;
	let doing: string | undefined;
	return {
		title(text: string) {
			shown = 0;
			line(`\n${clock()}  ${paint("bold", text)}`);
		},
		up(part: string, address: string) {
			const real = address.endsWith("(control-plane)");
			const meaning = real ? "a real control plane: API server, etcd and controllers" : (parts[part] ?? "");
			line(`${clock()}  ${mark(true)} ${part.padEnd(16)}${remark(28, meaning)}`);
		},
		note: (text: string) => line(`${clock()}    ${remark(12, text)}`),
		status(status: Status) {
			for (const { name, ms } of status.steps.slice(shown)) {
				const time = `${ms.toLocaleString("en-GB")} ms`.padStart(9);
				line(`${clock()}  ${mark(true)} ${name.padEnd(13)}${time}  ${remark(36, steps[name] ?? "")}`);
			}
			shown = Math.max(shown, status.steps.length);
			if (status.now !== undefined && status.now !== doing) line(`${clock()}    ${remark(12, `${status.now}…`)}`);
			doing = status.now;
			if (status.problem)
				line(`${clock()}  ${mark(false)} ${status.problem.message}\n            ${status.problem.next}`);
		},
		result(status: Status, proof: Proof, calls: Traffic, checks: readonly Verdict[]) {
			line();
			for (const { says, holds } of checks) line(`  ${mark(holds)} ${says}`);
			for (const failure of calls.failures) line(`      failed request: ${failure}`);
			for (const { place, file, kind, form } of proof.leaks)
				line(`      leak: a ${kind} (${form}) in ${file ? `${place}, ${file}` : place}`);
			const rows: [string, string][] = [
				[`${secretOf(scenario)} was`, status.previousVersion ?? ""],
				[`${secretOf(scenario)} is now`, status.version ?? ""],
				...(status.derived ?? []).map(({ secret, version }): [string, string] => [`${secret} is now`, version]),
				...proof.pods.map(({ name, version }): [string, string] => [`${name} has`, version]),
			];
			line();
			line("  Versions, by their ids in the vault (not passwords):");
			columns(rows);
			if (status.gapMs !== undefined) line(`\n  From ALTER ROLE to published: ${status.gapMs} ms`);
			line();
		},
		/** @param commands each with what it is for */
		addresses(entries: readonly [string, string][], commands: readonly [string, string][]) {
			line(paint("bold", "Everything keeps running; Ctrl-C ends it."));
			columns(entries);
			line();
			line("In another terminal, in this folder:");
			for (const [command, means] of commands) line(`\n${paint("gray", `  # ${means}`)}\n  ${command}`);
			line();
		},
	};

	function columns(rows: readonly (readonly [string, string])[]): void {
		const width = Math.max(...rows.map(([name]) => name.length));
		for (const [name, value] of rows) line(`  ${name.padEnd(width)}  ${value}`);
	}
}

/** Between words; a word that is wider stays whole. */
function wrapped(text: string, width: number): string[] {
	const rows: string[] = [];
	for (const word of text.split(" ")) {
		const row = rows.at(-1);
		if (row !== undefined && row.length + 1 + word.length <= width) rows[rows.length - 1] = `${row} ${word}`;
		else rows.push(word);
	}
	return rows;
}
