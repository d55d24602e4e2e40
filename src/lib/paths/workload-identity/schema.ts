// What the configuration gives for this path.

import * as z from "zod";
import { mapping, wanted, whole } from "../../config/fields.ts";

export const WorkloadIdentity = mapping({
	path: z
		.literal("workload-identity", wanted('"workload-identity"'))
		.describe("The pods read the vault themselves, as their own identity."),
	applicationName: z
		.enum(["pod"], wanted('"pod"'))
		.optional()
		.describe(
			"`pod`: each pod's sessions have its name as their application_name (PGAPPNAME), and a pod is proved by one of them, not by its start alone.",
		),
	reloadSeconds: whole("seconds", 1, 86_400)
		.optional()
		.describe(
			"With `roll: none`: the pods read the vault again at least so often, and open new sessions with what they read.",
		),
});
export type WorkloadIdentity = z.infer<typeof WorkloadIdentity>;
