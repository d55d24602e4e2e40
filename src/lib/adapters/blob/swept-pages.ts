// What a sweep has judged, a page at a time: `sweeps/<page>.json`, and `sweeps/latest.json`, which says whose pages they are.
// SWP1. The next sweep's pages replace these. Otherwise: they pile up, and the app's identity would need the right to delete in
//      this container.
// SWP2. A page is stored before it is counted. Otherwise: a reader finds one that is not there.

import type { SweepId, Swept } from "../../domain/compliance.ts";
import type { RecordStore } from "../../ports/record-store.ts";

interface Latest {
	readonly sweep: SweepId;
	readonly pages: number;
}

interface Blobs {
	write(name: string, value: object): Promise<void>;
	read<T>(name: string, check: (value: unknown) => value is T): Promise<{ value: T } | undefined>;
}

const nameOf = (page: number): string => `sweeps/${String(page).padStart(5, "0")}.json`;
/** Read at once. */
const most = 8;

export function blobSweptPages({ write, read }: Blobs): Pick<RecordStore, "saveSwept" | "lastSweep"> {
	return {
		async saveSwept(sweep, page, swept) {
			await write(nameOf(page), { sweep, ...swept });
			await write("sweeps/latest.json", { sweep, pages: page + 1 } satisfies Latest);
		},
		async lastSweep(known) {
			const latest = (await read("sweeps/latest.json", isLatest))?.value;
			if (!latest) return undefined;
			if (latest.sweep.id === known) return { sweep: latest.sweep, pages: [] };
			const pages: Swept[] = [];
			for (let at = 0; at < latest.pages; at += most) {
				const numbers = Array.from({ length: Math.min(most, latest.pages - at) }, (_, index) => at + index);
				const found = await Promise.all(numbers.map((page) => read(nameOf(page), isPage)));
				// Another sweep may have begun meanwhile.
				pages.push(...found.flatMap((one) => (one?.value.sweep.id === latest.sweep.id ? [one.value] : [])));
			}
			return { sweep: latest.sweep, pages };
		},
	};
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isSweep = (value: unknown): value is SweepId =>
	isObject(value) && typeof value.id === "string" && typeof value.startedAt === "string";

const isLatest = (value: unknown): value is Latest =>
	isObject(value) && isSweep(value.sweep) && Number.isSafeInteger(value.pages);

const isPage = (value: unknown): value is Swept & { readonly sweep: SweepId } =>
	isObject(value) &&
	isSweep(value.sweep) &&
	[value.secrets, value.unmanaged, value.problems].every((list) => Array.isArray(list));
