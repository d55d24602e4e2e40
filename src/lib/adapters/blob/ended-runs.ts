// Which runs are over, in the order in which they ended: an empty blob `ended/<time>.<rotation id>` each, with what lists show in its
// metadata. The time counts down, since lists of blobs go up: the latest run is the first one.
// EB1. One list request shows thousands of runs. Otherwise: a look at the last day reads a blob for each of them.
// EB2. It repeats what the record says, and is believed for lists only. Kept by: record-store.test.ts.

import type { ContainerClient } from "@azure/storage-blob";
import { type EndedRun, endedRunOf, latestFirst } from "../../domain/ended-run.ts";
import { secretOfRotation } from "../../domain/ids.ts";
import type { RotationStatus } from "../../domain/rotation.ts";
import type { EndedRuns, RecordStore } from "../../ports/record-store.ts";
import { patience } from "./container.ts";

const folder = "ended/";
/** 13 digits until the year 2286. */
const last = 9_999_999_999_999;
/** One call asks for no more pages of the list than these, however few of them pass. */
const mostPages = 10;

export const runMetadata = (run: EndedRun): { run: string } => {
	const { rotationId: _, secret: __, ...rest } = run;
	return { run: JSON.stringify(rest) };
};

/** Writes a run's place in the list; a run that is under way has none. */
export async function listEnded(container: ContainerClient, status: RotationStatus): Promise<void> {
	const run = endedRunOf(status);
	if (!run) return;
	const name = `${folder}${String(last - Date.parse(run.endedAt)).padStart(13, "0")}.${run.rotationId}`;
	await container.getBlockBlobClient(name).upload("", 0, { abortSignal: patience(), metadata: runMetadata(run) });
}

export const blobEndedRuns = (
	container: ContainerClient,
	orFault: <T>(work: Promise<T>) => Promise<T>,
): Pick<RecordStore, "endedRuns" | "runsOf"> => ({
	endedRuns: (asked) => orFault(endedRuns(container, asked)),
	runsOf: (secret) => orFault(runsOf(container, secret)),
});

async function endedRuns(
	container: ContainerClient,
	{ since, after, most, passes = () => true }: EndedRuns,
): Promise<{ runs: EndedRun[]; next?: string }> {
	const runs: EndedRun[] = [];
	let place = after;
	for (let pages = 0; pages < mostPages; pages++) {
		const options = { prefix: folder, includeMetadata: true as const, abortSignal: patience() };
		const list = container.listBlobsFlat(options).byPage({
			// Whatever passes of this page fits into the answer.
			maxPageSize: most - runs.length,
			...(place !== undefined && { continuationToken: place }),
		});
		const page = (await list.next()).value;
		for (const { name, metadata } of page?.segment.blobItems ?? []) {
			const run = runIn(name.slice(folder.length + 14), metadata?.run);
			if (!run) continue;
			if (since && Date.parse(run.endedAt) < since.getTime()) return { runs };
			if (passes(run)) runs.push(run);
		}
		place = page?.continuationToken || undefined;
		if (place === undefined || runs.length === most) break;
	}
	return { runs, ...(place !== undefined && { next: place }) };
}

async function runsOf(container: ContainerClient, secret: string): Promise<EndedRun[]> {
	const prefix = `rotations/${secret}/`;
	const runs: EndedRun[] = [];
	for await (const { name, metadata } of container.listBlobsFlat({
		prefix,
		includeMetadata: true,
		abortSignal: patience(),
	})) {
		const run = runIn(name.slice(prefix.length).replace(/\.json$/, ""), metadata?.run);
		if (run) runs.push(run);
	}
	return runs.sort(latestFirst);
}

/** Somebody else may have written it: what does not have the form is no run. */
function runIn(rotationId: string, text: string | undefined): EndedRun | undefined {
	const secret = secretOfRotation(rotationId);
	if (secret === undefined) return undefined;
	try {
		const { kind, dryRun, outcome, code, by, version, expires, approvedBy, breakGlass, endedAt } = JSON.parse(
			text ?? "",
		);
		const isWhole = [kind, outcome, by, endedAt].every((one) => typeof one === "string");
		if (!isWhole || Number.isNaN(Date.parse(endedAt))) return undefined;
		return {
			rotationId,
			secret,
			kind,
			...(dryRun === true && { dryRun }),
			outcome,
			...(typeof code === "string" && { code: code as EndedRun["code"] & string }),
			by,
			...(typeof version === "string" && { version }),
			...(typeof expires === "string" && !Number.isNaN(Date.parse(expires)) && { expires }),
			...(typeof approvedBy === "string" && { approvedBy }),
			...(breakGlass === true && { breakGlass }),
			endedAt,
		};
	} catch {
		return undefined;
	}
}
