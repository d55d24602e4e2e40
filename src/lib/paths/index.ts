// The delivery paths: a new one is a folder beside this file, a line here, and its faults in domain/fault.ts.

import * as z from "zod";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import { wantedIn } from "../config/fields.ts";
import type { DeliveryPath } from "../ports/delivery-path.ts";
import { csiDriver } from "./csi-driver/index.ts";

export const paths = {
	"csi-driver": csiDriver,
};

export type PathName = keyof typeof paths;
type Schema = (typeof paths)[PathName]["schema"];

export const pathNames = Object.keys(paths) as PathName[];

const schemas = Object.values(paths).map(({ schema }) => schema) as [Schema, ...Schema[]];

/** What the configuration gives for a consumer's path. */
export const Delivery = z.discriminatedUnion(
	"path",
	schemas,
	wantedIn("path", pathNames.map((name) => `path ${JSON.stringify(name)}`).join(" or ")),
);

export const deliveryPath = (path: PathName, client: ClusterClient): DeliveryPath => paths[path].open(client);
