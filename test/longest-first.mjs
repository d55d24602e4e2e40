// The order of the test files: the longest first, also where none was ever run (CI, a fresh clone), which knows no times yet.
// Otherwise: one that takes minutes begins last, and the workers wait for it.

import Sequencer from "@jest/test-sequencer";

/** Seconds on two cores, by the beginning of the path; the first one that fits. It need not be exact. */
const expected = [
	["e2e/page", 100],
	["e2e/killed", 90],
	["e2e/bad-input", 90],
	["e2e/configuration-in-blobs", 70],
	["e2e/", 60],
	["integration/made-up", 40],
	["integration/commands", 30],
	["contract/delivery", 40],
	["contract/workloads", 40],
	["integration/", 20],
	["contract/", 20],
	["unit/orchestrators/crash", 30],
	["unit/infra/terraform", 30],
	["unit/mutants/run", 30],
	["unit/", 2],
];

export default class LongestFirst extends Sequencer {
	/** What Jest sorts by: how long it took the last time, where it was run before. */
	time(test) {
		return super.time(test) ?? this.#expected(test) * 1000;
	}

	#expected({ path, context }) {
		const below = path.slice(context.config.rootDir.length).replaceAll("\\", "/").replace("/test/", "");
		return expected.find(([beginning]) => below.startsWith(beginning))?.[1] ?? 0;
	}
}
