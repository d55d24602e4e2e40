// Lines of the product that are broken on purpose, one at a time: each is a promise that some test must notice.
// MU1. What is to be broken stands exactly once in its file. Otherwise: the line is rewritten, the mutant breaks nothing any
//      more, and its promise has no test without anybody's knowing. Kept by: list.test.ts.
// MU2. A mutant that no test can notice says why. One that says so and is noticed is an error: the reason is wrong.

/** A test file, or those of its tests whose full names match: of a long file only the part that should notice. */
export type Tests = string | { readonly file: string; readonly names: RegExp };

export interface Mutant {
	/** A sentence: what is broken. */
	readonly name: string;
	readonly file: string;
	/** Part of the file, as it is written there. Short, so that it outlives an edit nearby. */
	readonly find: string;
	readonly replace: string;
	/** Those that should notice, tried in this order until one does. */
	readonly tests: readonly Tests[];
	/** Why no test can notice it. */
	readonly survives?: string;
}

/** Several of one file, each with that file's tests unless it names its own. */
export const inFile = (
	file: string,
	tests: readonly Tests[],
	mutants: readonly (Omit<Mutant, "file" | "tests"> & Partial<Pick<Mutant, "tests">>)[],
): Mutant[] => mutants.map((mutant) => ({ tests, ...mutant, file }));

/** @throws Error that names the mutant, when what it breaks is not there exactly once or is not changed */
export function brokenBy({ name, file, find, replace }: Mutant, source: string): string {
	const parts = source.split(find);
	if (parts.length !== 2) {
		const times = parts.length === 1 ? "is not there" : `is there ${parts.length - 1} times`;
		throw new Error(`Mutant "${name}": its find ${times} in ${file}: ${find}`);
	}
	if (find === replace) throw new Error(`Mutant "${name}" changes nothing in ${file}.`);
	return parts.join(replace);
}

/** One run of jest: a file, or part of one. */
export const keyOf = (tests: Tests): string => (typeof tests === "string" ? tests : `${tests.file} ${tests.names}`);
