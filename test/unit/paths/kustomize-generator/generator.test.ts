import { describe, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { useOf } from "../../../../src/lib/paths/kustomize-generator/generator.ts";
import { isHashed, isMadeFrom } from "../../../../src/lib/paths/kustomize-generator/names.ts";

const secret = "titanic-api-secrets";
const of = (...generators: object[]) => stringify({ kind: "Kustomization", secretGenerator: generators });
const use = (generator: object, file = "secret.env") => useOf(of({ name: secret, ...generator }), file, secret);

describe("A generator's file", () => {
	test.each<[string, object, string, object]>([
		["one of envs", { envs: ["secret.env"] }, "secret.env", { form: "dotenv" }],
		["one of envs with a path", { envs: ["./secret.env"] }, "secret.env", { form: "dotenv" }],
		["one of envs of any ending", { envs: ["secret"] }, "secret", { form: "dotenv" }],
		["one of files", { files: ["password.txt"] }, "password.txt", { form: "binary", key: "password.txt" }],
		["one of files with a key", { files: ["pw=x.yaml"] }, "x.yaml", { form: "binary", key: "pw" }],
	])("%s is understood as Flux decrypts it", (_, generator, file, found) => {
		expect(use(generator, file)).toEqual(found);
	});

	test.each<[string, object, string, RegExp]>([
		["variables in another format", { envs: ["secret.yaml"] }, "secret.yaml", /by its ending/],
		["a file whose key has an ending", { files: ["config.json=x"] }, "x", /ending of its key/],
		["a file that is itself called so", { files: ["config.yaml"] }, "config.yaml", /ending of its key/],
		["a generator that changes another Secret", { envs: ["a"], behavior: "merge" }, "a", /behavior/],
		["a generator of another Secret", { envs: ["a"], name: "other" }, "a", /another Secret/],
		["a file that is taken twice", { envs: ["a"], files: ["key=a"] }, "a", /more than once/],
	])("%s is told", (_, generator, file, why) => {
		expect(use(generator, file)).toEqual({ unfit: expect.stringMatching(why) });
	});

	test("that nobody takes is told, and so is what is no YAML", () => {
		expect(use({ envs: ["other.env"] })).toBeUndefined();
		expect(useOf("resources: []\n", "secret.env", secret)).toBeUndefined();
		expect(useOf("secretGenerator: [null]\n", "secret.env", secret)).toBeUndefined();
		expect(useOf("a: [", "secret.env", secret)).toEqual({ unfit: expect.stringContaining("is not valid YAML") });
	});

	test("may be part of a name with a prefix", () => {
		expect(useOf(of({ name: "secrets", envs: ["a"] }), "a", secret)).toEqual({ form: "dotenv" });
		const prefixed = `namePrefix: titanic-\n${of({ name: "api-secrets", envs: ["a"] })}`;
		expect(useOf(prefixed, "a", secret)).toEqual({ form: "dotenv" });
	});

	const another = { unfit: expect.stringContaining("makes another Secret") };

	test("of which another generator here makes the Secret is told", () => {
		const generators = of({ name: "api", envs: ["a"] }, { name: secret, envs: ["b"] });
		expect(useOf(generators, "a", secret)).toEqual(another);
		expect(useOf(generators, "b", secret)).toEqual({ form: "dotenv" });
	});

	test("whose Secret has another name by the prefix here is told", () => {
		expect(useOf(`namePrefix: dev-\n${of({ name: secret, envs: ["a"] })}`, "a", secret)).toEqual(another);
		expect(useOf(`nameSuffix: -dev\n${of({ name: secret, envs: ["a"] })}`, "a", secret)).toEqual(another);
	});
});

test("a name with a hash is told from others that begin alike", () => {
	expect(isHashed(`${secret}-74bd68bm66`, secret)).toBe(true);
	for (const name of [
		secret,
		`${secret}-backups01`,
		`${secret}-74bd68bm6`,
		`${secret}-x-74bd68bm66`,
		`x${secret}-74bd68bm66`,
	])
		expect(isHashed(name, secret)).toBe(false);
	expect(isMadeFrom(secret, secret)).toBe(true);
});

test("A kustomization.yaml that has more than any has is not read", () => {
	const text = `${of({ name: secret, envs: ["secret.env"] })}${"#\n".repeat(3000)}`;
	expect(useOf(text, "secret.env", secret)).toEqual({ unfit: expect.stringContaining("more than 3000 lines") });
});
