// A few numbers about a few measurements.

export interface Summary {
	readonly median: number;
	readonly p95: number;
	readonly min: number;
	readonly max: number;
	readonly count: number;
}

/** @param values at least one; milliseconds */
export function summary(values: readonly number[]): Summary {
	const sorted = [...values].sort((a, b) => a - b);
	/** Nearest rank: always a value that was measured. */
	const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
	const middle = sorted.length / 2;
	const median = sorted.length % 2 === 1 ? at(0.5) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
	return { median, p95: at(0.95), min: at(0), max: at(1), count: sorted.length };
}
