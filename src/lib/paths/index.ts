// The delivery paths: a new one is a folder beside this file and a line here.

import * as z from "zod";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import { wantedIn } from "../config/fields.ts";
import type { DeliveryPath } from "../ports/delivery-path.ts";
import { csiDriver } from "./csi-driver/index.ts";
import { externalSecrets } from "./external-secrets/index.ts";
import { fluxSops } from "./flux-sops/index.ts";
import { kubernetesSecret } from "./kubernetes-secret/index.ts";
import { kustomizeGenerator } from "./kustomize-generator/index.ts";
import type { ListedRight, Outside, Path, Unfit, Use, Written } from "./path.ts";
import { workloadIdentity } from "./workload-identity/index.ts";

export const paths = {
	"csi-driver": csiDriver,
	"flux-sops": fluxSops,
	"kustomize-generator": kustomizeGenerator,
	"kubernetes-secret": kubernetesSecret,
	"external-secrets": externalSecrets,
	"workload-identity": workloadIdentity,
};

export type PathName = keyof typeof paths;
type Schema = (typeof paths)[PathName]["schema"];

export const pathNames = Object.keys(paths) as PathName[];

const schemas = Object.values(paths).map(({ schema }) => schema) as [Schema, ...Schema[]];
/** By its name: what is given for a path is that path's. */
const pathCalled = (name: PathName) => paths[name] as Path<z.ZodType<{ readonly path: string }>>;

/** What the configuration gives for a consumer's path. */
export const Delivery = z.discriminatedUnion(
	"path",
	schemas,
	wantedIn("path", pathNames.map((name) => `path ${JSON.stringify(name)}`).join(" or "), pathNames),
);
export type Delivery = z.infer<typeof Delivery>;

/** What no single field of a delivery can show. */
export const unfitDelivery = (delivery: Delivery, secrets: readonly string[], use: Use): Unfit | undefined =>
	pathCalled(delivery.path).unfit?.(delivery, secrets, use);

export const writtenBy = (delivery: Delivery): Written =>
	pathCalled(delivery.path).writes?.(delivery) ?? { inNamespace: [] };

export type { ListedRight } from "./path.ts";
export const rightsOf = (path: PathName): readonly ListedRight[] => pathCalled(path).rights;

export const deliveryPath = (path: PathName, client: ClusterClient, outside: Outside): Promise<DeliveryPath> =>
	pathCalled(path).open(client, outside);
