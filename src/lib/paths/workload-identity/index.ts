// Pods that read Key Vault themselves: see README.md.

import type { Path } from "../path.ts";
import list from "./rights.json" with { type: "json" };
import { WorkloadIdentity } from "./schema.ts";

export const workloadIdentity: Path<typeof WorkloadIdentity> = {
	schema: WorkloadIdentity,
	rights: list.rights,
	open: async (...of) => (await import("./delivery.ts")).workloadIdentityDelivery(...of),
	unfit({ applicationName, reloadSeconds }, _, { isLogin, rolls }) {
		if (applicationName !== undefined && !isLogin)
			return { at: ["applicationName"], message: "is for the sessions of a database, and the strategy has none" };
		if (rolls && reloadSeconds !== undefined)
			return { at: ["reloadSeconds"], message: "is for roll: none, and this workload is restarted" };
		if (!rolls && reloadSeconds === undefined)
			return {
				at: ["reloadSeconds"],
				message: "is missing; with roll: none say how often the pods read the vault again",
			};
		return undefined;
	},
};
