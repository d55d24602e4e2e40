// A proposal is a configuration that is valid, and starts nothing by itself.

import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { parseConfiguration } from "../../../src/lib/config/load.ts";
import { type FoundSecret, fragmentOf } from "../../../src/lib/discovery/proposal.ts";

const vaults = { one: { url: "https://one.vault.azure.net" }, two: { url: "https://two.vault.azure.net" } };
const clusters = { aks: { server: "https://aks.example.org" }, unused: { server: "https://unused.example.org" } };
const found = (name: string, more: Partial<FoundSecret> = {}): FoundSecret => ({
	...{ vaultName: "one", name, enabled: true, tags: {}, consumers: [] },
	...more,
});
const consumer = {
	...{
		cluster: "aks",
		namespace: "titanic-api",
		kind: "Deployment",
		name: "api",
		confidence: "certain" as const,
		evidence: "It is.",
	},
	delivery: { path: "csi-driver" as const, secretProviderClass: "kv" },
};

const configOf = (secrets: readonly FoundSecret[]) => {
	const text = fragmentOf({ vaults, clusters, secrets });
	const result = parseConfiguration(text);
	expect("problems" in result ? result.problems : []).toEqual([]);
	return parse(text);
};

test("whatever was found, it is valid; nothing starts by itself", () => {
	const config = configOf([
		found("db-password", { tags: { rotation: "60days" }, consumers: [consumer] }),
		found("API-Key", { tags: { rotation: "9999days" } }),
		found("flask-key", {
			consumers: [
				{ ...consumer, kind: "Job" },
				{ ...consumer, name: "other", confidence: "likely", delivery: undefined } as never,
			],
		}),
	]);
	expect(Object.values(config.secrets)).toEqual(Array(3).fill(expect.objectContaining({ automatic: false })));
	expect(config.secrets["db-password"]).toMatchObject({
		strategy: "single-user",
		server: "choose-server",
		rotateEveryDays: 60,
	});
	expect(config.secrets["db-password"].consumers).toEqual([
		expect.objectContaining({ kind: "Deployment", name: "api" }),
	]);
	expect(config.secrets["flask-key"].consumers).toEqual([]);
	expect(Object.keys(config.clusters)).toEqual(["aks"]);
});

test("one name in two vaults gets two ids", () => {
	const { secrets } = configOf([found("api-key"), found("api-key", { vaultName: "two" })]);
	expect(Object.keys(secrets)).toEqual(["one-api-key", "two-api-key"]);
	expect(secrets["two-api-key"]).toMatchObject({ vault: "two", name: "api-key" });
});

test("what is disabled, pending, or made of another secret is not proposed", () => {
	const { secrets } = configOf([
		found("api-key"),
		found("off", { enabled: false }),
		found("api-key-pending"),
		found("db-connection-string"),
		found("database-url"),
	]);
	expect(Object.keys(secrets)).toEqual(["api-key"]);
});

test("nothing found is a proposal too", () => {
	expect(configOf([])).toMatchObject({ secrets: {} });
});
