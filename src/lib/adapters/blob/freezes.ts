// Freezes that operators have put on: one blob `freezes.json` with those that are not over; the audit log has all of them.
// FZB1. Of two that are put on at once none is lost (change.ts). Kept by: record-store.test.ts.

import type { StoredFreeze } from "../../domain/freeze.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import { type Blobs, change } from "./change.ts";

const name = "freezes.json";

export const blobFreezes = (
	blobs: Blobs,
	orFault: <T>(work: Promise<T>) => Promise<T>,
): Pick<RecordStore, "freezes" | "changeFreezes"> => ({
	freezes: async () => (await orFault(blobs.read(name, isList)))?.value.freezes ?? [],
	changeFreezes: (make) => orFault(change(blobs, name, isList, (found) => ({ freezes: make(found?.freezes ?? []) }))),
});

const isList = (value: unknown): value is { readonly freezes: readonly StoredFreeze[] } =>
	typeof value === "object" &&
	value !== null &&
	Array.isArray((value as { freezes?: unknown }).freezes) &&
	(value as { freezes: unknown[] }).freezes.every(isFreeze);

function isFreeze(value: unknown): value is StoredFreeze {
	const { id, from, until, reason } = (value ?? {}) as Partial<StoredFreeze>;
	return (
		typeof id === "string" &&
		typeof reason === "string" &&
		[from, until].every((time) => typeof time === "string" && !Number.isNaN(Date.parse(time)))
	);
}
