// Places in namespaces: one blob `places/<cluster>/<namespace>.json` each, with those who have one.
// PLB1. Of two who take the last place at once one has it (change.ts). Kept by: record-store.test.ts.

import type { Place } from "../../domain/place.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import { type Blobs, change } from "./change.ts";

export const blobPlaces = (
	blobs: Blobs,
	orFault: <T>(work: Promise<T>) => Promise<T>,
): Pick<RecordStore, "changePlaces"> => ({
	changePlaces({ cluster, namespace }, make) {
		const name = `places/${encodeURIComponent(cluster)}/${encodeURIComponent(namespace)}.json`;
		const changed = change(blobs, name, isList, (found) => {
			const before = found?.places ?? [];
			const places = make(before);
			return places === before ? undefined : { places };
		});
		return orFault(changed);
	},
});

const isList = (value: unknown): value is { readonly places: readonly Place[] } =>
	typeof value === "object" &&
	value !== null &&
	Array.isArray((value as { places?: unknown }).places) &&
	(value as { places: unknown[] }).places.every(isPlace);

function isPlace(value: unknown): value is Place {
	const { rotationId, since } = (value ?? {}) as Partial<Place>;
	return typeof rotationId === "string" && typeof since === "string" && !Number.isNaN(Date.parse(since));
}
