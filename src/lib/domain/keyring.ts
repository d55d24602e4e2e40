// A value of several keys: the one that signs, and those that are accepted beside it. As its readers get it:
// `{"current": "...", "fallbacks": ["...", "..."]}`. A text that is no such object is one key, without fallbacks.
// KY1. A key is accepted everywhere before anything signs with it. Otherwise: a pod that does not have it yet meets a session of a
//      pod that does, and ends it. Kept by: keyring.test.ts, random-value.test.ts.
// KY2. How long a key has been replaced decides whether it is still accepted, not how many came after it. Otherwise: two
//      rotations in a row end every session. Kept by: keyring.test.ts.
// KY3. When it was replaced follows from the values of the secret's versions, and from no tag. What cannot be read is taken for
//      later: a key is kept for longer then, never for less. Kept by: keyring.test.ts.

import { Password } from "./password.ts";

/** A version of the secret, as far as keys are concerned. */
export interface PastValue {
	readonly created: Date;
	readonly value: Password;
}

interface Keys {
	readonly current: string;
	/** The one that was replaced last comes first. */
	readonly fallbacks: readonly string[];
}

const day = 86_400_000;
/** A key signs until the last pod that has no other one is gone: so long its replacement's delivery may take. */
const deliveryMs = day;

const isKey = (key: unknown): key is string => typeof key === "string" && key !== "";

function keysIn(value: Password): Keys | undefined {
	const text = value.reveal();
	const found = parsed(text);
	if (typeof found !== "object" || found === null) return isKey(text) ? { current: text, fallbacks: [] } : undefined;
	const { current, fallbacks } = found as Partial<Keys>;
	return isKey(current) && Array.isArray(fallbacks) && fallbacks.every(isKey) ? { current, fallbacks } : undefined;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

const written = ({ current, fallbacks }: Keys): Password =>
	new Password(JSON.stringify({ current, fallbacks: [...new Set(fallbacks)].filter((key) => key !== current) }));

export const isKeyring = (value: Password): boolean => keysIn(value) !== undefined;

/** Of two values: does the same key sign? */
export const signsAs = (one: Password, other: Password): boolean => {
	const current = keysIn(one)?.current;
	return current !== undefined && current === keysIn(other)?.current;
};

/** Does a reader of this value accept what `other`'s key signs? */
export function accepts(value: Password, other: Password): boolean {
	const [keys, current] = [keysIn(value), keysIn(other)?.current];
	return keys !== undefined && current !== undefined && [keys.current, ...keys.fallbacks].includes(current);
}

/**
 * The first of two steps: the live key signs as before, and what `next`'s key will sign is accepted.
 * @returns the live value itself where it accepts that already
 */
export function accepting(live: Password, next: Password): Password {
	const [keys, current] = [keysIn(live), keysIn(next)?.current];
	if (!keys || current === undefined || accepts(live, next)) return live;
	return written({ ...keys, fallbacks: [current, ...keys.fallbacks] });
}

/** An older version says nothing about what is needed now. */
export const neededFrom = (now: Date, lifetimeMs: number): Date => new Date(now.getTime() - lifetimeMs - deliveryMs);

/**
 * The second step: `next`'s key signs, and every key is accepted that may have signed what has not run out.
 * @param past the versions of the secret that can be read, the live one first, back to `from` and one further; none where
 *   nothing old may be accepted
 * @param from see `neededFrom`
 */
export function signing(next: Password, past: readonly PastValue[], from: Date): Password {
	const { current } = keysIn(next) ?? {};
	if (current === undefined) throw new TypeError("The next value has no key.");
	const rings = past.flatMap(({ created, value }) => ({ created, keys: keysIn(value) }));
	const live = rings[0]?.keys;
	const replacedAt = (key: string): Date | undefined => {
		let since: Date | undefined;
		for (const { created, keys } of rings) {
			// What somebody wrote in another form has none of them, and takes none away.
			if (keys === undefined) continue;
			if (keys.current === key || !keys.fallbacks.includes(key)) break;
			since = created;
		}
		return since;
	};
	const kept = (live?.fallbacks ?? []).filter((key) => (replacedAt(key) ?? from) > from);
	return written({ current, fallbacks: live ? [live.current, ...kept] : [] });
}
