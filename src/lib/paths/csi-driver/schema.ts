// What the configuration gives for this path.

import * as z from "zod";
import { kubernetesName, mapping, wanted } from "../../config/fields.ts";

export const CsiDriver = mapping({
	path: z.literal("csi-driver", wanted('"csi-driver"')).describe("Secrets Store CSI driver with the Azure provider."),
	secretProviderClass: kubernetesName.describe("The one that the workload's volume names."),
});
export type CsiDriver = z.infer<typeof CsiDriver>;
