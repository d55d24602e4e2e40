// What the configuration gives for this path.

import * as z from "zod";
import { Key, kubernetesName, mapping, record, SecretName, text, wanted } from "../../config/fields.ts";

export const SecretKey = text(
	"a Secret's key: letters, digits, hyphens, underscores and dots, at most 253",
	/^[-._a-zA-Z0-9]{1,253}$/,
);

const File = text(
	"a path in the repository, without . and .. and without a slash at either end",
	/^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[\w.@+/-]{1,500}$/,
);

const Recipient = text(
	"https://<vault>.vault.azure.net/keys/<name> without a version, or an age public key, age1...",
	/^(https:\/\/[a-z0-9.-]+\/keys\/[0-9a-zA-Z-]{1,127}|http:\/\/(127\.0\.0\.1|localhost):\d+\/keys\/[0-9a-zA-Z-]{1,127}|age1[02-9ac-hj-np-z]{58})$/,
);

export const FluxSops = mapping({
	path: z
		.literal("flux-sops", wanted('"flux-sops"'))
		.describe("A Secret in git, encrypted with SOPS, which Flux brings into the cluster."),
	repository: Key.describe("One of repositories."),
	file: File.describe(
		"The Secret's manifest in the repository. It holds this one Secret, and the rotator alone writes it.",
	),
	recipients: z
		.array(Recipient, wanted("a list of keys"))
		.min(1, { error: "is empty; give the keys that the file is encrypted for" })
		.max(20, { error: "has more than 20 items" })
		.describe(
			"All keys that the file is encrypted for: keys in Key Vault, and age public keys. A file with another one is refused, because anyone who can write to the repository could add their own.",
		),
	secret: kubernetesName.describe("The Secret that Flux makes of it, in the workload's namespace."),
	keys: record(SecretName, SecretKey, 11).describe(
		"The Secret's key for each secret of the vault, by its name there: the managed one, and derived ones. The file has these and no others.",
	),
	fluxNamespace: kubernetesName.default("flux-system").describe("The namespace of the Kustomization."),
	kustomization: kubernetesName.describe(
		"The Flux Kustomization that applies the file. It says how to decrypt, and its source is a GitRepository.",
	),
});
export type FluxSops = z.infer<typeof FluxSops>;
