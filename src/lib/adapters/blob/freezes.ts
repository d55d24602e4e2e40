// Freezes that operators have put on: one blob `freezes.json` with those that are not over; the audit log has all of them.
// FZB1. A change is made to what was read, by its ETag. Otherwise: of two that are put on at once one is lost. Kept by:
//       record-store.test.ts.

import type { StoredFreeze } from "../../domain/freeze.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import { codeOf } from "./faults.ts";

interface Blobs {
	write(name: string, value: object, only: { readonly etag: string | undefined }): Promise<void>;
	read<T>(name: string, check: (value: unknown) => value is T): Promise<{ value: T; etag?: string } | undefined>;
}

const name = "freezes.json";
const mostTries = 5;

export function blobFreezes(
	{ write, read }: Blobs,
	orFault: <T>(work: Promise<T>) => Promise<T>,
): Pick<RecordStore, "freezes" | "changeFreezes"> {
	async function change(make: (all: readonly StoredFreeze[]) => readonly StoredFreeze[]): Promise<void> {
		for (let tries = 1; ; tries++) {
			const found = await read(name, isList);
			try {
				return await write(name, { freezes: make(found?.value.freezes ?? []) }, { etag: found?.etag });
			} catch (error) {
				if (tries === mostTries || !["ConditionNotMet", "BlobAlreadyExists"].includes(codeOf(error) ?? "")) throw error;
			}
		}
	}
	return {
		freezes: async () => (await orFault(read(name, isList)))?.value.freezes ?? [],
		changeFreezes: (make) => orFault(change(make)),
	};
}

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
