// What the service itself stands on: audit log, records, tokens of its identity, the durable back end.

import { denied, final, transient, unreachable } from "./kind.ts";

export const platformFaults = {
	"audit-unavailable": unreachable<{ log: string }>(
		({ log }) => `The audit log ${log} cannot be written or read.`,
		"Nothing is changed without it: check the storage account's network rules and state.",
	),
	"audit-broken": final<{ log: string; detail: string }>(
		({ log, detail }) => `The audit log ${log} is broken: ${detail}.`,
		"Run npm run audit:verify, keep the blobs as they are and find out who may append to them; then give AUDIT_CONTAINER_URL a new container (docs/runbook.md).",
		{ leaves: "untouched", status: 503 },
	),
	"audit-beside": final<{ blobs: string }>(
		({ blobs }) => `Beside the audit log lie blobs that no record of it leads to: ${blobs}.`,
		"They are no part of the log, and it goes on without them: find out who may create blobs there, and take that right away.",
	),
	"audit-forbidden": denied<{ log: string; right: string }>(
		({ log, right }) => `The app may not ${right} the audit log ${log}.`,
		"Grant the app's identity blobs/read and blobs/add/action on it (docs/security.md); its WORM policy must allow protected append writes.",
		{ leaves: "untouched", status: 503 },
	),
	"head-unsigned": final<{ log: string }>(
		({ log }) => `The head of the audit log ${log} is not signed, because no key is set.`,
		"Set AUDIT_SIGNING_KEY_URL (docs/security.md); until then a log that was cut off at its end looks whole.",
	),
	"head-uncopied": final<{ log: string }>(
		({ log }) => `The signed head of the audit log ${log} is kept in no second store, because none is set.`,
		"Set AUDIT_COPY_CONTAINER_URL or AUDIT_COPY_LOGS_ENDPOINT; until then anyone who owns the account can cut off both.",
	),
	"signing-forbidden": denied<{ key: string }>(
		({ key }) => `The app may not sign with key ${key}.`,
		"Grant the app's identity the data action keys/sign/action on that key. An audit log's head is signed by the next sweep.",
	),
	"signing-key-unusable": denied<{ key: string; detail: string }>(
		({ key, detail }) => `The signing key ${key} ${detail}.`,
		"Give an enabled key with the operation sign: EC on P-256 in AUDIT_SIGNING_KEY_URL (the next sweep signs), RSA in repositories.<name>.login.key.",
	),
	"signing-unavailable": unreachable<{ key: string }>(
		({ key }) => `The key ${key} cannot be reached, or throttles, so nothing is signed with it.`,
		"It is tried again by itself, an audit log's head at last by the next sweep; if it stays, check the vault's network rules.",
	),
	"signing-key-unreadable": final<{ key: string }>(
		({ key }) => `The public half of ${key} cannot be read, so no signature is checked.`,
		"A verifier needs the data action keys/read on it (or its access policy Get) and a way through the vault's firewall; or give the key as a file with --key.",
	),
	"heads-forbidden": final<{ store: string; right: string }>(
		({ store, right }) => `The app may not ${right} the signed heads in ${store}.`,
		"Grant it: blobs/add/action on a container (docs/security.md), Monitoring Metrics Publisher on a data collection rule; to read them, Storage Blob Data Reader or Log Analytics Reader.",
	),
	"heads-rejected": final<{ store: string; detail: string }>(
		({ store, detail }) => `The store of signed heads ${store} rejects the request: ${detail}.`,
		"Compare AUDIT_COPY_LOGS_RULE_ID and AUDIT_COPY_LOGS_STREAM with the data collection rule and its columns; to read them, the workspace's id and table.",
	),
	"heads-unavailable": unreachable<{ store: string }>(
		({ store }) => `The store of signed heads ${store} cannot be written or read.`,
		"It is tried again by itself, at last by the next sweep; if it stays, check its network rules.",
	),
	"records-unavailable": unreachable<{ store: string }>(
		({ store }) => `The rotation records in ${store} cannot be written or read.`,
		"Check the storage account's network rules and the app's role on the container.",
	),
	"token-unavailable": unreachable<{ resource: string }>(
		({ resource }) => `The app's identity gets no token for ${resource}.`,
		"Check that the managed identity is assigned to the app and AZURE_CLIENT_ID names it.",
	),
	"part-silent": transient<{ part: string; seconds: number }>(
		({ part, seconds }) => `Of the app's own parts, ${part} did not answer within ${seconds} s.`,
		"Ask again; if it stays, check that storage account and the app's way to it.",
	),
	"durable-unavailable": unreachable<{ secret: string }>(
		({ secret }) => `Durable Functions cannot be asked about a rotation of ${secret}, or to start one.`,
		"See whether one runs (rotator history), then try again; if it stays, check the durable storage.",
	),
	"sweep-not-started": unreachable<{ instance: string }>(
		({ instance }) => `Durable Functions cannot be asked to start the sweep, instance ${instance}.`,

		"Nothing: the timer starts the next one, and the function sweep does by hand. If it stays, check the durable storage.",
	),
	"history-unpurged": transient<{ what: string }>(
		({ what }) => `Durable Functions did not ${what}, so its storage keeps rotations that are over.`,
		"Nothing: the next sweep tries again. If it stays, check the durable storage; it grows meanwhile.",
	),
	"internal-error": transient<{ step: string; kind: string }>(
		({ step, kind }) => `Step ${step} failed with an unexpected ${kind}.`,
		"This is a defect of the rotator: report it with the rotation's id.",
		{ status: 500 },
	),
};
