// The Secrets Store CSI driver with the Azure provider: see README.md.

import type { Path } from "../path.ts";
import list from "./rights.json" with { type: "json" };
import { CsiDriver } from "./schema.ts";

export const csiDriver: Path<typeof CsiDriver> = {
	schema: CsiDriver,
	rights: list.rights,
	open: async (...of) => (await import("./delivery.ts")).csiDriverDelivery(...of),
	// Whether its rotation is on, and when it looks, stands where the app may read nothing: people have to know both.
	unfit: ({ pollSeconds }, _, { rolls }) =>
		rolls || pollSeconds !== undefined
			? undefined
			: {
					at: ["pollSeconds"],
					message: "is missing; with roll: none give the driver's rotationPollInterval, and turn its rotation on",
				},
};
