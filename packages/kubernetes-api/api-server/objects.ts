/**
 * Kubernetes objects as plain JSON, and the few ways to look into them.
 *
 * Invariant: an object that is in the store is never changed in place; code that changes one works on a `copy`.
 * Otherwise a watcher that replays history sees the present instead of the past.
 */
import { isDeepStrictEqual } from "node:util";

export interface Fields {
	[name: string]: unknown;
}

interface OwnerReference {
	apiVersion: string;
	kind: string;
	name: string;
	uid: string;
	controller?: boolean;
	blockOwnerDeletion?: boolean;
}

export interface ManagedFields {
	manager: string;
	operation: "Apply" | "Update";
	apiVersion: string;
	time?: string;
	fieldsType: "FieldsV1";
	fieldsV1: Fields;
	subresource?: string;
}

export interface Metadata {
	name: string;
	namespace?: string;
	generateName?: string;
	uid?: string;
	resourceVersion?: string;
	generation?: number;
	creationTimestamp?: string;
	deletionTimestamp?: string;
	deletionGracePeriodSeconds?: number;
	labels?: Record<string, string>;
	annotations?: Record<string, string>;
	ownerReferences?: OwnerReference[];
	finalizers?: string[];
	managedFields?: ManagedFields[];
}

export interface KubeObject {
	apiVersion: string;
	kind: string;
	metadata: Metadata;
	[field: string]: unknown;
}

/** By way of JSON, which these objects are: a structured clone has another realm's prototypes under Jest. */
export const copy = <T>(value: T): T => (value === undefined ? value : JSON.parse(JSON.stringify(value)));

export const same = (one: unknown, other: unknown): boolean => isDeepStrictEqual(one, other);

export const isFields = (value: unknown): value is Fields =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields under a path such as `spec.template`, or none. */
export const fieldsAt = (object: Fields, path: string): Fields => {
	const found = valueAt(object, path);
	return isFields(found) ? found : {};
};

/** The list under a path, or an empty one. */
export const listAt = (object: Fields, path: string): Fields[] => {
	const found = valueAt(object, path);
	return Array.isArray(found) ? found : [];
};

export const valueAt = (object: Fields, path: string): unknown => {
	let found: unknown = object;
	for (const name of path.split(".")) found = isFields(found) ? found[name] : undefined;
	return found;
};

/** Now as Kubernetes writes it: whole seconds. */
export const timestamp = (after = 0): string => `${new Date(Date.now() + after * 1000).toISOString().slice(0, 19)}Z`;
