// "Did you mean": the name that somebody has probably misspelt.

/** @returns the nearest of the names, where it takes at most a third of the letters to get there; else `undefined` */
export function nearest(asked: string, names: readonly string[]): string | undefined {
	const [best] = names
		.map((name) => ({ name, away: distance(asked.toLowerCase(), name.toLowerCase()) }))
		.sort((one, other) => one.away - other.away);
	return best && best.away <= Math.max(1, Math.floor(asked.length / 3)) ? best.name : undefined;
}

/** Letters to add, to leave out or to change (Levenshtein). */
function distance(one: string, other: string): number {
	let row = Array.from({ length: other.length + 1 }, (_, at) => at);
	for (let at = 1; at <= one.length; at++) {
		const next = [at];
		for (let to = 1; to <= other.length; to++) {
			const changed = row[to - 1]! + (one[at - 1] === other[to - 1] ? 0 : 1);
			next.push(Math.min(changed, row[to]! + 1, next[to - 1]! + 1));
		}
		row = next;
	}
	return row[other.length]!;
}
