/**
 * From a request to its answer: who asks, may they, what do they get.
 *
 * Invariant: nothing is read or written before the caller is known and allowed to. What the answer of a refused request
 * says must not depend on whether the object exists.
 */

import type { ServerResponse } from "node:http";
import { discovery } from "./discovery.ts";
import { listOf, matchesOf, page } from "./list.ts";
import { type Fields, fieldsAt, isFields, type KubeObject } from "./objects.ts";
import { openApi } from "./openapi.ts";
import { patch } from "./patch.ts";
import { type Attempt, allows, refusalOf, type User } from "./rbac.ts";
import { type DeleteOptions, remove } from "./removal.ts";
import {
	type ApiRequest,
	attemptOf,
	bodyOf,
	isWatch,
	managerOf,
	mediaType,
	objectOf,
	type Place,
	placeOf,
} from "./request.ts";
import type { Resource } from "./resource.ts";
import { isBuiltInGroup, isReview, resourceOf } from "./resources.ts";
import {
	ApiError,
	forbidden,
	invalid,
	methodNotAllowed,
	noSuchResource,
	notAcceptable,
	notFound,
	success,
} from "./status-errors.ts";
import type { Store } from "./store.ts";
import { bind, scale } from "./subresources.ts";
import { tableOf } from "./table.ts";
import { watch } from "./watch.ts";
import { create, replace, type Target } from "./writes.ts";

/** A body to send, or the way a watch answers for itself. */
export type Answer = { code: number; body: object | string } | { stream: (response: ServerResponse) => void };

/** @throws ApiError, which is the answer then */
export const answer = (store: Store, user: User, request: ApiRequest): Answer => {
	const place = placeOf(request.path);
	const attempt = attemptOf(request, place);
	if (!allows(store, user, attempt)) throw refused(store, user, attempt, place);
	if (!place) {
		const { method, path } = request;
		const body = method === "GET" ? (discovery(store, path) ?? openApi(store, path)) : undefined;
		return body === undefined ? nothing : { code: 200, body };
	}
	const table = wantsTable(request.headers.accept);
	const resource = resourceOf(store, place);
	if (!resource && !isBuiltInGroup(place.group)) return nothing;
	if (!resource || (place.namespace && !resource.namespaced)) throw noSuchResource();
	if (place.subresource && !resource.subresources.includes(place.subresource))
		throw resource.schema ? notFound(resource, place.name!) : noSuchResource();
	if (isReview(resource)) return { code: 201, body: review(store, user, objectOf(request, resource)) };
	const { namespace, name, subresource } = place;
	const dryRun = request.query.get("dryRun") === "All";
	const target: Target = { resource, namespace, name, subresource, manager: managerOf(request), dryRun };
	const show = (object: KubeObject) =>
		table ? tableOf(resource, [object], { resourceVersion: object.metadata.resourceVersion }) : object;
	if (resource.namespaced && !namespace && (name || request.method !== "GET")) throw methodNotAllowed();
	if (name) return one(store, user, request, target, show);
	return many(store, request, target, show, table);
};

/** The real server's answer where not even the group of kinds is known. */
const nothing = { code: 404, body: "404 page not found\n" };

const one = (
	store: Store,
	user: User,
	request: ApiRequest,
	target: Target,
	show: (object: KubeObject) => object,
): Answer => {
	const { resource, namespace, name, subresource } = target;
	if (subresource === "binding" && request.method === "POST") return { code: 201, body: bind(store, target, request) };
	if (subresource === "scale") return { code: 200, body: scale(store, target, request) };
	if (request.method === "GET") {
		const found = store.get(resource, namespace, name!);
		if (!found) throw notFound(resource, name!);
		return { code: 200, body: show(found) };
	}
	if (request.method === "PUT") return { code: 200, body: show(replace(store, target, objectOf(request, resource))) };
	if (request.method === "PATCH") {
		const { fieldManager, force } = {
			fieldManager: request.query.get("fieldManager"),
			force: request.query.get("force"),
		};
		const attempt: Attempt = { verb: "create", group: resource.group, resource: resource.plural, namespace };
		if (!store.get(resource, namespace, name!) && mediaType(request.headers["content-type"]).endsWith("yaml"))
			if (!allows(store, user, attempt)) throw forbidden(resource, name, refusalOf(user, attempt));
		const type = mediaType(request.headers["content-type"]);
		const { object, created } = patch(store, target, type, patchBody(request), { fieldManager, force });
		return { code: created ? 201 : 200, body: show(object) };
	}
	if (request.method !== "DELETE" || subresource) throw methodNotAllowed();
	const { object, gone } = remove(store, resource, namespace, name!, deleteOptions(request));
	const shown = !gone || resource.kind === "Pod" || resource.kind === "ServiceAccount";
	return { code: 200, body: shown ? show(object) : success(resource, name!, object.metadata.uid) };
};

