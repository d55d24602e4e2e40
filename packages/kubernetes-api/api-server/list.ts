/** Lists, page by page. A later page shows the present, not the moment of the first page. */

import type { KubeObject } from "./objects.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import { fieldSelector, labelSelector, type Matches } from "./selectors.ts";
import { ApiError, badRequest } from "./status-errors.ts";
import type { Store } from "./store.ts";

/** The selectors of a list, watch or deletecollection. */
export const matchesOf = (resource: Resource, query: URLSearchParams): Matches => {
	const byLabel = labelSelector(query.get("labelSelector") ?? "");
	const byField = fieldSelector(resource, query.get("fieldSelector") ?? "");
	return (object) => byLabel(object) && byField(object);
};

export interface Page {
	metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
	objects: KubeObject[];
}

/** @throws ApiError 400 for a bad limit or continue token, 504 for a resource version that is not there yet */
export const page = (store: Store, resource: Resource, namespace: string | undefined, query: URLSearchParams): Page => {
	const limit = Number(query.get("limit") ?? 0);
	if (!Number.isInteger(limit)) throw badRequest(`strconv.ParseInt: parsing "${query.get("limit")}": invalid syntax`);
	const atLeast = Number(query.get("resourceVersion") ?? 0);
	if (atLeast > store.version())
		throw new ApiError(504, "Timeout", `Timeout: Too large resource version: ${atLeast}, current: ${store.version()}`, {
			causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
			retryAfterSeconds: 1,
		});
	const start = startOf(query.get("continue"));
	const matching = store
		.list(resource, namespace)
		.filter(matchesOf(resource, query))
		.filter((object) => !start || placeOf(object) > start.after);
	const version = start?.version ?? `${store.version()}`;
	if (!limit || matching.length <= limit) return { metadata: { resourceVersion: version }, objects: matching };
	const objects = matching.slice(0, limit);
	const token = JSON.stringify({ version, after: placeOf(objects.at(-1)!) });
	return {
		metadata: {
			resourceVersion: version,
			continue: Buffer.from(token).toString("base64url"),
			...(!query.get("labelSelector") &&
				!query.get("fieldSelector") && { remainingItemCount: matching.length - limit }),
		},
		objects,
	};
};

/** Items of built-in kinds do not repeat their kind. */
export const listOf = (resource: Resource, { metadata, objects }: Page): object => ({
	kind: `${resource.kind}List`,
	apiVersion: apiVersionOf(resource),
	metadata,
	items: resource.schema ? objects : objects.map(({ apiVersion: _apiVersion, kind: _kind, ...object }) => object),
});

const placeOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ""}/${metadata.name}`;

const startOf = (token: string | null): { version: string; after: string } | undefined => {
	if (!token) return undefined;
	try {
		return JSON.parse(Buffer.from(token, "base64url").toString());
	} catch {
		throw badRequest("continue key is not valid");
	}
};
