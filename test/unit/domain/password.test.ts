import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { format, inspect } from "node:util";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { newPassword, Password } from "../../../src/lib/domain/password.ts";

test("a password never prints, however it is printed", () => {
	const password = new Password("canary");
	const holder = { password, list: [password], map: new Map([["password", password]]) };
	const printed = [
		`${password}`,
		String(password),
		JSON.stringify(holder),
		inspect(holder, { depth: 10, showHidden: true, getters: true, showProxy: true }),
		format("%s %o %O %j", password, holder, holder, holder),
		Object.values(password).join(),
		new Error(`failed with ${password}`, { cause: holder }).stack,
	];
	for (const text of printed) expect(text).not.toContain("canary");
	expect(printed[0]).toBe("[password]");
	expect(JSON.stringify(holder)).toBe('{"password":"[password]","list":["[password]"],"map":{}}');
	expect(password.reveal()).toBe("canary");
});

test("a copy of a password's object does not have its text", () => {
	const password = new Password("canary");
	expect(JSON.stringify({ ...password })).toBe("{}");
	expect(inspect(structuredClone({ ...password }))).not.toContain("canary");
});

test("a new password has 32 characters that need no escaping anywhere", () => {
	for (let round = 0; round < 100; round++) {
		const text = newPassword().reveal();
		expect(text).toMatch(/^[A-Za-z0-9_-]{32}$/);
		expect(encodeURIComponent(text)).toBe(text);
	}
});

test("a thousand new passwords are a thousand different ones", () => {
	expect(new Set(Array.from({ length: 1000 }, () => newPassword().reveal())).size).toBe(1000);
});

test("each symbol is as likely as any other: every byte value picks one, each symbol four times", () => {
	const counts = new Map<string, number>();
	for (let byte = 0; byte < 256; byte++) {
		const [symbol] = newPassword(() => Uint8Array.of(byte)).reveal();
		counts.set(symbol!, (counts.get(symbol!) ?? 0) + 1);
	}
	expect(counts.size).toBe(64);
	expect(new Set(counts.values())).toEqual(new Set([4]));
});

test("passwords are equal when their texts are, and empty when theirs is", () => {
	fc.assert(
		fc.property(fc.string(), fc.string(), (one, other) => {
			expect(new Password(one).equals(new Password(other))).toBe(one === other);
			expect(new Password(one).equals(new Password(one))).toBe(true);
			expect(new Password(one).isEmpty).toBe(one.length === 0);
		}),
	);
});

test("only adapters, delivery paths, targets, notifications, the verifier, keyrings and the rendering of derived secrets read its text", () => {
	const source = join(import.meta.dirname, "..", "..", "..", "src");
	const revealing = readdirSync(source, { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".ts") && readFileSync(join(source, file), "utf8").includes(".reveal()"))
		.map((file) => file.replaceAll("\\", "/"));
	expect(revealing).toContain("lib/domain/verifier.ts");
	const allowed = /^lib\/(adapters\/|paths\/|targets\/|notifications\/|domain\/(verifier|render|keyring)\.ts$)/;
	expect(revealing.filter((file) => !allowed.test(file))).toEqual([]);
});
