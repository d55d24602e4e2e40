// Who brings a new version into a namespace at this moment: so many rotations at once, where the configuration has a limit.
// PLA1. One that has a place keeps it in all its tries, and no place counts for longer than an hour. Otherwise: a rotation waits
//      for itself, and one that waits for people, or was ended from outside, keeps everybody else out.
// Kept by: place.test.ts.

export interface Place {
	readonly rotationId: string;
	/** ISO 8601. */
	readonly since: string;
}

const longestMs = 3_600_000;

export const isOver = ({ since }: Place, now: Date): boolean => now.getTime() - Date.parse(since) > longestMs;

/**
 * @param held by others too
 * @param most `Infinity`: it waits for nobody, and is counted all the same
 * @returns with this rotation's place; `undefined`: all are taken
 */
export function withPlace(
	held: readonly Place[],
	rotationId: string,
	most: number,
	now: Date,
): readonly Place[] | undefined {
	const left = held.filter((place) => !isOver(place, now));
	if (left.some((place) => place.rotationId === rotationId)) return left;
	return left.length < most ? [...left, { rotationId, since: now.toISOString() }] : undefined;
}
