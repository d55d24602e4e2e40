// Needs no app, like the command that verifies the audit log.

import type { Whole } from "../command.ts";

export const complianceVerify: Whole = {
	summary: "Is the evidence what the app signed? Needs no app: the file and the key",
	details:
		"Exit code: 0 it is; 1 it is not; 2 wrong arguments, or the file cannot be read; 3 nothing wrong was found, but it was not all checked.",
	examples: [
		["rotator compliance verify --key audit-head.pem evidence.json", "with the public key as a file"],
		[
			"rotator compliance verify --key https://<vault>.vault.azure.net/keys/audit-head evidence.json",
			"with the key in its vault",
		],
	],
	main: async (args) => (await import("../../compliance-verify.ts")).complianceVerify(args),
};
