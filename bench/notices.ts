// What the app's log says of rotations, and how many of anything came at once.

interface Notice {
	readonly event: string;
	readonly outcome?: string;
	readonly code?: string;
	readonly ms?: number;
}

/** Lines of JSON among others, each behind what the host puts before it. */
export const noticesIn = (lines: readonly string[]): Notice[] =>
	lines.flatMap((line) => {
		const from = line.indexOf('{"event":');
		if (from < 0) return [];
		try {
			return [JSON.parse(line.slice(from)) as Notice];
		} catch {
			return [];
		}
	});

/**
 * @param times in their order
 * @returns how many there are at most in any window of that length
 */
export function mostWithin(ms: number, times: readonly Date[]): number {
	let [most, from] = [0, 0];
	for (const [to, time] of times.entries()) {
		while (times[from]!.getTime() <= time.getTime() - ms) from++;
		most = Math.max(most, to - from + 1);
	}
	return most;
}
