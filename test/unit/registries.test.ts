// What can be added by a folder or a file is in its registry, and what a registry has is there.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { faultCodes } from "../../src/lib/domain/fault.ts";
import { kindNames } from "../../src/lib/kinds/index.ts";
import { pathNames, paths } from "../../src/lib/paths/index.ts";

const lib = join(import.meta.dirname, "..", "..", "src", "lib");
const foldersOf = (folder: string) =>
	readdirSync(join(lib, folder), { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => name);

/** `StatefulSet` is in `stateful-set.ts`. */
const fileOf = (kind: string) => `${kind.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()}.ts`;

/** Of every kind. */
const shared = ["index.ts", "kind.ts", "mark.ts", "pods.ts", "reloader.ts", "workloads.ts"];

test("each delivery path is a folder and a line", () => {
	expect(foldersOf("paths").sort()).toEqual([...pathNames].sort());
});

test.each(pathNames)("the delivery path %s is called as its folder, and its folder is whole", async (name) => {
	expect(paths[name].schema.shape.path.value).toBe(name);
	for (const file of ["README.md", "faults.ts", "index.ts", "schema.ts"])
		expect(`${file}: ${existsSync(join(lib, "paths", name, file))}`).toBe(`${file}: true`);
	const faults = await import(join(lib, "paths", name, "faults.ts"));
	const codes = Object.values(faults).flatMap((kinds) => Object.keys(kinds as object));
	expect(codes.length).toBeGreaterThan(0);
	expect(faultCodes).toEqual(expect.arrayContaining(codes));
});

test("each kind of workload is a file and a line", () => {
	const files = readdirSync(join(lib, "kinds")).filter((file) => !shared.includes(file));
	expect(files.sort()).toEqual(kindNames.map(fileOf).sort());
});
