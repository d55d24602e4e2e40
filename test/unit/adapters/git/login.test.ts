import { describe, expect, test } from "@jest/globals";
import { entraLogin, secretLogin } from "../../../../src/lib/adapters/git/login.ts";
import { Password } from "../../../../src/lib/domain/password.ts";
import type { SecretStore } from "../../../../src/lib/ports/secret-store.ts";

const at = { vault: "main", secret: "git-token", user: "rotator" };
const basic = (token: string) => `Basic ${Buffer.from(`rotator:${token}`).toString("base64")}`;

/** One after the other; the last stays. */
function store(...tokens: (string | "disabled" | "absent")[]) {
	let reads = 0;
	const latest = async () => {
		const token = tokens[Math.min(reads++, tokens.length - 1)]!;
		if (token === "disabled" || token === "absent") return { state: token };
		return { state: "present", value: new Password(token) };
	};
	return { login: secretLogin(async () => ({ latest }) as unknown as SecretStore, at), reads: () => reads };
}

describe("A token in the vault", () => {
	test("is read once, and again where the server refused it", async () => {
		const { login, reads } = store("old", "new");
		expect(await login.authorization()).toBe(basic("old"));
		expect(await login.authorization({ anew: false })).toBe(basic("old"));
		expect(reads()).toBe(1);
		expect(await login.authorization({ anew: true })).toBe(basic("new"));
		expect(await login.authorization()).toBe(basic("new"));
	});
	test("is a bearer's to an API that knows no user names, from the same read", async () => {
		const { login, reads } = store("old", "new");
		await login.authorization();
		expect(await login.bearer()).toBe("Bearer old");
		expect(reads()).toBe(1);
		expect(await login.bearer({ anew: true })).toBe("Bearer new");
	});
	test.each([
		["disabled", "secret-disabled"],
		["absent", "secret-missing"],
	])("that is %s is %s", async (state, code) => {
		const { login } = store(state);
		await expect(login.authorization()).rejects.toMatchObject({ code, names: { vault: "main", secret: "git-token" } });
	});
	test("is called by its name", () => {
		expect(store("t").login.credential).toBe("secret git-token of vault main");
	});
});

test("the app's identity is a bearer token, another one where the first was refused", async () => {
	const login = entraLogin(async (options) => (options?.anew ? "second" : "first"));
	expect(await login.authorization()).toBe("Bearer first");
	expect(await login.authorization({ anew: true })).toBe("Bearer second");
});
