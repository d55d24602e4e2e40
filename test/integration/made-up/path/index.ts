// Files on a share, for one test.

import type { Path } from "../../../../src/lib/paths/path.ts";
import { madeUpDelivery } from "./delivery.ts";
import list from "./rights.json" with { type: "json" };
import { MadeUp } from "./schema.ts";

export const madeUp: Path<typeof MadeUp> = {
	schema: MadeUp,
	rights: list.rights,
	open: madeUpDelivery,
	writes: ({ madeUpShare }) => ({ inNamespace: [], elsewhere: [`share ${madeUpShare}`] }),
};
