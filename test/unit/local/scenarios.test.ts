// The scenarios of the demo: that each can be had is shown by test/e2e/demo.test.ts for the default one, and by running the
// demo for the others.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import {
	defaultScenario,
	folderOf,
	type Scenario,
	scenarioCalled,
	scenarioList,
	scenarioNames,
	scenarios,
} from "../../../local/scenarios.ts";
import { kindNames } from "../../../src/lib/kinds/index.ts";
import { pathNames } from "../../../src/lib/paths/index.ts";
import { strategyNames } from "../../../src/lib/strategies/index.ts";

const all: readonly Scenario[] = Object.values(scenarios);

test("each strategy, delivery path and kind of the registries is shown by a scenario", () => {
	const shown = (what: "strategy" | "path" | "kind") => [...new Set(all.map((one) => one[what]))].sort();
	expect(shown("strategy")).toEqual([...strategyNames].sort());
	expect(shown("path")).toEqual([...pathNames].sort());
	expect(shown("kind")).toEqual([...kindNames].sort());
});

test.each(all)("what is deployed to show this is a folder of the example: $says", (scenario) => {
	expect(existsSync(join(folderOf(scenario), "kustomization.yaml"))).toBe(true);
});

test("the list has a line for each, with its name first", () => {
	const lines = scenarioList().trimEnd().split("\n");
	expect(lines.map((line) => line.split(" ")[0])).toEqual(scenarioNames);
	for (const [at, { says }] of all.entries()) expect(lines[at]).toContain(says);
});

test("a name that there is not is answered with the one that was perhaps meant", () => {
	expect(scenarioCalled(defaultScenario)).toBe(defaultScenario);
	for (const name of ["csi-drivers", "csi_driver", "csidriver"])
		expect(() => scenarioCalled(name)).toThrow("did you mean csi-driver?");
	expect(() => scenarioCalled("lusitania")).toThrow(/^--scenario is "lusitania", which there is not \(/);
	expect(() => scenarioCalled("")).not.toThrow("did you mean");
});
