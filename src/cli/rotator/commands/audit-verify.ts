// The separate command, under this name.

import type { Whole } from "../command.ts";

export const auditVerify: Whole = {
	summary: "Is the audit log what was written? Needs no app: the log, its heads, the keys",
	details:
		"The same as npm run audit:verify, with its options (--help) and its exit codes: 0 whole, 1 not, 2 not readable, 3 not all was checked.",
	examples: [
		["rotator audit verify --container https://<account>.blob.core.windows.net/audit", "the live log"],
		["rotator audit verify --key audit-head.pem exported/", "a log that was downloaded"],
	],
	main: async (args) => (await import("../../audit-verify.ts")).auditVerify(args),
};
