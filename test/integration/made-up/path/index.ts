// Files on a share, for one test.

import type { Path } from "../../../../src/lib/paths/path.ts";
import list from "./rights.json" with { type: "json" };
import { MadeUp } from "./schema.ts";

export const madeUp: Path<typeof MadeUp> = {
	schema: MadeUp,
	rights: list.rights,
	open: async () => (await import("./delivery.ts")).madeUpDelivery(),
	writes: ({ madeUpShare }) => ({ inNamespace: [], elsewhere: [`share ${madeUpShare}`] }),
};
