/**
 * What a request means: which objects, which verb, whose name authorisation sees.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
 */

import { parse } from "yaml";
import { isFields, type KubeObject } from "./objects.ts";
import type { Attempt } from "./rbac.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import { selectedName } from "./selectors.ts";
import { badRequest, unsupportedMediaType } from "./status-errors.ts";

export interface ApiRequest {
	method: string;
	path: string;
	query: URLSearchParams;
	headers: { accept?: string; authorization?: string; "content-type"?: string; "user-agent"?: string };
	body: string;
}

/** The place that a path names; the resource may not exist. */
export interface Place {
	group: string;
	version: string;
	plural: string;
	namespace?: string;
	name?: string;
	subresource?: string;
}

/** @returns undefined for a path that is no resource, such as /version or /apis/apps */
export const placeOf = (path: string): Place | undefined => {
	const [root, ...rest] = path.split("/").filter(Boolean);
	if (root !== "api" && root !== "apis") return undefined;
	const group = root === "api" ? "" : rest.shift();
	const [version, first, ...more] = rest;
	if (group === undefined || !version || !first) return undefined;
	const ofNamespaceItself = first === "namespaces" && (more.length < 2 || ["status", "finalize"].includes(more[1]!));
	if (first !== "namespaces" || ofNamespaceItself)
		return { group, version, plural: first, name: more[0], subresource: more[1] };
	const [namespace, plural, name, subresource] = more;
	return { group, version, plural: plural!, namespace, name, subresource };
};

const verbs: Record<string, [one: string, many: string]> = {
	GET: ["get", "list"],
	POST: ["create", "create"],
	PUT: ["update", "update"],
	PATCH: ["patch", "patch"],
	DELETE: ["delete", "deletecollection"],
};

export const isWatch = (query: URLSearchParams): boolean => ["true", "1"].includes(query.get("watch") ?? "");

/** What authorisation is asked: a list or watch of one name counts as that object's. */
export const attemptOf = ({ method, path, query }: ApiRequest, place: Place | undefined): Attempt => {
	if (!place) return { verb: method.toLowerCase(), path };
	const { group, plural, namespace, subresource } = place;
	const [one, many] = verbs[method] ?? [method.toLowerCase(), method.toLowerCase()];
	const listing = !place.name && method === "GET";
	return {
		verb: listing && isWatch(query) ? "watch" : place.name ? one : many,
		group,
		resource: plural,
		subresource,
		namespace: plural === "namespaces" && !group ? place.name : namespace,
		name: place.name ?? (listing ? selectedName(query.get("fieldSelector")) : undefined),
	};
};

/** @throws ApiError 400 if it cannot be read, 415 for another type than JSON or YAML */
export const bodyOf = ({ headers, body }: ApiRequest): unknown => {
	const type = mediaType(headers["content-type"]) || "application/json";
	try {
		if (/[/+]json$/.test(type)) return body ? JSON.parse(body) : {};
		if (/[/+]yaml$/.test(type)) return parse(body);
	} catch {
		throw badRequest("couldn't get version/kind; the body is neither JSON nor YAML");
	}
	throw unsupportedMediaType(["application/json", "application/yaml"]);
};

/** @throws ApiError 400 for an object of another kind; a built-in kind may leave out what the path says */
export const objectOf = (request: ApiRequest, resource: Resource): KubeObject => {
	const body = bodyOf(request);
	if (!isFields(body)) throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind})`);
	const { apiVersion = resource.schema ? "" : apiVersionOf(resource), kind = resource.schema ? "" : resource.kind } =
		body;
	if (!kind) throw badRequest(`Object 'Kind' is missing in '${resource.kind}'`);
	if (kind !== resource.kind || apiVersion !== apiVersionOf(resource))
		throw badRequest(`${kind} in version "${apiVersion}" cannot be handled as a ${resource.kind}`);
	if (body.metadata !== undefined && !isFields(body.metadata)) throw badRequest("metadata must be an object");
	return { metadata: {}, ...body, apiVersion, kind } as KubeObject;
};

export const mediaType = (header: string | undefined): string => (header ?? "").split(";")[0]!.trim().toLowerCase();

/** The field manager: as the client says, or else the program in its User-Agent. */
export const managerOf = ({ query, headers }: ApiRequest): string =>
	query.get("fieldManager") || (headers["user-agent"] ?? "unknown").split("/")[0]!;
