// The separate command, under this name.

import type { Whole } from "../command.ts";

export const configCheck: Whole = {
	summary: "Is a configuration valid, and what does it manage? Contacts nothing",
	details:
		"The same as npm run config:check, with its options (--help) and its exit codes: 0 valid, 1 not, 2 not readable.",
	examples: [["rotator config check rotation.config.yaml", "every problem with its line, or what is managed"]],
	main: async (args) => (await import("../../config-check.ts")).configCheck(args),
};
