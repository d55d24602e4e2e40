// An input file of Kustomize's secretGenerator in git, encrypted with SOPS: see README.md.

import { unfitKeys } from "../keys.ts";
import type { Path } from "../path.ts";
import list from "./rights.json" with { type: "json" };
import { KustomizeGenerator } from "./schema.ts";

export const kustomizeGenerator: Path<typeof KustomizeGenerator> = {
	schema: KustomizeGenerator,
	rights: list.rights,
	open: async (...of) => (await import("./delivery.ts")).kustomizeGeneratorDelivery(...of),
	writes: ({ secret, repository, file }) => ({
		inNamespace: [`Secret ${secret}`],
		elsewhere: [`file ${file} of repository ${repository}`],
	}),
	unfit({ keys }, secrets, { rolls }) {
		const message = "makes a Secret of another name for each version, which replaces the pods; take roll: none out";
		return rolls ? unfitKeys(keys, secrets) : { at: ["path"], message };
	},
};
