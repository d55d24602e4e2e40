// What a cluster would let the app do, asked of the cluster: anyone may ask that of themselves.

import type { ClusterRight } from "../../ports/workload.ts";
import type { ClusterClient } from "./client.ts";

/** Nothing is stored of the question. */
export async function mayDo(client: ClusterClient, right: ClusterRight): Promise<boolean> {
	const { status } = await client.call({ verb: "create", resource: "selfsubjectaccessreviews" }, ({ authorization }) =>
		authorization.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes: { ...right } } } }),
	);
	return status?.allowed === true;
}
