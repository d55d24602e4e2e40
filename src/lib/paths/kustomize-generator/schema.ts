// What the configuration gives for this path.

import * as z from "zod";
import { kubernetesName, mapping, record, SecretName, wanted } from "../../config/fields.ts";
import { FluxSops, SecretKey } from "../flux-sops/schema.ts";

const { repository, file, recipients, fluxNamespace, kustomization } = FluxSops.shape;

export const KustomizeGenerator = mapping({
	path: z
		.literal("kustomize-generator", wanted('"kustomize-generator"'))
		.describe(
			"An input file of Kustomize's secretGenerator in git, encrypted with SOPS: each version makes a Secret of another name, and Flux rolls the workload.",
		),
	repository,
	file: file.describe(
		"The generator's input in the repository, beside its kustomization.yaml: one of its envs or files. The rotator alone writes it.",
	),
	recipients,
	secret: kubernetesName.describe(
		"The Secret that the generator makes, without the hash that Kustomize adds to its name, in the workload's namespace.",
	),
	keys: record(SecretName, SecretKey, 11).describe(
		"The Secret's key for each secret of the vault, by its name there: the managed one, and derived ones. One of the generator's envs has these variables and no others; one of its files is one key.",
	),
	fluxNamespace,
	kustomization: kustomization.describe(
		"The Flux Kustomization that builds this folder and applies the workload. It says how to decrypt, and its source is a GitRepository.",
	),
});
export type KustomizeGenerator = z.infer<typeof KustomizeGenerator>;
