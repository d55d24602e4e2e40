import { expect, test } from "@jest/globals";
import {
	accepting,
	accepts,
	isKeyring,
	neededFrom,
	type PastValue,
	signing,
	signsAs,
} from "../../../src/lib/domain/keyring.ts";
import { Password } from "../../../src/lib/domain/password.ts";

const day = 86_400_000;
const now = new Date("2026-11-29T12:00:00Z");
const value = (current: string, ...fallbacks: string[]) => new Password(JSON.stringify({ current, fallbacks }));
const plain = (text: string) => new Password(text);
const keys = (ring: Password) => JSON.parse(ring.reveal());
/** Oldest first, as people write them down; newest first, as they are asked for. */
const past = (...versions: [daysAgo: number, value: Password][]): PastValue[] =>
	versions.map(([days, of]) => ({ created: new Date(now.getTime() - days * day), value: of })).reverse();
/** What comes next, for sessions of ten days. */
const next = (...versions: [daysAgo: number, value: Password][]) =>
	keys(signing(plain("new"), past(...versions), neededFrom(now, 10 * day)));

test("a text that is no object is one key, whatever is in it", () => {
	for (const text of ["a-key", "{", '"quoted"', "123", "null"]) {
		expect(isKeyring(plain(text))).toBe(true);
		expect(keys(accepting(plain(text), plain("new")))).toEqual({ current: text, fallbacks: ["new"] });
	}
});

test("an object that is not of the form is no key", () => {
	for (const text of ["{}", "[]", '{"current":""}', '{"current":"a"}', '{"current":"a","fallbacks":[1]}', ""])
		expect(isKeyring(plain(text))).toBe(false);
});

test("the first step: the live key signs as before, and the new one is accepted", () => {
	const first = accepting(value("b", "a"), value("c", "b", "a"));
	expect(keys(first)).toEqual({ current: "b", fallbacks: ["c", "a"] });
	expect(signsAs(first, value("b"))).toBe(true);
	expect(accepts(first, value("c"))).toBe(true);
});

test("what accepts the new key already stays as it is", () => {
	for (const live of [value("b", "c"), value("c", "b")]) expect(accepting(live, value("c"))).toBe(live);
});

test("the second step: the new key signs, and the one before is accepted", () => {
	expect(next([40, plain("old")], [0, value("old", "new")])).toEqual({ current: "new", fallbacks: ["old"] });
});

test("a key is accepted for a session's lifetime and a day after it was replaced", () => {
	const replaced = (days: number) => next([90, value("a")], [days, value("b", "a")]).fallbacks;
	expect(replaced(10.9)).toEqual(["b", "a"]);
	expect(replaced(11.1)).toEqual(["b"]);
});

test("however often it is rotated, no key is lost that is still needed", () => {
	const versions: [number, Password][] = [[30, value("a")]];
	for (const [index, key] of ["b", "c", "d", "e", "f"].entries()) {
		const at = new Date(now.getTime() - (5 - index) * day);
		const far = versions.map(([days, of]) => ({ created: new Date(now.getTime() - days * day), value: of }));
		versions.push([5 - index, signing(plain(key), far.reverse(), neededFrom(at, 10 * day))]);
	}
	expect(keys(versions.at(-1)![1])).toEqual({ current: "f", fallbacks: ["e", "d", "c", "b", "a"] });
});

test("what is counted is since it signs no more, not since it was made", () => {
	expect(next([100, value("a")], [90, value("b", "a")], [1, value("c", "b", "a")]).fallbacks).toEqual(["c", "b"]);
});

test("versions that nobody can read make a key's time longer, never shorter", () => {
	// Where it was replaced is disabled.
	expect(next([5, value("c", "b", "a")]).fallbacks).toEqual(["c", "b", "a"]);
	// And one in another form says nothing.
	expect(next([90, value("b", "a")], [50, plain("{}")], [1, value("c", "b", "a")]).fallbacks).toEqual(["c", "b"]);
});

test("a key that was accepted and never signed goes as the others do", () => {
	expect(next([90, value("a")], [30, value("a", "b")], [20, value("a", "c", "b")]).fallbacks).toEqual(["a"]);
	expect(next([90, value("a")], [3, value("a", "b")]).fallbacks).toEqual(["a", "b"]);
});

test("an earlier key that signs again is no fallback of its own", () => {
	expect(keys(signing(value("a", "z"), past([1, value("b", "a")]), neededFrom(now, day)))).toEqual({
		current: "a",
		fallbacks: ["b"],
	});
});

test("after a compromise nothing old is accepted", () => {
	expect(keys(signing(plain("new"), [], now))).toEqual({ current: "new", fallbacks: [] });
});
