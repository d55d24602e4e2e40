import { describe, expect, test } from "@jest/globals";
import { generated, type Hashed, hashOf, named } from "../../../local/kustomize/generators.ts";

// Of kustomize's own tests: api/hasher/hasher_test.go, TestSecretHash.
test.each<[string, Hashed, string]>([
	["without data", { type: "my-type" }, "5gmgkf8578"],
	["with one key", { type: "my-type", data: { one: "" } }, "74bd68bm66"],
	["with three keys, in any order", { type: "my-type", data: { two: 2, one: "", three: 3 } }, "4gf75c7476"],
])("a Secret %s has the hash that kustomize gives it", (_, secret, hash) => {
	expect(hashOf(secret)).toBe(hash);
});

// As `kubectl kustomize` (Kustomize 5.5) names them.
test.each([
	["x", "8857md5h4d"],
	[`${"0".repeat(79)}1`, "79d9ff49m6"],
])("a variable with the value %s gives the hash of the real one", async (value, hash) => {
	const made = await generated({ name: "api", envs: ["env"] }, async () => Buffer.from(`A=${value}\n`));
	expect(hashOf(made as Hashed)).toBe(hash);
});

describe("a generated Secret", () => {
	const files: Readonly<Record<string, string>> = {
		"secret.env": "# of the database\nPASSWORD=a=b c\r\n\nURL=postgresql://x\n",
		"key.txt": "line\nline\n",
	};
	const read = async (file: string) => Buffer.from(files[file] ?? "");
	const of = (options: { disableNameSuffixHash?: boolean } = {}) =>
		generated({ name: "api", namespace: "titanic", envs: ["secret.env"], files: ["key=key.txt"], options }, read);
	const reference = { secretKeyRef: { name: "api", key: "PASSWORD" } };
	const workload = (kind: string, namespace = "titanic") => ({
		...{ apiVersion: "apps/v1", kind, metadata: { name: "api", namespace } },
		spec: {
			template: {
				spec: {
					containers: [
						{
							name: "api",
							env: [{ name: "PASSWORD", valueFrom: reference }],
							envFrom: [{ secretRef: { name: "api" } }],
						},
					],
					volumes: [
						{ name: "api", secret: { secretName: "api" } },
						{ name: "all", projected: { sources: [{ secret: { name: "api" } }, { configMap: { name: "api" } }] } },
					],
				},
			},
		},
	});

	test("has variables and files as Kustomize reads them", async () => {
		const { data } = (await of()) as unknown as { data: Record<string, string> };
		const texts = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]);
		expect(Object.fromEntries(texts)).toEqual({ PASSWORD: "a=b c", URL: "postgresql://x", key: "line\nline\n" });
	});

	test("has long values in lines, as Kustomize hashes them", async () => {
		const long = await generated({ name: "api", files: ["long"] }, async () => Buffer.alloc(60, "a"));
		const { long: value = "" } = (long as unknown as { data: Record<string, string> }).data;
		expect(value.split("\n").map(({ length }) => length)).toEqual([70, 10, 0]);
		expect(Buffer.from(value, "base64").toString()).toBe("a".repeat(60));
	});

	test("is followed by every reference of a workload in its namespace, and by nothing else", async () => {
		const made = await of();
		const name = `api-${hashOf(made as Hashed)}`;
		const [secret, followed, elsewhere, rollout] = named([
			made,
			workload("Deployment"),
			workload("Deployment", "other"),
			workload("Rollout"),
		]);
		expect(secret?.metadata).toEqual({ name, namespace: "titanic" });
		expect(JSON.stringify(followed).match(/api-[a-z0-9]{10}/g)).toEqual(Array(4).fill(name));
		expect(JSON.stringify(followed)).toContain('"configMap":{"name":"api"}');
		expect(followed?.metadata.name).toBe("api");
		for (const one of [elsewhere, rollout]) expect(JSON.stringify(one)).not.toContain(name);
	});

	test("keeps its name where that is asked for", async () => {
		const [secret, followed] = named([await of({ disableNameSuffixHash: true }), workload("Deployment")]);
		expect(secret?.metadata.name).toBe("api");
		expect(followed).toEqual(workload("Deployment"));
	});
});
