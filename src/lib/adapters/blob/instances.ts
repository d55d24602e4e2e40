// The instances of the app that are at work: a blob `instances/<number>` each, which it writes again and again.
// IN1. Numbers are taken again once their instance is gone. Otherwise: the app needs the right to delete in this container, or
//      each instance that ever was leaves a blob that all others list.
// IN2. A number is taken and held by its ETag. Otherwise: two instances have one number, and each counts the other as itself.
// IN3. Who is at work is judged by the storage's clock alone. Otherwise: an instance with a wrong clock counts the others out.
// IN4. First the mark, then the look. Otherwise: of two that begin at once, neither sees the other.
// IN5. A process that starts takes its machine's mark at once. Otherwise: after each crash its former self holds half of
//      everything for a minute.
// All kept by: instances.test.ts.

import { randomUUID } from "node:crypto";
import type { ContainerClient } from "@azure/storage-blob";
import { Fault } from "../../domain/fault.ts";
import type { Instances } from "../../ports/instances.ts";
import { type ContainerOptions, nameOfContainer, openContainer, quoted } from "./container.ts";
import { codeOf } from "./faults.ts";

const folder = "instances/";
const liveMs = 60_000;
const mostTries = 10;
/** Short: a rotation waits for the first one. */
const patience = () => AbortSignal.timeout(5_000);

interface Mark {
	readonly name: string;
	readonly etag: string;
	readonly machine?: string | undefined;
	readonly process?: string | undefined;
	/** For people: when this place was taken, by its machine's own clock. */
	readonly since?: string | undefined;
	readonly isLive: boolean;
}

/** @param options.machine where this process runs, and the next one that takes its place */
export function blobInstances(options: ContainerOptions & { readonly machine: string }): Instances {
	const container = openContainer(options);
	const machine = encodeURIComponent(options.machine);
	const me = randomUUID();
	let mine: Pick<Mark, "name" | "etag"> | undefined;
	let isFirst = true;
	let since = new Date().toISOString();

	/** @returns false where somebody else has written it since */
	async function write(name: string, etagBefore: string | undefined): Promise<boolean> {
		try {
			const { etag = "" } = await container.getBlockBlobClient(name).upload("", 0, {
				metadata: { machine, process: me, since },
				conditions: etagBefore === undefined ? { ifNoneMatch: "*" } : { ifMatch: etagBefore },
				abortSignal: patience(),
			});
			mine = { name, etag };
			return true;
		} catch (error) {
			if (["ConditionNotMet", "BlobAlreadyExists", "BlobNotFound"].includes(codeOf(error) ?? "")) return false;
			throw error;
		}
	}

	/** @returns whether the others did not count it before */
	async function take(): Promise<boolean> {
		for (let tries = 1; tries <= mostTries; tries++) {
			const marks = await marksIn(container);
			const former = isFirst ? marks.find((mark) => mark.machine === machine) : undefined;
			const { name, etag } = former ?? firstFree(marks);
			since = (former?.isLive && former.since) || new Date().toISOString();
			if (!(await write(name, etag))) continue;
			isFirst = false;
			return former?.isLive !== true;
		}
		throw unavailable();
	}

	const unavailable = () => new Fault("records-unavailable", { store: nameOfContainer(options.containerUrl) });

	return {
		async renew() {
			const isHeld = mine !== undefined && (await write(mine.name, mine.etag));
			const isNew = !isHeld && (await take());
			const live = (await marksIn(container)).filter(({ isLive }) => isLive);
			const rank = live.findIndex((mark) => mark.process === me && mark.name === mine?.name);
			if (rank < 0) throw unavailable();
			return { rank, live: live.length, isNew };
		},
	};
}

/** By their numbers. */
async function marksIn(container: ContainerClient): Promise<Mark[]> {
	const marks: Mark[] = [];
	const pages = container
		.listBlobsFlat({ prefix: folder, includeMetadata: true, abortSignal: patience() })
		.byPage({ maxPageSize: 1_000 });
	for await (const { date, segment } of pages) {
		for (const { name, properties, metadata } of segment.blobItems) {
			const isLive = (date?.getTime() ?? 0) - properties.lastModified.getTime() < liveMs;
			marks.push({
				...{ name, etag: quoted(properties.etag), isLive },
				...{ machine: metadata?.machine, process: metadata?.process, since: metadata?.since },
			});
		}
	}
	return marks;
}

function firstFree(marks: readonly Mark[]): { readonly name: string; readonly etag?: string } {
	const gone = marks.find(({ isLive }) => !isLive);
	return gone ?? { name: `${folder}${String(marks.length).padStart(4, "0")}` };
}
