// "Did you mean": the known word that a misspelt one is nearest to.

/** @returns `undefined` where nothing is near enough to be meant */
export function nearest(word: string, known: readonly string[]): string | undefined {
	const most = word.length <= 4 ? 1 : 2;
	const lower = word.toLowerCase();
	const near = known
		.map((one) => ({ one, off: one.startsWith(lower) && lower.length >= 3 ? 1 : distance(lower, one.toLowerCase()) }))
		.filter(({ off }) => off <= most)
		.sort((a, b) => a.off - b.off);
	return near[0]?.one;
}

export const didYouMean = (word: string, known: readonly string[]): string => {
	const found = nearest(word, known);
	return found === undefined ? "" : ` Did you mean ${found}?`;
};

/** Letters put in, left out, changed, or swapped with their neighbour. */
function distance(a: string, b: string): number {
	let [before, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, at) => at)];
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1];
			next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (same ? 0 : 1));
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
				next[j] = Math.min(next[j]!, before[j - 2]! + 1);
		}
		[before, row] = [row, next];
	}
	return row[b.length]!;
}
