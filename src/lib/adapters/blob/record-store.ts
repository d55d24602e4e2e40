// Rotation records and compliance reports as one JSON blob each:
//   configurations/<hash>.yaml   evidence/<digest>.json (kept.ts)
//   rotations/<secret>/<rotationId>.json   last/<secret>.json   run/<secret>.json   delivered/<secret>.json   reports/latest.json and a
//   dated copy of each   cancelled/<secret>/<rotationId>.json of an order that was taken back
// backed-up/<secret>.json, notifications/announced.json, the marks of open switches (open-switches.ts), what a sweep has judged so far (swept-pages.ts), and the list of what is over
// (ended-runs.ts); orders that wait for an approval (approvals.ts), and operators' freezes (freezes.ts); places in namespaces (places.ts).
//
// BS1. `last/<secret>.json` never goes back to an earlier rotation. Otherwise: an old run that ends late, or is recorded
//      again, hides the newer one. Kept by: record-store.test.ts.
// BS2. A blob that cannot be read or understood is an outage, never "no record". Kept by: record-store.test.ts.

import { text } from "node:stream/consumers";
import type { Announced } from "../../domain/announced.ts";
import type { LastBackup } from "../../domain/backup.ts";
import { type ComplianceReport, countsOf } from "../../domain/compliance.ts";
import { endedRunOf } from "../../domain/ended-run.ts";
import { Fault } from "../../domain/fault.ts";
import { secretOfRotation } from "../../domain/ids.ts";
import { isRealRun, type RotationStatus, reachedConsumers } from "../../domain/rotation.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import { blobApprovals } from "./approvals.ts";
import { change } from "./change.ts";
import { type ContainerOptions, nameOfContainer, openContainer, patience } from "./container.ts";
import { blobEndedRuns, listEnded, runMetadata } from "./ended-runs.ts";
import { codeOf } from "./faults.ts";
import { blobFreezes } from "./freezes.ts";
import { blobKept, reportsFolder } from "./kept.ts";
import { blobOpenSwitches } from "./open-switches.ts";
import { blobPlaces } from "./places.ts";
import { blobSweptPages } from "./swept-pages.ts";

interface Stored<T> {
	readonly value: T;
	readonly etag?: string;
}

type Check<T> = (value: unknown) => value is T;

