// What one rotation and one sweep ask of everybody, counted; and how long each call takes.
// ME1. Calls are those of a rotation of a single user's password with one derived secret, one Deployment and the CSI driver, as its
//      servers saw them. Kept by: test/recovery/effects.test.ts for the calls, rotation-cost.test.ts for steps, records and bytes.

export interface Calls {
	/** Of the vault: reads, new versions, changes, signatures. */
	readonly get?: number;
	readonly put?: number;
	readonly patch?: number;
	readonly sign?: number;
	readonly login?: number;
	readonly statement?: number;
	readonly kubernetes?: number;
	readonly blobRead?: number;
	readonly blobWrite?: number;
}

/** By step; the looks of a delivery by look. A look at the copy reads both secrets, and four objects of the cluster once it is new. */
export const calls = {
	/** The request's records, and the start of its instance. */
	request: { blobRead: 1, blobWrite: 2 },
	plan: { get: 13, login: 3, statement: 4, kubernetes: 33, blobRead: 3, blobWrite: 2 },
	createSecret: { get: 1, put: 1, blobRead: 1, blobWrite: 2 },
	switch: { get: 5, put: 2, login: 3, statement: 9, blobRead: 2, blobWrite: 4 },
	note: { blobWrite: 1 },
	refresh: {},
	checkCopy: { get: 2, kubernetes: 3.2 },
	roll: { kubernetes: 3, blobRead: 1, blobWrite: 2 },
	checkRollout: { kubernetes: 3 },
	verify: { get: 2, login: 1, kubernetes: 8, blobWrite: 2 },
	finish: { get: 2, patch: 1, blobRead: 3, blobWrite: 7 },
	signHead: { sign: 1, blobRead: 1, blobWrite: 2 },
	/** Of one secret that was delivered once and is not due. */
	judge: { get: 5, login: 1, kubernetes: 8, blobRead: 2 },
	/** What a page of the sweep stores, whatever it has looked at. */
	sweepPage: { blobWrite: 2 },
	/** Beside the pages that it reads again. */
	finishSweep: { sign: 1, blobRead: 4, blobWrite: 5 },
	/** A page of a vault's own list: 25 versions. */
	list: { get: 1 },
	/** Of each instance that durable storage has to forget. */
	purge: { blobRead: 1 },
} as const satisfies Record<string, Calls>;

export type Counted = keyof typeof calls;

/** The steps of a rotation that are not its delivery's, in their order; how often each is in it is once. */
export const around = ["plan", "createSecret", "switch", "finish", "signHead"] as const;

/** One rotation's records on the audit log, and the bytes of all; of a run that leaves the secret alone; and of the request before either. */
export const audit = { records: 18, bytes: 19_474, skippedBytes: 4_000, requestBytes: 950 };

/**
 * Milliseconds a call, as an app has them that is in the region of its vault, server and cluster: estimates, since nothing here
 * runs in Azure. A step's calls are taken to come one after the other, which is more than they take.
 */
export const callMs = {
	get: 15,
	put: 30,
	patch: 25,
	sign: 25,
	login: 40,
	statement: 3,
	kubernetes: 20,
	blobRead: 8,
	blobWrite: 12,
};
/** Between a step's end and the next one's begin: an estimate; 1 to 2 ms on the local host (docs/performance.md, "one durable hop"). */
export const hopMs = 50;

const durations = Object.fromEntries(
	Object.entries(calls).map(([counted, of]) => [
		counted,
		Object.entries(of).reduce((sum, [call, count]) => sum + count * callMs[call as keyof typeof callMs], 0),
	]),
) as Record<Counted, number>;

/** @returns milliseconds */
export const durationOf = (counted: Counted): number => durations[counted];

/**
 * What the cluster needs, in seconds: estimates. The CSI driver polls every two minutes by default, so a copy is new at any time until then.
 */
export const cluster = { copySeconds: [15, 45, 75, 105], rolloutSeconds: 60 };

/**
 * Storage transactions for one action, where the hub is an Azure Storage one: 828 for the 73 messages of one rotation, on the real host
 * with Azurite. What an idle hub is polled with comes on top.
 */
export const transactionsAnAction = 11.3;

/** A line of the app's log for each step, in bytes, as Log Analytics bills it: an estimate. */
export const logBytesAStep = 1_000;

/** Versions of the vault that an app of so many secrets lists: live, pending and derived. */
export const objectsASecret = 3;
/** Key Vault's own page. */
export const listed = 25;
