// A plain Secret that the app writes: see README.md.

import { sameName } from "../copies.ts";
import type { Path } from "../path.ts";
import { kubernetesSecretDelivery } from "./delivery.ts";
import { KubernetesSecret } from "./schema.ts";

export const kubernetesSecret: Path<typeof KubernetesSecret> = {
	schema: KubernetesSecret,
	open: kubernetesSecretDelivery,
	writes: ({ secret, keys }) => Object.values(keys).map((key) => `key ${key} of Secret ${secret}`),
	unfit({ keys }, [managed = "", ...derived]) {
		const names = Object.keys(keys);
		if (!names.some((name) => sameName(name, managed)))
			return { at: ["keys"], message: `has no key for ${managed}, the managed secret` };
		const foreign = names.find((name) => ![managed, ...derived].some((secret) => sameName(name, secret)));
		// Not the name that is there: see FI1 of fields.ts.
		const known = [managed, ...derived].join(", ");
		return foreign === undefined
			? undefined
			: { at: ["keys", foreign], message: `is no secret of this entry; give: ${known}` };
	},
};
