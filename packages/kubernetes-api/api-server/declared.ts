/**
 * Which fields a kind has, as server-side apply asks: a field that is not declared is refused, never dropped.
 *
 * Invariant: for built-in kinds the client library's generated models are the list, for custom ones their schema. Otherwise:
 * a misspelt field of a manifest passes here and is refused, or does nothing, in a real cluster.
 */
import * as models from "@kubernetes/client-node";
import { itemKey } from "./list-keys.ts";
import { type Fields, isFields, type KubeObject } from "./objects.ts";
import type { Resource } from "./resource.ts";
import { isOpen, type Schema, schemaAt } from "./schema.ts";
import { ApiError } from "./status-errors.ts";

type Model = { getAttributeTypeMap(): { baseName: string; type: string }[] };

/** @throws ApiError 500, as the real server says it, with every field that the kind does not have */
export const refuseUndeclared = (resource: Resource, object: KubeObject): void => {
	const { apiVersion: _apiVersion, kind: _kind, metadata, ...content } = object;
	const unknown = [
		...undeclared(metadata, "V1ObjectMeta", ".metadata"),
		...(resource.schema
			? undeclaredCustom(content, resource.schema as Schema, "")
			: undeclared(content, `${resource.kind === "Event" ? "CoreV1" : "V1"}${resource.kind}`, "")),
	];
	if (!unknown.length) return;
	const lines = unknown.map((path) => `${path}: field not declared in schema`);
	const all = lines.length === 1 ? lines[0] : `errors:\n${lines.map((line) => `  ${line}`).join("\n")}`;
	throw new ApiError(500, undefined, `failed to create typed patch object: ${all}`);
};

/** @param type as the models write it: `V1Container`, `Array<V1Container>`, `{ [key: string]: string; }`, `any` */
const undeclared = (value: unknown, type: string, path: string): string[] => {
	const [, inner] = /^Array<(.+)>$/.exec(type) ?? /^\{ \[key: string\]: (.+); \}$/.exec(type) ?? [];
	if (inner && Array.isArray(value)) {
		const list = path.slice(path.lastIndexOf(".") + 1);
		return value.flatMap((item, at) => undeclared(item, inner, `${path}${shownItem(list, item, at)}`));
	}
	if (!isFields(value)) return [];
	if (inner) return Object.entries(value).flatMap(([name, field]) => undeclared(field, inner, `${path}.${name}`));
	const model = (models as unknown as Record<string, Partial<Model> | undefined>)[type];
	if (!model?.getAttributeTypeMap) return [];
	const types = new Map(model.getAttributeTypeMap().map(({ baseName, type }) => [baseName, type]));
	return Object.entries(value).flatMap(([name, field]) => {
		const known = types.get(name);
		return known ? undeclared(field, known, `${path}.${name}`) : [`${path}.${name}`];
	});
};

/** `[name="web"]` where strategic merge distinguishes items, else `[0]`. */
const shownItem = (list: string, item: unknown, at: number): string => {
	const key = itemKey(list, item);
	if (!key?.startsWith("k:")) return `[${at}]`;
	const names = Object.entries(JSON.parse(key.slice(2)) as Fields);
	return `[${names.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
};

const undeclaredCustom = (value: unknown, schema: Schema, path: string): string[] => {
	if (Array.isArray(value))
		return value.flatMap((item, at) => undeclaredCustom(item, schema.items ?? {}, `${path}[${at}]`));
	if (!isFields(value)) return [];
	return Object.entries(value).flatMap(([name, field]) => {
		const known = schemaAt(schema, name);
		if (known) return undeclaredCustom(field, known, `${path}.${name}`);
		return isOpen(schema) ? [] : [`${path}.${name}`];
	});
};
