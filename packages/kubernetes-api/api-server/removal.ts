/**
 * Deleting objects, and what goes with them.
 *
 * R1. A pod that is bound to a node is marked, and its node's agent removes it (grace period 0) once its processes have
 *     ended. Otherwise a pod counts as gone while it still serves with an old password.
 * R2. What only the deleted object owned goes after it. The real cluster's garbage collector does this; here the server
 *     does it itself, as soon as the owner is gone.
 */

import { copy, fieldsAt, type KubeObject, timestamp, valueAt } from "./objects.ts";
import { keyOf, type Resource } from "./resource.ts";
import { known } from "./resources.ts";
import { conflict, notFound } from "./status-errors.ts";
import type { Store } from "./store.ts";

/** The body of a DELETE, or its query parameters. */
export interface DeleteOptions {
	gracePeriodSeconds?: number;
	propagationPolicy?: "Orphan" | "Background" | "Foreground";
	preconditions?: { uid?: string; resourceVersion?: string };
	/** `["All"]`: answer as if */
	dryRun?: string[];
}

/**
 * @returns the object, and whether it is gone
 * @throws ApiError 404, 409 for a precondition that does not hold
 */
export const remove = (
	store: Store,
	resource: Resource,
	namespace: string | undefined,
	name: string,
	options: DeleteOptions = {},
): { object: KubeObject; gone: boolean } => {
	const found = store.get(resource, namespace, name);
	if (!found) throw notFound(resource, name);
	for (const [field, wanted] of Object.entries(options.preconditions ?? {})) {
		const actual = valueAt(found.metadata as object as Record<string, unknown>, field);
		if (wanted && wanted !== actual)
			throw conflict(
				resource,
				name,
				`Precondition failed: ${field} in precondition: ${wanted}, in object meta: ${actual}`,
			);
	}
	if (options.dryRun?.includes("All")) return { object: found, gone: true };
	if (options.propagationPolicy === "Orphan") orphan(store, found);
	const { deletionTimestamp, deletionGracePeriodSeconds } = found.metadata;
	const waiting = finalizersOf(resource, found, options);
	const grace = graceOf(resource, found, options);
	if (!grace && !waiting.length) {
		const last = copy(found);
		last.metadata.deletionTimestamp ??= timestamp();
		last.metadata.deletionGracePeriodSeconds = 0;
		return { object: store.remove(resource, resource.kind === "Pod" ? last : found), gone: true };
	}
	if (deletionTimestamp && grace >= (deletionGracePeriodSeconds ?? 0)) return { object: found, gone: false };
	const marked = copy(found);
	marked.metadata.deletionTimestamp = timestamp(grace);
	marked.metadata.deletionGracePeriodSeconds = grace;
	if (waiting.length && resource.kind !== "Namespace") marked.metadata.finalizers = waiting;
	if (!deletionTimestamp && marked.metadata.generation) marked.metadata.generation++;
	if (resource.kind === "Namespace") marked.status = { phase: "Terminating" };
	return { object: store.put(resource, marked), gone: false };
};

const graceOf = (resource: Resource, pod: KubeObject, { gracePeriodSeconds }: DeleteOptions): number => {
	if (resource.kind !== "Pod" || !valueAt(pod, "spec.nodeName")) return 0;
	if (["Succeeded", "Failed"].includes(`${valueAt(pod, "status.phase")}`)) return 0;
	return gracePeriodSeconds ?? (fieldsAt(pod, "spec").terminationGracePeriodSeconds as number);
};

const finalizersOf = (resource: Resource, object: KubeObject, { propagationPolicy }: DeleteOptions): string[] => {
	if (resource.kind === "Namespace") return (fieldsAt(object, "spec").finalizers as string[]) ?? [];
	const own = object.metadata.finalizers ?? [];
	return propagationPolicy === "Foreground" ? [...new Set([...own, "foregroundDeletion"])] : own;
};

const ownedBy = (store: Store, uid: string) =>
	store.all().filter(({ object }) => object.metadata.ownerReferences?.some((owner) => owner.uid === uid));

const byKey = (store: Store, key: string) => known(store).find((resource) => keyOf(resource) === key)!;

const orphan = (store: Store, owner: KubeObject) => {
	for (const { of, object } of ownedBy(store, owner.metadata.uid!))
		release(store, byKey(store, of), object, [owner.metadata.uid!]);
};

const release = (store: Store, resource: Resource, object: KubeObject, uids: string[]) => {
	const released = copy(object);
	released.metadata.ownerReferences = released.metadata.ownerReferences?.filter(({ uid }) => !uids.includes(uid));
	if (!released.metadata.ownerReferences?.length) delete released.metadata.ownerReferences;
	store.put(resource, released);
};

/** Collects garbage until `stop` is called. It acts after the change that caused it has been answered. */
export const collectGarbage = (store: Store): (() => void) =>
	store.listen((change) => {
		const { deletionTimestamp, ownerReferences } = change.object.metadata;
		if (change.type === "DELETED") setImmediate(afterRemoval, store, change.object);
		else if (deletionTimestamp) setImmediate(whileTerminating, store, change.of, change.object);
		else if (change.type === "ADDED" && ownerReferences) setImmediate(collect, store, change.of, change.object);
	});

const afterRemoval = (store: Store, owner: KubeObject) => {
	for (const { of, object } of ownedBy(store, owner.metadata.uid!)) collect(store, of, object);
	// The last dependent of an owner that waits for them, the last object of a namespace that is to go.
	for (const { of, object } of store.all()) if (object.metadata.deletionTimestamp) whileTerminating(store, of, object);
};

/** Removes an object whose owners are all gone, or the references to those that are. */
const collect = (store: Store, of: string, { metadata }: KubeObject) => {
	const resource = byKey(store, of);
	const object = resource && store.get(resource, metadata.namespace, metadata.name);
	const owners = object?.metadata.ownerReferences;
	if (!owners || object.metadata.uid !== metadata.uid) return;
	const living = new Set(store.all().map((one) => one.object.metadata.uid));
	const dead = owners.map(({ uid }) => uid).filter((uid) => !living.has(uid));
	if (dead.length === owners.length) remove(store, resource, metadata.namespace, metadata.name);
	else if (dead.length) release(store, resource, object, dead);
};

const whileTerminating = (store: Store, of: string, { metadata }: KubeObject) => {
	const resource = byKey(store, of);
	const object = resource && store.get(resource, metadata.namespace, metadata.name);
	if (!object || object.metadata.uid !== metadata.uid) return;
	if (resource.kind === "Namespace") return emptyNamespace(store, resource, object);
	const { finalizers = [], uid } = object.metadata;
	if (!finalizers.includes("foregroundDeletion")) return;
	const dependents = ownedBy(store, uid!);
	for (const one of dependents)
		if (!one.object.metadata.deletionTimestamp)
			remove(store, byKey(store, one.of), one.object.metadata.namespace, one.object.metadata.name, {
				propagationPolicy: "Foreground",
			});
	if (ownedBy(store, uid!).length) return;
	const freed = copy(object);
	freed.metadata.finalizers = finalizers.filter((one) => one !== "foregroundDeletion");
	if (freed.metadata.finalizers.length) store.put(resource, freed);
	else store.remove(resource, freed);
};

const emptyNamespace = (store: Store, resource: Resource, namespace: KubeObject) => {
	const { name } = namespace.metadata;
	const content = () => store.all().filter(({ object }) => object.metadata.namespace === name);
	for (const { of, object } of content())
		if (!object.metadata.deletionTimestamp) remove(store, byKey(store, of), name, object.metadata.name);
	if (!content().length) store.remove(resource, namespace);
};
