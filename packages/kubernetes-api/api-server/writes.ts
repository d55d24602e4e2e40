/**
 * Creating and changing objects.
 *
 * W1. `metadata.generation` goes up when, and only when, what the user wants has changed; a write that changes nothing
 *     leaves no trace. Otherwise a rollout that is "observed" was never begun, or a repeated patch rolls twice.
 * W2. Status is written through its subresource only, where the kind has one. Otherwise a client's old copy of the
 *     status overwrites the controller's.
 * W3. An object that is being deleted goes when its last finalizer goes.
 */
import { randomUUID } from "node:crypto";
import { fillIn, wholeSeconds } from "./defaults.ts";
import { updated, type Writer } from "./managed-fields.ts";
import { copy, type Fields, type KubeObject, type Metadata, same, timestamp } from "./objects.ts";
import type { Resource } from "./resource.ts";
import { namespaces } from "./resources.ts";
import { ApiError, alreadyExists, badRequest, conflict, forbidden, invalid, notFound } from "./status-errors.ts";
import type { Store } from "./store.ts";
import { validate } from "./validation.ts";

/** What a request wants to write, and as whom. */
export interface Target {
	resource: Resource;
	namespace?: string;
	name?: string;
	/** `status`, or none */
	subresource?: string;
	manager: string;
	dryRun: boolean;
}

/** @throws ApiError 400, 404 (no such namespace), 409 (exists already), 422 */
export const create = (store: Store, target: Target, body: KubeObject): KubeObject => {
	const { resource, namespace } = target;
	const object = copy(body);
	object.metadata = freshMetadata(object, target);
	const { name, resourceVersion } = object.metadata;
	if (resourceVersion) throw new ApiError(500, undefined, "resourceVersion should not be set on objects to be created");
	if (namespace) admitInto(store, namespace, resource, name);
	if (store.get(resource, namespace, name)) throw alreadyExists(resource, name);
	if (hasStatus(resource) && resource.kind !== "Node") delete object.status;
	fillIn(resource, object);
	validate(resource, object);
	if (resource.kind === "CustomResourceDefinition") establish(object);
	if (resource.counted) object.metadata.generation = 1;
	object.metadata.managedFields ??= updated(resource, { manager: target.manager, operation: "Update" }, object);
	return target.dryRun ? object : store.put(resource, object);
};

const freshMetadata = ({ metadata = {} as Metadata }: KubeObject, { resource, namespace }: Target): Metadata => {
	if (metadata.namespace && metadata.namespace !== namespace)
		throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
	const { deletionTimestamp: _, deletionGracePeriodSeconds: __, ...given } = metadata;
	const generated = given.generateName && `${given.generateName}${randomUUID().replaceAll("-", "").slice(0, 5)}`;
	return {
		...given,
		name: given.name || generated || "",
		...(resource.namespaced && { namespace }),
		uid: randomUUID(),
		creationTimestamp: timestamp(),
	};
};

const admitInto = (store: Store, namespace: string, resource: Resource, name: string) => {
	const found = store.get(namespaces, undefined, namespace);
	if (!found) throw notFound(namespaces, namespace);
	if (found.metadata.deletionTimestamp)
		throw forbidden(
			resource,
			name,
			`unable to create new content in namespace ${namespace} because it is being terminated`,
		);
};

const establish = (definition: KubeObject) => {
	const condition = { status: "True", lastTransitionTime: timestamp(), reason: "InitialNamesAccepted", message: "" };
	definition.status = {
		acceptedNames: (definition.spec as Fields).names,
		conditions: ["NamesAccepted", "Established"].map((type) => ({ type, ...condition })),
		storedVersions: [],
	};
};

/** @throws ApiError 400, 404, 409 (another resource version or uid), 422 */
export const replace = (store: Store, target: Target, body: KubeObject): KubeObject => {
	const before = find(store, target);
	const { resource } = target;
	const given = body.metadata ?? ({} as Metadata);
	if (resource.schema && !given.resourceVersion)
		throw invalid({ kind: resource.plural, group: resource.group }, target.name!, [
			{
				field: "metadata.resourceVersion",
				reason: "Invalid",
				message: "Invalid value: 0x0: must be specified for an update",
			},
		]);
	return change(store, target, before, copy(body), { manager: target.manager, operation: "Update" });
};

export const find = (store: Store, { resource, namespace, name }: Target): KubeObject => {
	const found = store.get(resource, namespace, name!);
	if (!found) throw notFound(resource, name!);
	return found;
};

/**
 * The way of every change to an existing object.
 * @param after what it is to be; becomes the server's own
 * @param writer absent if the managed fields are in `after` already
 */
export const change = (
	store: Store,
	target: Target,
	before: KubeObject,
	after: KubeObject,
	writer?: Writer,
): KubeObject => {
	const { resource, subresource } = target;
	wholeSeconds(after.metadata ?? {});
	// A client may edit who owns what, as Flux does; one that sends none leaves it as it is.
	const sent = after.metadata?.managedFields;
	const past = sent?.length ? sent.filter(({ manager }) => manager) : (before.metadata.managedFields ?? []);
	const object = keepWhatIsNotTheirs(resource, before, after, target);
	fillIn(resource, object);
	validate(resource, object, before);
	object.metadata.generation = before.metadata.generation;
	if (resource.counted && !same(wantedOf(resource, before), wantedOf(resource, object)))
		object.metadata.generation = (before.metadata.generation ?? 0) + 1;
	const managed = writer ? updated(resource, { ...writer, subresource }, object, before, past) : past;
	object.metadata.managedFields = managed.length ? managed : undefined;
	for (const [name, value] of Object.entries(object.metadata))
		if (value === undefined) delete object.metadata[name as keyof Metadata];
	if (target.dryRun) return object;
	const stored = store.put(resource, object);
	const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds } = stored.metadata;
	if (deletionTimestamp && !finalizers.length && !deletionGracePeriodSeconds) return store.remove(resource, stored);
	return stored;
};

const keepWhatIsNotTheirs = (resource: Resource, before: KubeObject, after: KubeObject, target: Target): KubeObject => {
	const given = after.metadata ?? ({} as Metadata);
	const { name, namespace, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } = before.metadata;
	if (given.name && given.name !== name)
		throw badRequest(`the name of the object (${given.name}) does not match the name on the URL (${name})`);
	if (given.namespace && given.namespace !== namespace)
		throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
	if (given.uid && given.uid !== uid)
		throw conflict(
			resource,
			name,
			`Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${uid}`,
		);
	if (given.resourceVersion && given.resourceVersion !== before.metadata.resourceVersion)
		throw conflict(resource, name);
	const kept = { name, namespace, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds };
	const resourceVersion = given.resourceVersion || before.metadata.resourceVersion;
	if (target.subresource === "status")
		return copy({ ...before, metadata: { ...before.metadata, resourceVersion }, status: after.status });
	const object: KubeObject = { ...after, metadata: { ...given, ...kept, resourceVersion } };
	if (hasStatus(resource)) object.status = copy(before.status);
	if (object.status === undefined) delete object.status;
	return object;
};

const hasStatus = ({ subresources }: Resource) => subresources.includes("status");

/** The part whose changes `metadata.generation` counts. Deployments count their annotations too, as the real one does. */
const wantedOf = (resource: Resource, { metadata, status, ...content }: KubeObject): unknown => {
	if (!resource.schema) return [content.spec, resource.kind === "Deployment" && (metadata.annotations ?? {})];
	return hasStatus(resource) ? content : { ...content, status };
};
