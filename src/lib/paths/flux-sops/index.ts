// A Secret in git, encrypted with SOPS and applied by Flux: see README.md.

import { unfitKeys } from "../keys.ts";
import type { Path } from "../path.ts";
import list from "./rights.json" with { type: "json" };
import { FluxSops } from "./schema.ts";

export const fluxSops: Path<typeof FluxSops> = {
	schema: FluxSops,
	rights: list.rights,
	open: async (...of) => (await import("./delivery.ts")).fluxSopsDelivery(...of),
	writes: ({ secret, repository, file }) => ({
		inNamespace: [`Secret ${secret}`],
		elsewhere: [`file ${file} of repository ${repository}`],
	}),
	unfit: ({ keys }, secrets) => unfitKeys(keys, secrets),
};
