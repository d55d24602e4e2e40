import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { keepSecretVolume } from "../../../local/agents/secret-volume.ts";
import { type Api, apiOf, at, type Cluster, startCluster } from "../../../packages/kubernetes-api/index.ts";
import { eventually } from "./eventually.ts";

let cluster: Cluster;
let api: Api;
let folder: string;
const over = new AbortController();
beforeAll(async () => {
	cluster = await startCluster({ assets: "" });
	api = apiOf(cluster.kubeConfig(), "test");
	folder = await mkdtemp(join(tmpdir(), "secret-volume-"));
});
afterAll(async () => {
	over.abort();
	api[Symbol.dispose]();
	await cluster[Symbol.asyncDispose]();
	await rm(folder, { recursive: true });
});

const base64 = (text: string) => Buffer.from(text).toString("base64");
const make = (name: string, data: Record<string, string>) =>
	api.create(at("v1", "secrets", "default"), { apiVersion: "v1", kind: "Secret", metadata: { name }, data });
const keep = (name: string, target: string, more = {}, syncMs = 20) =>
	keepSecretVolume(api, "default", { secretName: name, ...more }, join(folder, target, "mount"), {
		syncMs,
		signal: over.signal,
	});
const read = (target: string, file: string) => readFile(join(folder, target, "mount", file), "utf8");

test("every key is a file, and follows the Secret at the next sync; a key that goes takes its file along", async () => {
	await make("one", { password: base64("old"), other: base64("x") });
	await keep("one", "one");
	expect([await read("one", "password"), await read("one", "other")]).toEqual(["old", "x"]);
	await api.merge(at("v1", "secrets", "default", "one"), { data: { password: base64("new"), other: null } });
	await eventually(async () => expect(await read("one", "password")).toBe("new"));
	await eventually(() => expect(access(join(folder, "one", "mount", "other"))).rejects.toThrow("ENOENT"));
});

test("before its next sync a running pod's files stay as they were", async () => {
	await make("slow", { password: base64("old") });
	await keep("slow", "slow", {}, 600_000);
	await api.merge(at("v1", "secrets", "default", "slow"), { data: { password: base64("new") } });
	expect(await read("slow", "password")).toBe("old");
});

test("items are the keys that are named, under their own paths", async () => {
	await make("two", { password: base64("pw"), other: base64("x") });
	await keep("two", "two", { items: [{ key: "password", path: "db/pw" }] });
	expect(await read("two", "db/pw")).toBe("pw");
	await expect(read("two", "other")).rejects.toThrow("ENOENT");
});

test("a Secret or a key that is not there keeps the pod from being set up, unless it is optional", async () => {
	await expect(keep("none", "none")).rejects.toThrow('secret "none" not found');
	await make("three", {});
	const items = [{ key: "password", path: "password" }];
	await expect(keep("three", "three", { items })).rejects.toThrow("non-existent secret key: password");
	await keep("none", "none", { optional: true });
	await keep("three", "three", { items, optional: true });
});
