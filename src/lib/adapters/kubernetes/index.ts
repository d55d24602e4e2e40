// The delivery paths: a new one is a file beside this one and a line here.

import type { DeliveryPath, Paths } from "../../ports/delivery-path.ts";
import type { ClusterClient } from "./client.ts";
import { csiDriver } from "./csi-driver.ts";

export { type ClusterClient, kubernetesClient } from "./client.ts";
export { kubernetesWorkloads } from "./workloads.ts";

export const paths: { readonly [P in keyof Paths]: (client: ClusterClient) => DeliveryPath<P> } = {
	"csi-driver": csiDriver,
};

export const deliveryPath = <P extends keyof Paths>(path: P, client: ClusterClient): DeliveryPath<P> =>
	paths[path](client);
