// What can be added by a folder or a file is in its registry, and what a registry has is there.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { faultCodes } from "../../src/lib/domain/fault.ts";
import { isRolled } from "../../src/lib/domain/workload.ts";
import { isScheduled, kindNames, kindOf, rolledKindNames } from "../../src/lib/kinds/index.ts";
import { channelKindNames, channelKinds } from "../../src/lib/notifications/index.ts";
import { pathNames, paths } from "../../src/lib/paths/index.ts";
import { strategies, strategyNames } from "../../src/lib/strategies/index.ts";
import { targetNames } from "../../src/lib/targets/index.ts";

const lib = join(import.meta.dirname, "..", "..", "src", "lib");
const foldersOf = (folder: string) =>
	readdirSync(join(lib, folder), { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => name);

const missingIn = (kind: string, name: string, files: readonly string[]) =>
	files.filter((file) => !existsSync(join(lib, kind, name, file)));

/** Where it has faults of its own, they are in the list of all. */
async function expectListed(kind: string, name: string): Promise<void> {
	if (missingIn(kind, name, ["faults.ts"]).length > 0) return;
	const faults = await import(join(lib, kind, name, "faults.ts"));
	const codes = Object.values(faults).flatMap((kinds) => Object.keys(kinds as object));
	expect(codes.length).toBeGreaterThan(0);
	expect(faultCodes).toEqual(expect.arrayContaining(codes));
}

/** `StatefulSet` is in `stateful-set.ts`. */
const fileOf = (kind: string) => `${kind.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()}.ts`;

/** Of every kind. */
const shared = [
	"README.md",
	"index.ts",
	"kind.ts",
	"mark.ts",
	"pods.ts",
	"reloader.ts",
	"sources.ts",
	"trouble.ts",
	"workloads.ts",
];

test("each delivery path is a folder and a line", () => {
	expect(foldersOf("paths").sort()).toEqual([...pathNames].sort());
});

test.each(pathNames)("the delivery path %s is called as its folder, and its folder is whole", async (name) => {
	expect(paths[name].schema.shape.path.value).toBe(name);
	expect(missingIn("paths", name, ["README.md", "index.ts", "rights.json", "schema.ts"])).toEqual([]);
	await expectListed("paths", name);
});

test("each kind of channel is a folder and a line", () => {
	expect(foldersOf("notifications").sort()).toEqual([...channelKindNames].sort());
});

test.each(channelKindNames)("the kind of channel %s is called as its folder, and its folder is whole", (name) => {
	expect(channelKinds[name].schema.shape.kind.value).toBe(name);
	expect(missingIn("notifications", name, ["README.md", "index.ts", "schema.ts"])).toEqual([]);
});

test("each target is a folder and a line", () => {
	expect(foldersOf("targets").sort()).toEqual([...targetNames].sort());
});

test.each(targetNames)("the folder of target %s is whole", async (name) => {
	expect(missingIn("targets", name, ["README.md", "faults.ts", "index.ts", "schema.ts"])).toEqual([]);
	await expectListed("targets", name);
});

test("each strategy is a folder and a line", () => {
	expect(foldersOf("strategies").sort()).toEqual([...strategyNames].sort());
});

test.each(strategyNames)("the strategy %s is called as its folder, and its folder is whole", (name) => {
	expect(strategies[name].fields.strategy.parse(name)).toBe(name);
	expect(missingIn("strategies", name, ["README.md", "index.ts", "schema.ts"])).toEqual([]);
});

test("a kind is rolled, or runs by a schedule, for everybody alike", () => {
	const ref = { cluster: "c", namespace: "n", name: "w" };
	for (const kind of kindNames)
		expect([kind, isRolled({ ...ref, kind })]).toEqual([kind, !isScheduled(kindOf({ ...ref, kind }))]);
	expect(kindNames.filter((kind) => isRolled({ ...ref, kind }))).toEqual(rolledKindNames);
});

test("each kind of workload is a file and a line", () => {
	const files = readdirSync(join(lib, "kinds")).filter((file) => !shared.includes(file));
	expect(files.sort()).toEqual(kindNames.map(fileOf).sort());
});
