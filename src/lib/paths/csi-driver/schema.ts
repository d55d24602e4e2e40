// What the configuration gives for this path.

import * as z from "zod";
import { kubernetesName, mapping, wanted, whole } from "../../config/fields.ts";

export const CsiDriver = mapping({
	path: z.literal("csi-driver", wanted('"csi-driver"')).describe("Secrets Store CSI driver with the Azure provider."),
	secretProviderClass: kubernetesName.describe("The one that the workload's volume names."),
	pollSeconds: whole("seconds", 1, 86_400)
		.optional()
		.describe(
			"The driver's rotationPollInterval. It is given here because it is set outside the workload's namespace, where the app may read nothing. Absent: 120 is assumed, the driver's default.",
		),
});
export type CsiDriver = z.infer<typeof CsiDriver>;
