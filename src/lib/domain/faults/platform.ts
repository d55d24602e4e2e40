// What the service itself stands on: audit log, records, tokens of its identity, the durable back end.

import { final, transient } from "./kind.ts";

export const platformFaults = {
	"audit-unavailable": transient<{ log: string }>(
		({ log }) => `The audit log ${log} cannot be written or read.`,
		"Nothing is changed without it: check the storage account's network rules and state.",
	),
	"audit-broken": final<{ log: string; detail: string }>(
		({ log, detail }) => `The audit log ${log} is broken: ${detail}.`,
		"Run npm run audit:verify and keep the blob as it is.",
	),
	"audit-forbidden": final<{ log: string; right: string }>(
		({ log, right }) => `The app may not ${right} the audit log ${log}.`,
		"Grant the app's identity Storage Blob Data Contributor on it; its WORM policy must allow protected append writes.",
	),
	"records-unavailable": transient<{ store: string }>(
		({ store }) => `The rotation records in ${store} cannot be written or read.`,
		"Check the storage account's network rules and the app's role on the container.",
	),
	"token-unavailable": transient<{ resource: string }>(
		({ resource }) => `The app's identity gets no token for ${resource}.`,
		"Check that the managed identity is assigned to the app and AZURE_CLIENT_ID names it.",
	),
	"durable-unavailable": transient<{ secret: string }>(
		({ secret }) => `Durable Functions cannot be asked about, or told to start, a rotation of ${secret}.`,
		"Ask GET /api/secrets whether one runs, then try again; if it stays, check the durable storage.",
	),
	"internal-error": transient<{ step: string; kind: string }>(
		({ step, kind }) => `Step ${step} failed with an unexpected ${kind}.`,
		"This is a defect of the rotator: report it with the rotation's id.",
	),
};