const many = (
	store: Store,
	request: ApiRequest,
	target: Target,
	show: (object: KubeObject) => object,
	table: boolean,
): Answer => {
	const { resource, namespace } = target;
	const { query } = request;
	if (request.method === "POST") return { code: 201, body: show(create(store, target, objectOf(request, resource))) };
	if (request.method === "DELETE") {
		if (resource.kind === "Namespace") throw methodNotAllowed();
		const options = deleteOptions(request);
		const matching = store.list(resource, namespace).filter(matchesOf(resource, query));
		const objects = matching.map(
			({ metadata }) => remove(store, resource, metadata.namespace, metadata.name, options).object,
		);
		return { code: 200, body: listOf(resource, { metadata: { resourceVersion: `${store.version()}` }, objects }) };
	}
	if (request.method !== "GET") throw methodNotAllowed();
	if (isWatch(query)) {
		const matches = matchesOf(resource, query);
		return { stream: (response) => watch(store, { resource, namespace, matches, query, show }, response) };
	}
	const found = page(store, resource, namespace, query);
	return { code: 200, body: table ? tableOf(resource, found.objects, found.metadata) : listOf(resource, found) };
};

const refused = (store: Store, user: User, attempt: Attempt, place: Place | undefined): ApiError => {
	const why = refusalOf(user, attempt);
	if (!place) return new ApiError(403, "Forbidden", `forbidden: ${why}`, {});
	const { group, plural, version, name } = place;
	const resource = resourceOf(store, place) ?? ({ group, plural, version } as Resource);
	return forbidden(resource, name ?? ("name" in attempt ? attempt.name : undefined), why);
};

/** @see https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
const review = (store: Store, user: User, body: KubeObject): object => {
	const { resourceAttributes, nonResourceAttributes } = fieldsAt(body, "spec") as Record<string, Fields | undefined>;
	if (!resourceAttributes && !nonResourceAttributes)
		throw invalid({ kind: "", group: "authorization.k8s.io" }, "", [
			{
				field: "spec.resourceAttributes",
				reason: "Invalid",
				message: 'Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified',
			},
		]);
	const attempt = (nonResourceAttributes ?? { group: "", ...resourceAttributes }) as unknown as Attempt;
	return { ...body, status: { allowed: allows(store, user, attempt) } };
};

const deleteOptions = (request: ApiRequest): DeleteOptions => {
	const body = request.body ? bodyOf(request) : {};
	const options = (isFields(body) ? body : {}) as DeleteOptions;
	const grace = request.query.get("gracePeriodSeconds");
	const propagation = request.query.get("propagationPolicy") as DeleteOptions["propagationPolicy"];
	return {
		gracePeriodSeconds: options.gracePeriodSeconds ?? (grace === null ? undefined : Number(grace)),
		propagationPolicy: options.propagationPolicy ?? propagation ?? undefined,
		preconditions: options.preconditions,
		dryRun: options.dryRun ?? request.query.getAll("dryRun"),
	};
};

/** A body of the wrong media type is refused by its type, before anybody tries to read it. */
const patchBody = (request: ApiRequest): unknown =>
	/[/+](json|yaml)$/.test(mediaType(request.headers["content-type"])) ? bodyOf(request) : undefined;

/** @throws ApiError 406 for a client that understands no JSON */
const wantsTable = (accept = "*/*"): boolean => {
	const types = accept.split(",").map((one) => one.trim());
	const readable = types.filter((one) => /^(\*\/\*|application\/(\*|json))(;|$)/.test(one));
	if (!readable.length) throw notAcceptable();
	return /;as=Table/.test(readable[0]!);
};
