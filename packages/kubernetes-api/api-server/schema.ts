/**
 * The structural schema of a custom resource: unknown fields are dropped, wrong types refused.
 * It knows what the schemas here use: type, properties, additionalProperties, items, required, enum, pattern, default,
 * x-kubernetes-preserve-unknown-fields, x-kubernetes-int-or-string.
 *
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
import { copy, type Fields, isFields, type KubeObject } from "./objects.ts";
import { type Cause, unsupported } from "./status-errors.ts";

export interface Schema {
	type?: string;
	properties?: Record<string, Schema>;
	additionalProperties?: Schema | boolean;
	items?: Schema;
	required?: string[];
	enum?: unknown[];
	pattern?: string;
	default?: unknown;
	nullable?: boolean;
	"x-kubernetes-preserve-unknown-fields"?: boolean;
	"x-kubernetes-int-or-string"?: boolean;
}

/**
 * Drops from the given object, which must not be in the store yet, what its schema does not name.
 * @returns what is wrong with the rest
 */
export const conform = (object: KubeObject, schema: Schema): Cause[] => {
	const causes: Cause[] = [];
	const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...properties } = schema.properties ?? {};
	const { apiVersion, kind, metadata, ...content } = object;
	walk(content, { ...schema, properties }, "", causes);
	for (const name of Object.keys(object)) delete object[name];
	Object.assign(object, { apiVersion, kind, metadata, ...content });
	return causes;
};

const walk = (value: unknown, schema: Schema, path: string, causes: Cause[]): void => {
	if (!hasType(value, schema)) {
		const given = typeOf(value);
		const message = `Invalid value: "${given}": ${path} in body must be of type ${schema.type}: "${given}"`;
		causes.push({ field: path, reason: "Invalid", message });
		return;
	}
	if (schema.enum && !schema.enum.includes(value)) causes.push(unsupported(path, value, schema.enum));
	if (schema.pattern && typeof value === "string" && !new RegExp(schema.pattern).test(value)) {
		const message = `Invalid value: ${JSON.stringify(value)}: ${path} in body should match '${schema.pattern}'`;
		causes.push({ field: path, reason: "Invalid", message });
	}
	if (Array.isArray(value))
		for (const [at, item] of value.entries()) walk(item, schema.items ?? {}, `${path}[${at}]`, causes);
	else if (isFields(value)) walkFields(value, schema, path, causes);
};

const walkFields = (value: Fields, schema: Schema, path: string, causes: Cause[]) => {
	const { properties = {}, required = [] } = schema;
	for (const [name, { default: preset }] of Object.entries(properties))
		if (value[name] === undefined && preset !== undefined) value[name] = copy(preset);
	for (const name of required)
		if (value[name] === undefined)
			causes.push({ field: path ? `${path}.${name}` : name, reason: "Required", message: "Required value" });
	for (const [name, field] of Object.entries(value)) {
		const known = schemaAt(schema, name);
		if (known) walk(field, known, path ? `${path}.${name}` : name, causes);
		else if (!isOpen(schema)) delete value[name];
	}
};

/** What is said of the field of this name, if it is declared. */
export const schemaAt = ({ properties = {}, additionalProperties }: Schema, name: string): Schema | undefined =>
	properties[name] ?? (isFields(additionalProperties) ? (additionalProperties as Schema) : undefined);

/** May there be fields that are not declared? */
export const isOpen = (schema: Schema): boolean =>
	schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true;

const hasType = (value: unknown, schema: Schema): boolean => {
	if (schema["x-kubernetes-int-or-string"]) return typeof value === "string" || Number.isInteger(value);
	if (!schema.type || (value === null && schema.nullable)) return true;
	const given = typeOf(value);
	return given === schema.type || (given === "integer" && schema.type === "number");
};

const typeOf = (value: unknown): string => {
	if (value === null) return "null";
	if (Array.isArray(value)) return "array";
	if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
	return typeof value;
};
