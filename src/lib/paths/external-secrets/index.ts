// External Secrets Operator: see README.md.

import type { Path } from "../path.ts";
import { externalSecretsDelivery } from "./delivery.ts";
import { ExternalSecrets } from "./schema.ts";

export const externalSecrets: Path<typeof ExternalSecrets> = {
	schema: ExternalSecrets,
	open: externalSecretsDelivery,
};
