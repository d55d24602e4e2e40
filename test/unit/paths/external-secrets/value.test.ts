import { expect, test } from "@jest/globals";
import { Password } from "../../../../src/lib/domain/password.ts";
import { valueFor } from "../../../../src/lib/paths/external-secrets/value.ts";

const value = 'p@ss/"word"-of-32-characters';
const within = valueFor(new Password(value), { key: "k", form: "within" });
const held = (text: string) => within(Buffer.from(text));

test("a key that is not templated has the value, and nothing besides", () => {
	const exact = valueFor(new Password(value), { key: "k", form: "exact" });
	expect([exact(Buffer.from(value)), exact(Buffer.from(`${value}\n`))]).toEqual([true, false]);
});

test("a templated key has the value as it is, or as a URL, JSON or base64 has it", () => {
	expect(held(`password=${value};`)).toBe(true);
	expect(held(`postgresql://titanic:${encodeURIComponent(value)}@db/titanic`)).toBe(true);
	expect(held(JSON.stringify({ password: value }))).toBe(true);
	expect(held(Buffer.from(value).toString("base64"))).toBe(true);
	expect(held("postgresql://titanic:another@db/titanic")).toBe(false);
	expect(valueFor(new Password("short"), { key: "k", form: "within" })(Buffer.from("a short text"))).toBe(false);
});

test("a property is that member of a JSON value, and of no other value", () => {
	const member = (text: string) => valueFor(new Password(text), { key: "k", form: "exact", property: "password" });
	expect(member('{"password":"pw","port":1}')(Buffer.from("pw"))).toBe(true);
	expect(member('{"password":5432}')(Buffer.from("5432"))).toBe(true);
	for (const text of ['{"other":"pw"}', "pw", "null", "[1]"]) expect(member(text)(Buffer.from("pw"))).toBe(false);
});
