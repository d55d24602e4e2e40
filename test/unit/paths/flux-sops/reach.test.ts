// What Flux builds from a repository, by its kustomization.yaml files.

import { describe, expect, test } from "@jest/globals";
import { isBuilt } from "../../../../src/lib/paths/flux-sops/reach.ts";

const reader = (files: Record<string, string>) => async (file: string) => files[file];
const list = (key: string, ...entries: string[]) => `${key}:\n${entries.map((entry) => `  - ${entry}\n`).join("")}`;

const secret = "clusters/production/secret.sops.yaml";

describe("Without a kustomization.yaml", () => {
	test.each(["./clusters/production", "clusters/production/", "./clusters", "./", ".", undefined])(
		"%s builds a manifest in or below it",
		async (path) => {
			expect(await isBuilt(reader({}), path === undefined ? {} : { path }, secret)).toBe(true);
		},
	);

	test.each(["./clusters/staging", "clusters/prod", "clusters/production/secrets"])(
		"%s does not build one elsewhere",
		async (path) => expect(await isBuilt(reader({}), { path }, secret)).toBe(false),
	);

	test("a folder below that has one is built by what that names", async () => {
		const path = "clusters";
		const named = reader({ "clusters/production/kustomization.yaml": list("resources", "secret.sops.yaml") });
		expect(await isBuilt(named, { path }, secret)).toBe(true);
		const unnamed = reader({ "clusters/production/kustomization.yaml": list("resources", "other.yaml") });
		expect(await isBuilt(unnamed, { path }, secret)).toBe(false);
	});

	test("a folder with a generator needs a kustomization.yaml of its own", async () => {
		const folder = "clusters/production";
		const own = reader({ "clusters/production/kustomization.yml": "secretGenerator: []" });
		expect(await isBuilt(own, { path: "clusters" }, folder)).toBe(true);
		expect(await isBuilt(reader({}), { path: "clusters" }, folder)).toBe(false);
	});
});

describe("With one", () => {
	test.each([
		["resources", ["secret.sops.yaml"]],
		["resources", ["./secret.sops.yaml"]],
		["bases", ["../../base", "../../clusters/production/nested"]],
		["components", ["nested"]],
	])("a file is built that %s %j lead to", async (key, entries) => {
		const read = reader({
			"clusters/production/kustomization.yaml": list(key, ...entries),
			"clusters/production/nested/Kustomization": list("resources", "../secret.sops.yaml"),
		});
		expect(await isBuilt(read, { path: "./clusters/production" }, secret)).toBe(true);
	});

	test("a file beside it that it does not name is not built", async () => {
		const read = reader({ "clusters/production/kustomization.yaml": list("resources", "deployment.yaml") });
		expect(await isBuilt(read, { path: "./clusters/production" }, secret)).toBe(false);
	});

	test("a component of Flux's own object leads to it", async () => {
		const read = reader({
			"apps/kustomization.yaml": list("resources", "app.yaml"),
			"clusters/production/kustomization.yaml": list("resources", "secret.sops.yaml"),
		});
		const build = { path: "apps", components: ["../clusters/production"] };
		expect(await isBuilt(read, build, secret)).toBe(true);
		expect(await isBuilt(read, { path: "apps" }, secret)).toBe(false);
	});

	test("folders that name each other come to an end, and what is outside the repository is nowhere", async () => {
		const read = reader({
			"a/kustomization.yaml": list("resources", "../b", "../../../etc", "https://example.com/app?ref=v1"),
			"b/kustomization.yaml": list("resources", "../a"),
		});
		expect(await isBuilt(read, { path: "a" }, secret)).toBe(false);
	});

	test.each(["resources: [", "x\n".repeat(200_000)])("one that cannot be read says nothing", async (text) => {
		expect(await isBuilt(reader({ "a/kustomization.yaml": text }), { path: "a" }, secret)).toBe(true);
	});
});
