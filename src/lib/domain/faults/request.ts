// Configuration, settings and what callers send.

import { final, transient } from "./kind.ts";

export const requestFaults = {
	"configuration-invalid": final<{ file: string; problems: string }>(
		({ file, problems }) => `The configuration ${file} is not valid: ${problems}`,
		"Run npm run config:check -- FILE; no secret is rotated until it is valid.",
	),
	"setting-invalid": final<{ setting: string; detail: string }>(
		({ setting, detail }) => `App setting ${setting} ${detail}.`,
		"Correct the app setting (docs/configuration.md).",
	),
	"secret-not-configured": final<{ secret: string }>(
		({ secret }) => `No managed secret is called ${secret}.`,
		"GET /api/secrets lists those that are; add it to the configuration.",
	),
	"token-missing": final<{ header: string }>(
		({ header }) => `The request has no bearer token in its ${header} header.`,
		"Get a token for this API (az account get-access-token --resource ...) and send it.",
	),
	"token-rejected": final<{ reason: string }>(
		({ reason }) => `The bearer token ${reason}.`,
		"Get a new access token of the right tenant for this API's app registration.",
	),
	"token-unverifiable": transient<{ issuer: string }>(
		({ issuer }) => `The signing keys of ${issuer} cannot be fetched, so no token can be checked.`,
		"Try again; if it stays, check OPERATORS_JWKS_URL and the app's way out to it.",
	),
	"app-role-missing": final<{ role: string; operator: string }>(
		({ role, operator }) => `Operator ${operator} has not the app role ${role}.`,
		"Assign the app role to the operator in the enterprise application (docs/security.md).",
	),
	"name-not-valid": final<{ parameter: string; allowed: string }>(
		({ parameter, allowed }) => `The ${parameter} in the path is not ${allowed}.`,
		"GET /api/secrets lists the names.",
	),
	"query-not-valid": final<{ parameter: string; allowed: string }>(
		({ parameter, allowed }) => `${parameter} in the query is unknown; this route takes ${allowed}.`,
		"Leave it out: what a request asks for is in its path and its body.",
	),
	"parameter-not-valid": final<{ parameter: string; detail: string }>(
		({ parameter, detail }) => `Parameter ${parameter} in the query ${detail}.`,
		"Correct it; a continuation is taken from the answer before, with the filter as it was.",
	),
	"body-too-large": final<{ bytes: number }>(
		({ bytes }) => `The body is larger than ${bytes} bytes.`,
		"A rotation takes reason, dryRun and force; a delivery takes reason.",
	),
	"body-type-unknown": final<{ allowed: string }>(
		({ allowed }) => `The body's content type is not ${allowed}.`,
		"Send a JSON object with content type application/json, or no body.",
	),
	"body-not-json": final<{ detail: string }>(
		({ detail }) => `The body ${detail}.`,
		"Send a JSON object with content type application/json, or no body.",
	),
	"body-not-valid": final<{ path: string; detail: string }>(
		({ path, detail }) => `${path} in the body ${detail}.`,
		"A rotation takes reason (text), dryRun and force (true or false); a delivery reason; a reconciliation direction, reason, dryRun.",
	),
	"rotation-unknown": final<{ rotationId: string }>(
		({ rotationId }) => `There is no rotation ${rotationId}.`,
		"GET /api/secrets names the running and the last rotation of each secret.",
	),
	"report-missing": final<{ report: string }>(
		({ report }) => `There is no ${report} yet.`,
		"Wait for the next sweep (SWEEP_SCHEDULE), or run the function sweep by the Functions admin API.",
	),
};
