// What the demo shows: each part as it comes up, each step with its time, and a verdict per promise.

import { styleText } from "node:util";
import type { Proof } from "./proof.ts";
import type { Status } from "./rotation-watch.ts";
import type { Stack } from "./stack.ts";
import type { Traffic } from "./traffic.ts";

/** What each step means to somebody who sees it for the first time. */
const meanings: Record<string, string> = {
	plan: "looked at vault, database and pods: it is due, and nothing stands in the way",
	createSecret: "stored the new password as db-password-pending, before anybody uses it",
	setSecret: "ALTER ROLE with a SCRAM verifier (the password never goes over the wire)",
	testSecret: "logged in with the new password",
	finishSecret: "published the new versions of db-password and db-connection-string",
	deliver: "waited until the pods' copy was new, seen twice",
	roll: "restarted the Deployment and watched the rollout to its end",
	verify: "each pod proved the new version",
};

export interface Verdict {
	readonly says: string;
	readonly holds: boolean;
}

export function verdicts(status: Status, proof: Proof, calls: Traffic): Verdict[] {
	const { version } = status;
	return [
		{ says: `the rotation ended as ${status.outcome} (${status.code})`, holds: status.outcome === "completed" },
		{ says: "the published password logs in", holds: proof.publishedLogsIn },
		{ says: "the derived connection string logs in", holds: proof.derivedLogsIn },
		{ says: "the old password is refused", holds: proof.oldIsRefused },
		{ says: "there is exactly one new version", holds: proof.versions === 2 },
		{
			says: `${proof.pods.length} pods are ready and have the new version mounted`,
			holds: proof.pods.length === 2 && proof.pods.every((pod) => pod.ready && pod.version === version),
		},
		{
			says: `${calls.requests} requests to titanic-api, ${calls.failed} failed`,
			holds: calls.requests > 0 && calls.failed === 0,
		},
		{
			says: `${proof.audit.events} audit events, and their chain is whole`,
			holds: proof.audit.verified && proof.audit.events > 0,
		},
		{
			says: `the password was found in ${proof.leaks.length} places where it must not be`,
			holds: proof.leaks.length === 0,
		},
	];
}

/** The machine's form of the result. */
export const resultObject = (status: Status, proof: Proof, calls: Traffic) => ({
	rotation: {
		id: status.rotationId,
		outcome: status.outcome,
		code: status.code,
		steps: status.steps,
		gapMs: status.gapMs,
	},
	secret: {
		name: "db-password",
		previousVersion: status.previousVersion,
		version: status.version,
		derived: status.derived,
	},
	pods: proof.pods,
	traffic: { requests: calls.requests, failed: calls.failed },
	audit: proof.audit,
	leaks: proof.leaks.length,
});

export const addresses = (stack: Stack): [string, string][] => [
	["titanic-api", `${stack.service.url}/api/passengers`],
	["rotation API", `${stack.host?.url}/api/secrets (needs a bearer token)`],
	["Key Vault", stack.vault.url],
	["identity", stack.identity.url],
	["PostgreSQL", `${stack.postgres.host}:${stack.postgres.port}`],
	["Kubernetes", `${stack.cluster.server} (${stack.cluster.kind})`],
	["blobs", stack.azurite.url],
];

export function narrator(out: NodeJS.WriteStream) {
	const paint = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { stream: out });
	const line = (text = "") => out.write(`${text}\n`);
	const mark = (holds: boolean) => (holds ? paint("green", "✔") : paint("red", "✘"));
	const begun = Date.now();
	const clock = () => paint("gray", `${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} s`);
	let shown = 0;
	let doing: string | undefined;
	return {
		title: (text: string) => line(`\n${clock()}  ${paint("bold", text)}`),
		up: (part: string, address: string) => line(`${clock()}    ${part.padEnd(15)} ${paint("gray", address)}`),
		status(status: Status) {
			for (const step of status.steps.slice(shown)) {
				const time = `${step.ms} ms`.padStart(9);
				line(`${clock()}  ${mark(true)} ${step.name.padEnd(13)}${time}  ${paint("gray", meanings[step.name] ?? "")}`);
			}
			shown = Math.max(shown, status.steps.length);
			if (status.now !== undefined && status.now !== doing) line(`${clock()}    ${paint("gray", `${status.now}…`)}`);
			doing = status.now;
			if (status.problem)
				line(`${clock()}  ${mark(false)} ${status.problem.message}\n             ${status.problem.next}`);
		},
		result(status: Status, proof: Proof, calls: Traffic, checks: readonly Verdict[]) {
			line();
			for (const { says, holds } of checks) line(`  ${mark(holds)} ${says}`);
			for (const failure of calls.failures) line(`      failed request: ${failure}`);
			for (const { place, form } of proof.leaks) line(`      leak in ${place} (${form})`);
			const row = (name: string, value: string) => line(`  ${name.padEnd(24)}${value}`);
			line();
			row("db-password, before", status.previousVersion ?? "");
			row("db-password, now", status.version ?? "");
			for (const { secret, version } of status.derived ?? []) row(secret, version);
			for (const pod of proof.pods) row(pod.name, pod.version);
			row("ALTER ROLE to published", `${status.gapMs} ms`);
			line();
		},
		addresses(entries: readonly [string, string][]) {
			line(paint("bold", "Everything keeps running; Ctrl-C ends it."));
			for (const [name, address] of entries) line(`  ${name.padEnd(16)}${address}`);
		},
	};
}
