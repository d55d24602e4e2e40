// A secret value that cannot be printed by accident.
// PW1. Its text leaves only through `reveal()`. Otherwise: one `console.log`, template string or JSON.stringify of an
//      object that holds it puts it in a log for ever. Kept by: password.test.ts, which also allows
//      `reveal()` in adapters, delivery paths, the verifier, keyrings and the rendering of derived secrets only.
// PW2. 32 symbols of 64 that need no escaping in URLs, .env files, YAML, JSON or shells: 192 bits.

import { randomBytes } from "node:crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export class Password {
	readonly #text: string;
	constructor(text: string) {
		this.#text = text;
	}
	reveal(): string {
		return this.#text;
	}
	get isEmpty(): boolean {
		return this.#text === "";
	}
	equals(other: Password): boolean {
		return this.#text === other.#text;
	}
	toString(): string {
		return "[password]";
	}
	toJSON(): string {
		return "[password]";
	}
	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return "[password]";
	}
}

/**
 * A new random password.
 * @param random gives so many random bytes; injected so that tests can repeat a run
 * @returns 32 characters of `A-Z a-z 0-9 - _`; each byte's low six bits pick one, so none is likelier than another
 */
export function newPassword(random: (count: number) => Uint8Array = randomBytes): Password {
	return new Password(Array.from(random(32), (byte) => alphabet[byte & 63]).join(""));
}
