// A new random value in the form that its readers want: keys that sign, tokens, seeds.
// RAV1. It has the entropy that is asked for, whatever its form: its length follows from it. Otherwise: 32 characters are
//      128 bits in one form and 192 in another, and nobody sees which. Kept by: random-value.test.ts.
// RAV2. Every symbol is as likely as any other. Otherwise: it has less entropy than its length says.
//       Kept by: random-value.test.ts.

import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { Password } from "./password.ts";

/** Characters of which at least so many are in it. */
export interface CharacterClass {
	readonly characters: string;
	readonly atLeast: number;
}

export interface RandomForm {
	readonly format: "hex" | "base64" | "base64url" | "alphanumeric" | "characters" | "uuid";
	readonly bits: number;
	readonly prefix: string;
	/** Of `characters`. */
	readonly classes: readonly CharacterClass[];
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function newRandomValue({ format, bits, prefix, classes }: RandomForm): Password {
	const bytes = () => randomBytes(Math.ceil(bits / 8));
	const of = {
		hex: () => bytes().toString("hex"),
		base64: () => bytes().toString("base64"),
		base64url: () => bytes().toString("base64url"),
		alphanumeric: () => drawn(alphanumeric, bits),
		characters: () => drawnFrom(classes, bits),
		uuid: () => randomUUID(),
	};
	return new Password(prefix + of[format]());
}

function drawn(alphabet: string, bits: number): string {
	const length = Math.ceil(bits / Math.log2(alphabet.length));
	return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** What has too few of a class is drawn again as a whole: to put one in would make its place likelier than others. */
function drawnFrom(classes: readonly CharacterClass[], bits: number): string {
	const alphabet = classes.map(({ characters }) => characters).join("");
	// Drawing again rules out what was drawn before: as much as that may lose is added.
	const chance = 1 - classes.reduce((all, one) => all + chanceOfFewer(one, alphabet.length, bits), 0);
	const asked = bits - Math.log2(Math.max(chance, 2 ** -64));
	for (;;) {
		const text = drawn(alphabet, asked);
		const has = ({ characters, atLeast }: CharacterClass) =>
			[...text].filter((one) => characters.includes(one)).length >= atLeast;
		if (classes.every(has)) return text;
	}
}

/** The probability that a text of so many bits has fewer of a class than it must have. */
function chanceOfFewer({ characters, atLeast }: CharacterClass, symbols: number, bits: number): number {
	const length = Math.ceil(bits / Math.log2(symbols));
	const one = characters.length / symbols;
	let fewer = 0;
	let ways = 1;
	for (let count = 0; count < atLeast; count++) {
		fewer += ways * one ** count * (1 - one) ** (length - count);
		ways = (ways * (length - count)) / (count + 1);
	}
	return fewer;
}
