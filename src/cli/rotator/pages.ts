// Reads as many pages as it takes.

import { usage } from "./parse.ts";

export const limiting = (usual: number) =>
	({ limit: { type: "string", value: "COUNT", what: `How many, at most; ${usual} if not given.` } }) as const;

/** @throws Unusable */
export function limitOf(asked: string | undefined, usual: number): number {
	if (asked !== undefined && !/^[1-9]\d{0,5}$/.test(asked))
		throw usage("--limit is not a number.", "Give 1 to 999999.");
	return asked === undefined ? usual : Number(asked);
}

interface Page<T> {
	readonly items: readonly T[];
	/** As the API gives it. */
	readonly next?: string;
}

/**
 * @param most of one page
 * @returns no more than `limit`, and whether there is more
 */
export async function pages<T>(
	limit: number,
	most: number,
	read: (query: { limit: string; continuation?: string }) => Promise<Page<T>>,
): Promise<{ items: T[]; isMore: boolean }> {
	const items: T[] = [];
	let continuation: string | undefined;
	do {
		const page = await read({ limit: `${Math.min(most, limit - items.length)}`, continuation });
		items.push(...page.items);
		continuation = page.next && (URL.parse(page.next, "http://app")?.searchParams.get("continuation") ?? undefined);
	} while (continuation !== undefined && items.length < limit);
	return { items, isMore: continuation !== undefined };
}