export function blobRecordStore(options: ContainerOptions): RecordStore {
	const container = openContainer(options);
	const store = nameOfContainer(options.containerUrl);
	/** Each list is made of it, and it is a megabyte where there are many secrets. */
	let latestReport: Stored<ComplianceReport> | undefined;

	/** Only if nobody wrote it since; `undefined` as `etag`: only if it is not there. */
	type Condition = { readonly etag: string | undefined };

	async function write(
		name: string,
		value: object,
		only?: Condition,
		metadata?: Readonly<Record<string, string>>,
	): Promise<void> {
		const content = JSON.stringify(value);
		await container.getBlockBlobClient(name).upload(content, Buffer.byteLength(content), {
			blobHTTPHeaders: { blobContentType: "application/json" },
			abortSignal: patience(),
			...(metadata && { metadata }),
			...(only && { conditions: only.etag === undefined ? { ifNoneMatch: "*" } : { ifMatch: only.etag } }),
		});
	}

	/** @param known what was read before: it is not sent again as long as it is that */
	async function read<T>(name: string, check: Check<T>, known?: Stored<T>): Promise<Stored<T> | undefined> {
		let content: string;
		let etag: string | undefined;
		try {
			const answer = await container.getBlobClient(name).download(0, undefined, {
				abortSignal: patience(),
				...(known?.etag !== undefined && { conditions: { ifNoneMatch: known.etag } }),
			});
			content = await text(answer.readableStreamBody as NodeJS.ReadableStream);
			etag = answer.etag;
		} catch (error) {
			if (known && (error as { statusCode?: number }).statusCode === 304) return known;
			// A missing container has a code of its own: that is an outage.
			if (codeOf(error) === "BlobNotFound") return undefined;
			throw error;
		}
		const value = parsed(content);
		if (!check(value)) throw new Fault("records-unavailable", { store: `${store}/${name}` });
		return { value, etag };
	}

	async function exists(name: string): Promise<boolean> {
		try {
			await container.getBlobClient(name).getProperties({ abortSignal: patience() });
			return true;
		} catch (error) {
			if (codeOf(error) === "BlobNotFound") return false;
			throw error;
		}
	}

	const replaceLast = (name: string, status: RotationStatus): Promise<void> =>
		change({ write, read }, name, isRotation, (last) => (last && isLater(last, status) ? undefined : status));

	async function readLast(kind: "last" | "run" | "delivered", secret: string): Promise<RotationStatus | undefined> {
		if (!isSecretName(secret)) return undefined;
		return (await asFaults(read(`${kind}/${secret}.json`, isRotation)))?.value;
	}

	const asFaults = async <T>(work: Promise<T>): Promise<T> =>
		work.catch((error) => {
			if (error instanceof Fault) throw error;
			throw new Fault("records-unavailable", { store }, error);
		});

	return {
		async saveRotation(status) {
			const name = nameOf(status.rotationId, status.secret);
			const run = endedRunOf(status);
			await asFaults(write(name, status, undefined, run && runMetadata(run)));
			if (status.outcome !== undefined) await asFaults(replaceLast(`last/${status.secret}.json`, status));
			if (isRealRun(status)) await asFaults(replaceLast(`run/${status.secret}.json`, status));
			if (reachedConsumers(status)) await asFaults(replaceLast(`delivered/${status.secret}.json`, status));
			await asFaults(listEnded(container, status));
		},
		async rotation(rotationId) {
			const secret = secretOfRotation(rotationId);
			if (secret === undefined) return undefined;
			return (await asFaults(read(nameOf(rotationId, secret), isRotation)))?.value;
		},
		lastRotation: (secret) => readLast("last", secret),
		async lastRun(secret) {
			const run = await readLast("run", secret);
			if (run) return run;
			// Recorded by a version of this app that kept only the last of all.
			const last = await readLast("last", secret);
			return last && isRealRun(last) ? last : undefined;
		},
		lastDelivery: (secret) => readLast("delivered", secret),
		async saveReport(report) {
			const counts = { counts: JSON.stringify(countsOf(report)) };
			await asFaults(write(`${reportsFolder}${report.at.replaceAll(":", "-")}.json`, report, undefined, counts));
			await asFaults(write("reports/latest.json", report));
		},
		async lastReport() {
			latestReport = await asFaults(read("reports/latest.json", isReport, latestReport));
			return latestReport?.value;
		},
		async cancel(rotationId) {
			const name = cancelledName(rotationId);
			if (name === undefined) throw new TypeError("This is no rotation's id.");
			await asFaults(write(name, {}));
		},
		async isCancelled(rotationId) {
			const name = cancelledName(rotationId);
			return name !== undefined && (await asFaults(exists(name)));
		},
		async backupsOf(secret) {
			if (!isSecretName(secret)) return [];
			return (await asFaults(read(backupsName(secret), isBackups)))?.value.secrets ?? [];
		},
		saveBackups: (secret, secrets) => asFaults(write(backupsName(secret), { secrets })),
		announced: async () => (await asFaults(read("notifications/announced.json", isAnnounced)))?.value,
		saveAnnounced: (announced) => asFaults(write("notifications/announced.json", announced)),
		...blobSweptPages({
			write: (name, value) => asFaults(write(name, value)),
			read: (name, check) => asFaults(read(name, check)),
		}),
		...blobKept(container, asFaults, (name) => read(name, isReport)),
		...blobApprovals(container, { write, read }, asFaults),
		...blobFreezes({ write, read }, asFaults),
		...blobPlaces({ write, read }, asFaults),
		...blobOpenSwitches(container, asFaults),
		...blobEndedRuns(container, asFaults),
	};
}

/** @throws TypeError when the id is not of this secret: such a record would never be found again */
function nameOf(rotationId: string, secret: string): string {
	if (secretOfRotation(rotationId) !== secret) throw new TypeError("The rotation's id is not one of its secret.");
	return `rotations/${secret}/${rotationId}.json`;
}

function cancelledName(rotationId: string): string | undefined {
	const secret = secretOfRotation(rotationId);
	return secret === undefined ? undefined : `cancelled/${secret}/${rotationId}.json`;
}

const backupsName = (secret: string): string => `backed-up/${secret}.json`;

const isSecretName = (secret: string): boolean => /^[0-9a-zA-Z-]{1,127}$/.test(secret);

const parsed = (content: string): unknown => {
	try {
		return JSON.parse(content);
	} catch {
		return undefined;
	}
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isRotation = (value: unknown): value is RotationStatus =>
	isObject(value) &&
	[value.rotationId, value.secret, value.kind, value.requestedAt].every((text) => typeof text === "string") &&
	Array.isArray(value.steps) &&
	isObject(value.requestedBy);

const isReport = (value: unknown): value is ComplianceReport =>
	isObject(value) &&
	typeof value.at === "string" &&
	[value.secrets, value.unmanaged, value.problems].every((list) => Array.isArray(list));

const isAnnounced = (value: unknown): value is Announced =>
	isObject(value) && typeof value.at === "string" && isObject(value.told) && isObject(value.folded);

const isBackups = (value: unknown): value is { readonly secrets: readonly LastBackup[] } =>
	isObject(value) &&
	Array.isArray(value.secrets) &&
	value.secrets.every((one) => isObject(one) && typeof one.secret === "string");

/** Did `one` end after the other, another rotation? */
const isLater = (one: RotationStatus, other: RotationStatus): boolean =>
	one.rotationId !== other.rotationId && endOf(one) > endOf(other);

const endOf = ({ endedAt, requestedAt }: RotationStatus): number => Date.parse(endedAt ?? requestedAt);
