// What the configuration gives for this path.

import * as z from "zod";
import { kubernetesName, mapping, record, SecretName, text, wanted } from "../../config/fields.ts";

const Key = text(
	"a Secret's key: letters, digits, hyphens, underscores and dots, at most 253",
	/^[-._a-zA-Z0-9]{1,253}$/,
);

export const KubernetesSecret = mapping({
	path: z.literal("kubernetes-secret", wanted('"kubernetes-secret"')).describe("A plain Secret, which the app writes."),
	secret: kubernetesName.describe("The Secret, in the workload's namespace."),
	keys: record(SecretName, Key, 11).describe(
		"The Secret's key for each secret of the vault, by its name there: the managed one, and derived ones.",
	),
});
export type KubernetesSecret = z.infer<typeof KubernetesSecret>;
