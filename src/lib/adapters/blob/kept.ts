// What evidence of a past day is made of, and the evidence itself: `configurations/<hash>.yaml`, `reports/<time>.json`,
// `evidence/<digest>.json`.
// KP1. The first one of a name stays. Otherwise: the same day, asked for twice, has two answers. Kept by: record-store.test.ts.

import { text } from "node:stream/consumers";
import type { ContainerClient } from "@azure/storage-blob";
import type { ComplianceReport, SweepCounts } from "../../domain/compliance.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import { patience } from "./container.ts";
import { codeOf } from "./faults.ts";

export const reportsFolder = "reports/";

type Kept = "keepConfiguration" | "configurationOf" | "reportAt" | "reportCounts" | "evidence" | "keepEvidence";

export function blobKept(
	container: ContainerClient,
	orFault: <T>(work: Promise<T>) => Promise<T>,
	report: (name: string) => Promise<{ readonly value: ComplianceReport } | undefined>,
): Pick<RecordStore, Kept> {
	const known = new Set<string>();

	async function textOf(name: string): Promise<string | undefined> {
		try {
			const answer = await container.getBlobClient(name).download(0, undefined, { abortSignal: patience() });
			return await text(answer.readableStreamBody as NodeJS.ReadableStream);
		} catch (error) {
			if (codeOf(error) === "BlobNotFound") return undefined;
			throw error;
		}
	}

	/** @returns whether it is there for the first time */
	async function keep(name: string, content: string): Promise<boolean> {
		try {
			await container
				.getBlockBlobClient(name)
				.upload(content, Buffer.byteLength(content), { conditions: { ifNoneMatch: "*" }, abortSignal: patience() });
			return true;
		} catch (error) {
			if (codeOf(error) !== "BlobAlreadyExists") throw error;
			return false;
		}
	}

	/** Names of dated reports, in the order of their times. */
	const dated = (options: { includeMetadata?: true } = {}) =>
		container.listBlobsFlat({ prefix: `${reportsFolder}2`, abortSignal: patience(), ...options });

	return {
		async keepConfiguration(hash, content) {
			if (known.has(hash)) return;
			await orFault(keep(configurationName(hash), content));
			known.add(hash);
		},
		configurationOf: (hash) => orFault(textOf(configurationName(hash))),
		reportAt: (time) =>
			orFault(
				(async () => {
					let last: string | undefined;
					for await (const { name } of dated()) if ((timeOf(name) ?? Number.NaN) <= time.getTime()) last = name;
					return last === undefined ? undefined : (await report(last))?.value;
				})(),
			),
		reportCounts: (since) =>
			orFault(
				(async () => {
					const found: SweepCounts[] = [];
					for await (const { name, metadata } of dated({ includeMetadata: true })) {
						const counts = (timeOf(name) ?? 0) < since.getTime() ? undefined : countsIn(metadata?.counts);
						if (counts) found.push(counts);
					}
					return found;
				})(),
			),
		evidence: (digest) => orFault(textOf(evidenceName(digest))),
		keepEvidence: (digest, content) =>
			orFault(
				(async () => {
					const name = evidenceName(digest);
					return (await keep(name, content)) ? content : ((await textOf(name)) ?? content);
				})(),
			),
	};
}

const hex = (hash: string): string => {
	if (!/^[0-9a-f]{1,64}$/.test(hash)) throw new TypeError("This is no hash.");
	return hash;
};
const configurationName = (hash: string): string => `configurations/${hex(hash)}.yaml`;
const evidenceName = (digest: string): string => `evidence/${hex(digest)}.json`;

/** `reports/2026-11-23T06-00-00.000Z.json` */
function timeOf(name: string): number | undefined {
	const [, date, hours, minutes, seconds] =
		/^reports\/(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-([\d.]+)Z\.json$/.exec(name) ?? [];
	return date === undefined ? undefined : Date.parse(`${date}T${hours}:${minutes}:${seconds}Z`);
}

const names = ["compliant", "due", "expired", "unreadable", "overdue", "drift", "unmanaged"] as const;

/** Somebody else may have written it: what does not have the form is left out. */
function countsIn(given: string | undefined): SweepCounts | undefined {
	try {
		const counts = JSON.parse(given ?? "") as SweepCounts;
		const isWhole = typeof counts.at === "string" && names.every((name) => Number.isSafeInteger(counts[name]));
		return isWhole ? counts : undefined;
	} catch {
		return undefined;
	}
}
