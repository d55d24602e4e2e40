// The Secrets Store CSI driver with the Azure provider: see README.md.

import type { Path } from "../path.ts";
import { csiDriverDelivery } from "./delivery.ts";
import { CsiDriver } from "./schema.ts";

export const csiDriver: Path<typeof CsiDriver> = { schema: CsiDriver, open: csiDriverDelivery };
