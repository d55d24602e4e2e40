// What the configuration gives for this path.

import * as z from "zod";
import { kubernetesName, mapping, wanted } from "../../config/fields.ts";

export const ExternalSecrets = mapping({
	path: z
		.literal("external-secrets", wanted('"external-secrets"'))
		.describe("External Secrets Operator, served as external-secrets.io/v1."),
	externalSecret: kubernetesName.describe("The ExternalSecret, in the workload's namespace."),
});
export type ExternalSecrets = z.infer<typeof ExternalSecrets>;
