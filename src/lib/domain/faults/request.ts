// Configuration, settings and what callers send.

import { denied, final, transient, unreachable } from "./kind.ts";

export const requestFaults = {
	"configuration-invalid": denied<{ file: string; problems: string }>(
		({ file, problems }) => `The configuration ${file} is not valid: ${problems}`,
		"Run npm run config:check -- FILE; no secret is rotated until it is valid.",
		{ status: 503 },
	),
	"configuration-unreachable": unreachable<{ store: string }>(
		({ store }) => `The configuration in ${store} cannot be read.`,
		"Check that the container is there, that the app may read and list it, and its firewall.",
	),
	"configuration-passed-over": denied<{ hash: string; since: string; problem: string }>(
		({ hash, since, problem }) =>
			`Since ${since} the last good configuration, ${hash}, is in force in place of the newest one: ${problem}`,
		"Correct it: rotator config check FILE, and upload it again. It is in force a minute later.",
		{ status: 503 },
	),
	"setting-invalid": final<{ setting: string; detail: string }>(
		({ setting, detail }) => `App setting ${setting} ${detail}.`,
		"Correct the app setting (docs/configuration.md).",
	),
	"secret-not-configured": denied<{ secret: string; hint?: string }>(
		({ secret, hint }) => `No managed secret is called ${secret}.${hint ? ` ${hint.replace(/(?<![?.])$/, ".")}` : ""}`,
		"rotator secrets lists those that there are; or add it to the configuration.",
		{ status: 404 },
	),
	"token-missing": final<{ header: string; audience: string }>(
		({ header, audience }) =>
			`The request has no bearer token in its ${header} header; this app takes those for ${audience}.`,
		"rotator gets one by itself. For curl: az account get-access-token --scope api://<app id>/.default.",
		{ status: 401 },
	),
	"token-rejected": final<{ reason: string; audience: string; issuer: string }>(
		({ reason, audience, issuer }) =>
			`The bearer token ${reason}. This app takes tokens for ${audience}, issued by ${issuer}.`,
		"Unset ROTATOR_TOKEN, or get a new one: az login --tenant <tenant> --scope api://<app id>/.default, and rotator does the rest.",
		{ status: 401 },
	),
	"token-unverifiable": unreachable<{ issuer: string }>(
		({ issuer }) => `The signing keys of ${issuer} cannot be fetched, so no token can be checked.`,
		"Try again; if it stays, check OPERATORS_JWKS_URL and the app's way out to it.",
	),
	"app-role-missing": final<{ role: string; operator: string }>(
		({ role, operator }) => `Operator ${operator} does not have the app role ${role}.`,
		"Ask for the role: Entra ID, Enterprise applications, this app, Users and groups. Then sign in again: a token keeps the roles it was made with.",
		{ status: 403 },
	),
	"name-not-valid": final<{ parameter: string; allowed: string }>(
		({ parameter, allowed }) => `The ${parameter} in the path is not ${allowed}.`,
		"rotator secrets lists the names, rotator history the ids.",
		{ status: 400 },
	),
	"query-not-valid": final<{ parameter: string; allowed: string }>(
		({ parameter, allowed }) => `${parameter} in the query is unknown; this route takes ${allowed}.`,
		"Leave it out: what a request asks for is in its path and its body.",
		{ status: 400 },
	),
	"parameter-not-valid": final<{ parameter: string; detail: string }>(
		({ parameter, detail }) => `Parameter ${parameter} in the query ${detail}.`,
		"Correct it; a continuation is taken from the answer before, with the filter as it was.",
		{ status: 400 },
	),
	"body-too-large": final<{ bytes: number }>(
		({ bytes }) => `The body is larger than ${bytes} bytes.`,
		"A rotation takes reason, dryRun and force; a delivery takes reason and dryRun.",
		{ status: 413 },
	),
	"body-length-missing": final<{ header: string }>(
		({ header }) => `The request does not say by its ${header} how long its body is, so the body cannot be read.`,
		"Send the JSON object with a Content-Length and not in chunks, as curl --data does; {} is an order without options.",
		{ status: 411 },
	),
	"body-missing": final<{ allowed: string }>(
		({ allowed }) => `The request has no body; it must be ${allowed}.`,
		"Say in the body what you want: a dry run is asked for there. {} is an order without options.",
		{ status: 400 },
	),
	"body-incomplete": final<{ received: number; expected: number }>(
		({ received, expected }) => `Of the body's ${expected} bytes ${received} arrived.`,
		"Send it again; if it stays, a proxy on the way changes the body, or the caller's Content-Length is wrong.",
		{ status: 400 },
	),
	"body-type-unknown": final<{ allowed: string }>(
		({ allowed }) => `By its Content-Type or Content-Encoding the body is not ${allowed}.`,
		"Send a JSON object with content type application/json, in UTF-8 and not compressed.",
		{ status: 415 },
	),
	"body-not-json": final<{ detail: string }>(
		({ detail }) => `The body ${detail}.`,
		"Send a JSON object with content type application/json, in UTF-8 and not compressed.",
		{ status: 400 },
	),
	"body-not-valid": final<{ problems: string }>(
		({ problems }) => `In the body, ${problems}.`,
		"A rotation takes reason (text), dryRun, force and compromised (true or false); a delivery reason and dryRun; a reconciliation direction, version, reason, dryRun; a rollback to, version, reason, dryRun; a cancellation reason.",
		{ status: 400 },
	),
	"rotation-running": transient<{ secret: string; kind: string; rotationId: string }>(
		({ secret, kind, rotationId }) =>
			`Something else runs for ${secret}, which will not do what was asked for: ${kind} ${rotationId}.`,
		"Follow it (rotator watch ID), and order again when it is over.",
		{ status: 409 },
	),
	cancelled: final<{ rotationId: string }>(
		({ rotationId }) => `Rotation ${rotationId} was cancelled by an operator.`,
		"Nothing: who cancelled it, and why, is on the audit log (`cancel-requested`).",
		{ leaves: "untouched" },
	),
	"not-cancellable": final<{ rotationId: string; why: string }>(
		({ rotationId, why }) => `Rotation ${rotationId} cannot be cancelled: ${why}.`,
		"See it: rotator watch ID. To have the value before again: rotator rollback NAME.",
		{ status: 409 },
	),
	"rotation-unknown": final<{ rotationId: string; hint?: string }>(
		({ rotationId, hint }) => `There is no rotation ${rotationId}.${hint ? ` ${hint}` : ""}`,
		"rotator history lists what runs and what is over, with its id.",
		{ status: 404 },
	),
	"freeze-on": final<{ secret: string; until: string; reason: string }>(
		({ secret, until, reason }) => `A freeze is on for ${secret} until ${until}: ${reason}.`,
		"Send the order again when it is over; if it cannot wait, with force and a reason.",
		{ status: 409 },
	),
	"idempotency-key-not-valid": final<{ allowed: string }>(
		({ allowed }) => `The header Idempotency-Key is not ${allowed}.`,
		"Give each order a key of its own, such as a UUID, and the same one only when you send that order again.",
		{ status: 400 },
	),
	"idempotency-key-reused": final<{ rotationId: string }>(
		({ rotationId }) => `Another order has the same Idempotency-Key: ${rotationId}.`,
		"Give each order a key of its own; rotator watch ID shows what the other one was.",
		{ status: 409 },
	),
	"code-unknown": final<{ code: string }>(
		({ code }) => `There is no code ${code}.`,
		"docs/codes.md lists them all; another version of the app may have others.",
		{ status: 404 },
	),
	"report-missing": final<{ report: string }>(
		({ report }) => `There is no ${report} yet.`,
		"Wait for the next sweep (SWEEP_SCHEDULE), or run the function sweep by the Functions admin API.",
		{ status: 404 },
	),
};
