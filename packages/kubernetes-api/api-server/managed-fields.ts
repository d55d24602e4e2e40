/**
 * Who wrote which field.
 *
 * Invariant: a field belongs to whom its present value is from: an update takes it from the others, an apply shares it
 * when the values are equal. Otherwise tests of drift and of Flux's field stripping prove nothing.
 * Simpler than the real one: objects are never owned as such (no `.` beside map entries), and keyed lists are those of
 * list-keys.ts.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */

import { itemKey } from "./list-keys.ts";
import { type Fields, isFields, type KubeObject, type ManagedFields, same, timestamp } from "./objects.ts";
import type { Resource } from "./resource.ts";

export interface Writer {
	manager: string;
	operation: ManagedFields["operation"];
	subresource?: string;
}

/** Steps such as `f:spec` and `k:{"name":"web"}`, one a line. */
export type Path = string;

const unowned = [
	"name",
	"namespace",
	"uid",
	"resourceVersion",
	"generation",
	"creationTimestamp",
	"managedFields",
].concat("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink");

/** Every value that can have an owner, by its path. */
export const valuesOf = (resource: Resource, object: Fields): Map<Path, unknown> => {
	const values = new Map<Path, unknown>();
	const { apiVersion: _apiVersion, kind: _kind, metadata = {}, ...content } = object;
	const owned = Object.entries(metadata as Fields).filter(([name]) => !unowned.includes(name));
	collect(values, [], { metadata: Object.fromEntries(owned) }, true);
	collect(values, [], content, !resource.schema);
	return values;
};

const collect = (values: Map<Path, unknown>, at: string[], fields: Fields, keyed: boolean) => {
	for (const [name, value] of Object.entries(fields)) {
		const here = [...at, `f:${name}`];
		const items = keyed && Array.isArray(value) ? value.map((item) => itemKey(name, item)) : [];
		if (isFields(value) && Object.keys(value).length && !isWhole(name, value)) collect(values, here, value, keyed);
		else if (Array.isArray(value) && items.length && items.every(Boolean))
			value.forEach((item, index) => {
				const step = [...here, items[index]!];
				values.set([...step, "."].join("\n"), true);
				if (isFields(item)) collect(values, step, item, keyed);
			});
		else if (value !== undefined && !(isFields(value) && at.length === 0)) values.set(here.join("\n"), value);
	}
};

/** A workload's selector is one value, unlike other objects. */
const isWhole = (name: string, value: Fields) =>
	name === "selector" && ("matchLabels" in value || "matchExpressions" in value);

/**
 * The managed fields after an update or patch that made `after` out of `before`.
 * @param past what they were
 */
export const updated = (
	resource: Resource,
	writer: Writer,
	after: KubeObject,
	before?: KubeObject,
	past: ManagedFields[] = [],
): ManagedFields[] => {
	const old = valuesOf(resource, before ?? {});
	const now = valuesOf(resource, after);
	const changed = [...now.keys()].filter((path) => !old.has(path) || !same(old.get(path), now.get(path)));
	if (!changed.length && [...old.keys()].every((path) => now.has(path))) return past;
	const mine = past.find((entry) => isOf(entry, writer, after));
	const others = past.filter((entry) => entry !== mine).map((entry) => without(entry, changed));
	const owned = new Set([...(mine ? pathsIn(mine) : []), ...changed]);
	return [...others, entryOf(writer, after, owned)]
		.map((entry) =>
			without(
				entry,
				[...pathsIn(entry)].filter((path) => !now.has(path)),
			),
		)
		.filter(({ fieldsV1 }) => Object.keys(fieldsV1).length);
};

export const isOf = (entry: ManagedFields, writer: Writer, { apiVersion }: { apiVersion: string }): boolean =>
	entry.manager === writer.manager &&
	entry.operation === writer.operation &&
	entry.subresource === writer.subresource &&
	entry.apiVersion === apiVersion;

export const entryOf = (
	{ manager, operation, subresource }: Writer,
	{ apiVersion }: { apiVersion: string },
	owned: Iterable<Path>,
): ManagedFields => ({
	manager,
	operation,
	apiVersion,
	time: timestamp(),
	fieldsType: "FieldsV1",
	fieldsV1: treeOf(owned),
	...(subresource && { subresource }),
});

export const without = (entry: ManagedFields, paths: Path[]): ManagedFields => {
	const present = pathsIn(entry);
	const left = new Set(present);
	for (const path of paths) left.delete(path);
	return left.size === present.size ? entry : { ...entry, fieldsV1: treeOf(left) };
};

export const pathsIn = ({ fieldsV1 }: ManagedFields): Set<Path> => {
	const paths = new Set<Path>();
	const walk = (tree: Fields, at: string[]) => {
		for (const [step, below] of Object.entries(tree)) {
			const here = [...at, step];
			if (isFields(below) && Object.keys(below).length) walk(below, here);
			else paths.add(here.join("\n"));
		}
	};
	walk(fieldsV1, []);
	return paths;
};

const treeOf = (paths: Iterable<Path>): Fields => {
	const tree: Fields = {};
	for (const path of [...paths].sort()) {
		let at = tree;
		for (const step of path.split("\n")) {
			at[step] ??= {};
			at = at[step] as Fields;
		}
	}
	return tree;
};
