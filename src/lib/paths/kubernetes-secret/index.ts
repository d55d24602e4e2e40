// A plain Secret that the app writes: see README.md.

import { unfitKeys } from "../keys.ts";
import type { Path } from "../path.ts";
import list from "./rights.json" with { type: "json" };
import { KubernetesSecret } from "./schema.ts";

export const kubernetesSecret: Path<typeof KubernetesSecret> = {
	schema: KubernetesSecret,
	rights: list.rights,
	open: async (...of) => (await import("./delivery.ts")).kubernetesSecretDelivery(...of),
	writes: ({ secret, keys }) => ({
		inNamespace: Object.values(keys).map((key) => `key ${key} of Secret ${secret}`),
	}),
	unfit: ({ keys }, secrets) => unfitKeys(keys, secrets),
};
