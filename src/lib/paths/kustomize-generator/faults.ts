// What can be wrong with a generator alone; its repository and Flux have the faults of flux-sops.

import { denied } from "../../domain/faults/kind.ts";

export const kustomizeGeneratorFaults = {
	"generator-missing": denied<{ repository: string; branch: string; file: string }>(
		({ repository, branch, file }) =>
			`No secretGenerator in the kustomization.yaml beside file ${file} on branch ${branch} of repository ${repository} has that file among its envs or files.`,
		"Add the file to the generator, or correct the consumer in the configuration.",
	),
	"generator-unfit": denied<{ repository: string; file: string; detail: string }>(
		({ repository, file, detail }) =>
			`The secretGenerator that takes file ${file} of repository ${repository} ${detail}.`,
		"Bring both into the form that the README of kustomize-generator shows.",
	),
	"input-file-unfit": denied<{ repository: string; file: string; detail: string }>(
		({ repository, file, detail }) => `File ${file} of repository ${repository} ${detail}.`,
		"Bring it into the form that the README of kustomize-generator shows: encrypted with sops, with the configured keys and no others.",
	),
	"input-value-unfit": denied<{ file: string; secret: string }>(
		({ file, secret }) =>
			`The value of ${secret} has more than one line, and a line of file ${file} is all that a variable can have.`,
		"Bring that secret by one of the generator's files, or change its template.",
	),
	"generator-not-followed": denied<{ workload: string; detail: string }>(
		({ workload, detail }) => `${workload} ${detail}, so that no new version would ever reach its pods.`,
		"Have the Kustomization of the generator apply the workload too, with the generator's name in its pod template.",
	),
};
