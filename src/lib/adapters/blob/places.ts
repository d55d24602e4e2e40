// Places in namespaces: one blob `places/<cluster>/<namespace>.json` each, with those who have one.
// PLB1. A change is made to what was read, by its ETag. Otherwise: of two that take the last place at once both have it. Kept by:
//      record-store.test.ts.

import type { Place } from "../../domain/place.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import { codeOf } from "./faults.ts";

interface Blobs {
	write(name: string, value: object, only: { readonly etag: string | undefined }): Promise<void>;
	read<T>(name: string, check: (value: unknown) => value is T): Promise<{ value: T; etag?: string } | undefined>;
}

/** Many come at once after a window has opened. */
const mostTries = 20;

export function blobPlaces(
	{ write, read }: Blobs,
	orFault: <T>(work: Promise<T>) => Promise<T>,
): Pick<RecordStore, "changePlaces"> {
	async function change(name: string, make: (held: readonly Place[]) => readonly Place[]): Promise<void> {
		for (let tries = 1; ; tries++) {
			const found = await read(name, isList);
			const before = found?.value.places ?? [];
			const places = make(before);
			if (places === before) return;
			try {
				return await write(name, { places }, { etag: found?.etag });
			} catch (error) {
				if (tries === mostTries || !["ConditionNotMet", "BlobAlreadyExists"].includes(codeOf(error) ?? "")) throw error;
			}
		}
	}
	return {
		changePlaces: ({ cluster, namespace }, make) =>
			orFault(change(`places/${encodeURIComponent(cluster)}/${encodeURIComponent(namespace)}.json`, make)),
	};
}

const isList = (value: unknown): value is { readonly places: readonly Place[] } =>
	typeof value === "object" &&
	value !== null &&
	Array.isArray((value as { places?: unknown }).places) &&
	(value as { places: unknown[] }).places.every(isPlace);

function isPlace(value: unknown): value is Place {
	const { rotationId, since } = (value ?? {}) as Partial<Place>;
	return typeof rotationId === "string" && typeof since === "string" && !Number.isNaN(Date.parse(since));
}
