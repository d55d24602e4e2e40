// Where backups of secrets go.

import { mapping, whole } from "./fields.ts";
import { SafeUrl } from "./safe-url.ts";

const Container = SafeUrl.refine((value) => /^\/(?:[^/]+\/)?[^/]+\/?$/.test(new URL(value).pathname), {
	error: "is not a container; give https://<account>.blob.core.windows.net/<container>",
}).meta({ patternErrorMessage: "an https URL" });

export const Backups = mapping({
	container: Container.describe("The blob container: https://<account>.blob.core.windows.net/<container>."),
	keepDays: whole("days", 30, 3_650)
		.default(365)
		.describe(
			"After how many days its lifecycle rule deletes a backup, as that rule says. A secret that is rotated less often is backed up again when half of those days are over.",
		),
})
	.optional()
	.describe("Key Vault's own backups of managed and derived secrets go there. Absent: none are made.");
