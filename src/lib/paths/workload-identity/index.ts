// Pods that read Key Vault themselves: see README.md.

import type { Path } from "../path.ts";
import { workloadIdentityDelivery } from "./delivery.ts";
import { WorkloadIdentity } from "./schema.ts";

export const workloadIdentity: Path<typeof WorkloadIdentity> = {
	schema: WorkloadIdentity,
	open: workloadIdentityDelivery,
	unfit: ({ applicationName }, _, isLogin) =>
		applicationName === undefined || isLogin
			? undefined
			: { at: ["applicationName"], message: "is for the sessions of a database, and the strategy has none" },
};
