// A blob that several instances change: what was read is what is changed, by its ETag.
// CHB1. One that was overtaken begins again with what is there now. Otherwise: of two changes at once one is lost. Kept by:
//       record-store.test.ts, for each list that is changed so.

import { codeOf } from "./faults.ts";

export interface Blobs {
	write(name: string, value: object, only: { readonly etag: string | undefined }): Promise<void>;
	read<T>(name: string, check: (value: unknown) => value is T): Promise<{ value: T; etag?: string } | undefined>;
}

/** Many come at once after a window has opened. */
const mostTries = 20;

/**
 * @param make is shown `undefined` where there is none yet, and may be called again; what it was shown, or `undefined`: nothing is written
 * @throws the storage's own error
 */
export async function change<T extends object>(
	{ write, read }: Blobs,
	name: string,
	check: (value: unknown) => value is T,
	make: (found: T | undefined) => T | undefined,
): Promise<void> {
	for (let tries = 1; ; tries++) {
		const found = await read(name, check);
		const made = make(found?.value);
		if (made === undefined || made === found?.value) return;
		try {
			return await write(name, made, { etag: found?.etag });
		} catch (error) {
			if (tries === mostTries || !["ConditionNotMet", "BlobAlreadyExists"].includes(codeOf(error) ?? "")) throw error;
		}
	}
}
