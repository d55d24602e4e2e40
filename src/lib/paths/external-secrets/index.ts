// External Secrets Operator: see README.md.

import type { Path } from "../path.ts";
import list from "./rights.json" with { type: "json" };
import { ExternalSecrets } from "./schema.ts";

export const externalSecrets: Path<typeof ExternalSecrets> = {
	schema: ExternalSecrets,
	rights: list.rights,
	open: async (...of) => (await import("./delivery.ts")).externalSecretsDelivery(...of),
};
