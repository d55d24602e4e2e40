import { describe, expect, test } from "@jest/globals";
import {
	appliedWithin,
	failureOf,
	type GitRepository,
	type Kustomization,
	standingOf,
	unfitGitRepository,
	unfitKustomization,
} from "../../../../src/lib/paths/flux-sops/flux.ts";

const url = "https://github.com/example/gitops";
const written = { url, branch: "main", file: "clusters/production/secret.sops.yaml" };
const source = (spec: Partial<GitRepository["spec"]> = {}, status: GitRepository["status"] = {}): GitRepository => ({
	metadata: { name: "titanic-api", namespace: "flux-system", generation: 2 },
	spec: { url, ref: { branch: "main" }, ...spec },
	status,
});
const kustomization = (
	spec: Partial<Kustomization["spec"]> = {},
	status: Kustomization["status"] = {},
): Kustomization => ({
	metadata: { name: "titanic-api", namespace: "flux-system", generation: 2 },
	spec: { sourceRef: { kind: "GitRepository", name: "titanic-api" }, decryption: { provider: "sops" }, ...spec },
	status,
});

describe("A GitRepository", () => {
	test.each([
		url,
		`${url}.git`,
		`${url}/`,
		"ssh://git@github.com/example/gitops.git",
		"https://GitHub.com/Example/gitops",
	])("at %s reads the repository that is written to", (spelt) => {
		expect(unfitGitRepository(source({ url: spelt }), written)).toBeUndefined();
	});
	test.each([
		[{ url: `${url}2` }, /another repository/],
		[{ url: "https://github.com.example.com/example/gitops" }, /another repository/],
		[{ ref: {} }, /another branch/],
		[{ ref: { name: "refs/heads/other", branch: "main" } }, /another branch/],
		[{ ref: { branch: "main", commit: "0".repeat(40) } }, /no branch/],
		[{ ref: { semver: ">=1.0.0" } }, /no branch/],
		[{ verify: {} }, /signed commits/],
		[{ sparseCheckout: ["apps", "cluster"] }, /sparseCheckout/],
		[{ ignore: "/clusters/production" }, /leaves the file out/],
		[{ ignore: "*.sops.yaml" }, /leaves the file out/],
		[{ ignore: "/*\n!/apps\n" }, /leaves the file out/],
	] as const)("with %j never sees the file", (spec, told) => {
		expect(unfitGitRepository(source(spec as never), written)).toMatch(told);
	});
	test.each([
		{ ref: { name: "refs/heads/main" } },
		{ sparseCheckout: ["./clusters/"] },
		{ ignore: "/*\n!/clusters\n" },
	])("with %j sees it", (spec) => {
		expect(unfitGitRepository(source(spec), written)).toBeUndefined();
	});
	test("whose repository has a .sourceignore for the file never sees it", () => {
		expect(unfitGitRepository(source(), { ...written, sourceIgnore: "clusters/\n" })).toMatch(/leaves the file out/);
		expect(unfitGitRepository(source(), { ...written, sourceIgnore: "apps/\n" })).toBeUndefined();
	});
	test("without a branch reads master, as Flux has it", () => {
		expect(unfitGitRepository(source({ ref: {} }), { ...written, branch: "master" })).toBeUndefined();
	});
});

describe("A Kustomization", () => {
	test.each([
		[{ sourceRef: { kind: "OCIRepository", name: "x" } }, /no GitRepository/],
		[{ decryption: undefined }, /no decryption by sops/],
		[{ kubeConfig: {} }, /another cluster/],
		[{ ignore: [{ paths: ["/data/db-password"] }] }, /ignores the data/],
		[{ ignore: [{ paths: [""], target: { kind: "Secret" } }] }, /ignores the data/],
	] as const)("with %j brings no Secret here", (spec, told) => {
		expect(unfitKustomization(kustomization(spec as never))).toMatch(told);
	});
	test("that ignores something else brings it", () => {
		const ignore = [{ paths: ["/spec/replicas"] }, { paths: ["/data"], target: { kind: "ConfigMap" } }];
		expect(unfitKustomization(kustomization({ ignore }))).toBeUndefined();
	});
	test("is waited for until its health checks are over", () => {
		expect(appliedWithin(kustomization())).toBe(60);
		expect(appliedWithin(kustomization({ wait: true, timeout: "1h2m3.5s" }))).toBe(60 + 3724);
		expect(appliedWithin(kustomization({ healthChecks: [{}], interval: "10m" }))).toBe(660);
		expect(appliedWithin(kustomization({ wait: true, timeout: "500ms" }))).toBe(61);
	});
});

describe("What Flux says of itself", () => {
	const ready = (status: string, reason: string) => ({ conditions: [{ type: "Ready", status, reason }] });
	test.each(["BuildFailed", "ArtifactFailed", "ReconciliationFailed", "DependencyNotReady"])(
		"%s keeps a file from being applied",
		(reason) => {
			expect(failureOf(kustomization({}, ready("False", reason)))).toBe(reason);
		},
	);
	test.each([
		["HealthCheckFailed", "False"],
		["Progressing", "Unknown"],
		["BuildFailed", "True"],
		["SomethingOfSomebody", "False"],
	])("%s with Ready=%s does not", (reason, status) => {
		expect(failureOf(kustomization({}, ready(status, reason)))).toBeUndefined();
	});
	test("a failure of an earlier generation is past", () => {
		expect(failureOf(kustomization({}, { ...ready("False", "BuildFailed"), observedGeneration: 1 }))).toBeUndefined();
	});
	test("is told by commits and by words that have the form of Flux's", () => {
		const revision = `main@sha1:${"ab".repeat(20)}`;
		const told = standingOf(
			source({}, { artifact: { revision } }),
			kustomization({}, { lastAttemptedRevision: revision, ...ready("False", "HealthCheckFailed") }),
		);
		expect(told).toBe(
			"GitRepository flux-system/titanic-api has fetched abababa, Kustomization flux-system/titanic-api has tried abababa (not ready: HealthCheckFailed)",
		);
		expect(standingOf(source(), kustomization({ suspend: true }))).toBe(
			"GitRepository flux-system/titanic-api has fetched nothing, Kustomization flux-system/titanic-api has tried nothing (suspended)",
		);
		const foreign = standingOf(
			source({}, { artifact: { revision: "my secret@sha1:0" } }),
			kustomization({}, ready("False", "my secret\nword")),
		);
		expect(foreign).not.toContain("secret");
	});
});
