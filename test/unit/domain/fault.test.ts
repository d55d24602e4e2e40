import { inspect } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { codeInText, Fault, type FaultCode, faultCodes, nextStepOf, problemOf } from "../../../src/lib/domain/fault.ts";

/** Made-up names of whatever this code's sentence names: `<vault>`, `<secret>`. */
function namesOf(code: FaultCode): Record<string, string> {
	const names: Record<string, string> = {};
	const asked = new Proxy(names, {
		get: (_, key) => {
			names[String(key)] = `<${String(key)}>`;
			return names[String(key)];
		},
	});
	new Fault(code, asked as never);
	return names;
}
const fault = (code: FaultCode, foreign?: unknown) => new Fault(code, namesOf(code) as never, foreign);

describe.each(faultCodes)("%s", (code) => {
	test("says one sentence that names what is at fault, and what to do next", () => {
		const { sentence, next, message } = fault(code);
		expect(sentence).toMatch(/<\w+>/);
		expect(sentence).toMatch(/^[A-Z<].*[.>]$/);
		expect(next).toMatch(/^[A-Za-z].*\.$/);
		expect(`${sentence} ${next}`).not.toMatch(/undefined|\[object|NaN/);
		expect(message).toBe(`[${code}] ${sentence}`);
		expect(next).toBe(nextStepOf(code));
		expect(problemOf(fault(code))).toEqual({ code, message: sentence, next });
	});

	test("is found again in a text that it crossed the durable boundary in", () => {
		expect(codeInText(`Activity function 'switch' failed: ${fault(code).message} stack`)).toBe(code);
	});

	test("shows nothing of the foreign error it was made of", () => {
		const foreign = Object.assign(new Error("f0reign"), { request: { body: "f0reign" }, query: "f0reign" });
		const made = fault(code, foreign);
		const printed = [
			inspect(made, { depth: 20, showHidden: true, getters: true, showProxy: true }),
			inspect({ nested: [made] }, { depth: 20 }),
			JSON.stringify(made),
			JSON.stringify(Object.getOwnPropertyDescriptors(made)),
			JSON.stringify({ ...made }),
			String(made),
			made.stack,
			inspect(structuredClone(made), { depth: 20, showHidden: true }),
			inspect(made.cause),
		];
		for (const text of printed) expect(text).not.toContain("f0reign");
		expect(made.foreign()).toBe(foreign);
	});
});

test("a right on the whole vault is said without a secret", () => {
	expect(new Fault("vault-forbidden", { vault: "main", secret: "*", right: "list" }).sentence).toBe(
		"The app may not list secrets in vault main.",
	);
});

test.each(["", "plain text", "[no-such-code] x", "[constructor] x", "[toString]", "vault-unreachable"])(
	"no code is found in '%s'",
	(text) => {
		expect(codeInText(text)).toBeUndefined();
	},
);

test("a sentence has an end, however long what it names is", () => {
	const { sentence, message } = new Fault("object-encoded", {
		providerClass: "titanic/kv",
		object: "db-password",
		encoding: "x".repeat(1_000_000),
	});
	expect(sentence).toMatch(/x \.\.\. \(cut off\)$/);
	expect(message.length).toBeLessThan(2_100);
});
