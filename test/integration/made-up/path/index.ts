// Files on a share, for one test.

import type { Path } from "../../../../src/lib/paths/path.ts";
import { madeUpDelivery } from "./delivery.ts";
import { MadeUp } from "./schema.ts";

export const madeUp: Path<typeof MadeUp> = {
	schema: MadeUp,
	open: madeUpDelivery,
	writes: ({ madeUpShare }) => ({ inNamespace: [], elsewhere: [`share ${madeUpShare}`] }),
};
