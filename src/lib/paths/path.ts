// A delivery path, as its folder describes it.

import type * as z from "zod";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import type { DeliveryPath } from "../ports/delivery-path.ts";

export interface Path<S extends z.ZodType<{ readonly path: string }>> {
	/** What the configuration gives for it, below `delivery`; `path` is a literal, the folder's name. */
	readonly schema: S;
	open(client: ClusterClient): DeliveryPath<z.infer<S>>;
}
