/**
 * All objects, and the history of their changes, in memory.
 *
 * S1. Every change gets the next resource version, one counter for all kinds, and wakes the watchers in that order.
 *     Otherwise a client that lists and then watches from the list's version loses a change.
 * S2. History is bounded; a client that asks for what is no longer there gets 410. Otherwise it silently misses changes.
 */
import { type KubeObject, type Metadata, same } from "./objects.ts";
import { keyOf, type Resource } from "./resource.ts";
import { conflict, expired } from "./status-errors.ts";

export interface Change {
	version: number;
	type: "ADDED" | "MODIFIED" | "DELETED";
	/** group and plural: objects are the same in all versions */
	of: string;
	object: KubeObject;
	/** what it was before, for selectors that it leaves or enters */
	before?: KubeObject;
}

export interface Store {
	/** The newest resource version */
	version(): number;
	get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined;
	/** In the order of namespace and name; of one namespace, or of all */
	list(resource: Resource, namespace?: string): KubeObject[];
	/** Every object of every kind, for owner references */
	all(): { of: string; object: KubeObject }[];
	/**
	 * Stores an object under the next resource version; what equals the stored one is left as it is.
	 * @throws ApiError 409 if the object carries another resource version than the stored one
	 */
	put(resource: Resource, object: KubeObject): KubeObject;
	/** @returns the object as it was last, under the version of its removal */
	remove(resource: Resource, object: KubeObject): KubeObject;
	/** @throws ApiError 410 if the history no longer reaches back to it */
	since(version: number): Change[];
	/** @returns how to stop listening */
	listen(listener: (change: Change) => void): () => void;
}

const historyLength = 5_000;

const placeOf = (namespace: string | undefined, name: string) => `${namespace ?? ""}/${name}`;

export const createStore = (): Store => {
	// The first versions are never handed out, so that "1" is too old, as it is on a server that has run for a while.
	let version = 100;
	let oldest = version;
	const kinds = new Map<string, Map<string, KubeObject>>();
	const history: Change[] = [];
	const listeners = new Set<(change: Change) => void>();

	const objectsOf = (resource: Resource) => {
		const key = keyOf(resource);
		const objects = kinds.get(key) ?? new Map<string, KubeObject>();
		kinds.set(key, objects);
		return objects;
	};
	const record = (type: Change["type"], resource: Resource, object: KubeObject, before?: KubeObject) => {
		const change: Change = { version, type, of: keyOf(resource), object, before };
		history.push(change);
		if (history.length > historyLength) oldest = history.shift()!.version;
		for (const listener of [...listeners]) listener(change);
		return object;
	};
	const stamped = (object: KubeObject): KubeObject => ({
		...object,
		metadata: inOrder({ ...object.metadata, resourceVersion: `${++version}` }),
	});

	return {
		version: () => version,
		get: (resource, namespace, name) => objectsOf(resource).get(placeOf(namespace, name)),
		list: (resource, namespace) =>
			[...objectsOf(resource)]
				.filter(([, { metadata }]) => !namespace || metadata.namespace === namespace)
				.sort(([one], [other]) => (one < other ? -1 : 1))
				.map(([, object]) => object),
		all: () => [...kinds].flatMap(([of, objects]) => [...objects.values()].map((object) => ({ of, object }))),
		put(resource, object) {
			const { namespace, name, resourceVersion } = object.metadata;
			const place = placeOf(namespace, name);
			const before = objectsOf(resource).get(place);
			if (before && resourceVersion && resourceVersion !== before.metadata.resourceVersion)
				throw conflict(resource, name);
			if (before && same(before, object)) return before;
			const stored = stamped(object);
			objectsOf(resource).set(place, stored);
			return record(before ? "MODIFIED" : "ADDED", resource, stored, before);
		},
		remove(resource, object) {
			const { namespace, name } = object.metadata;
			objectsOf(resource).delete(placeOf(namespace, name));
			return record("DELETED", resource, stamped(object), object);
		},
		since(from) {
			if (from < oldest) throw expired(from, oldest);
			return history.filter((change) => change.version > from);
		},
		listen(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
	};
};

/** People read these objects: the names first, the bookkeeping last. */
const inOrder = ({ name, namespace, uid, resourceVersion, managedFields, ...rest }: Metadata): Metadata => {
	const ordered: Metadata = { name, namespace, uid, resourceVersion, ...rest, managedFields };
	if (!managedFields?.length) delete ordered.managedFields;
	for (const field of Object.keys(ordered) as (keyof Metadata)[])
		if (ordered[field] === undefined) delete ordered[field];
	return ordered;
};
