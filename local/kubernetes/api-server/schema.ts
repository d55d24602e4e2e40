/**
 * The structural schema of a custom resource: unknown fields are dropped, wrong types refused.
 * It knows what the schemas here use: type, properties, additionalProperties, items, required, enum, default,
 * x-kubernetes-preserve-unknown-fields, x-kubernetes-int-or-string.
 *
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
import { copy, type Fields, isFields, type KubeObject } from "./objects.ts";
import type { Cause } from "./status-errors.ts";

interface Schema {
	type?: string;
	properties?: Record<string, Schema>;
	additionalProperties?: Schema | boolean;
	items?: Schema;
	required?: string[];
	enum?: unknown[];
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
	if (schema.enum && !schema.enum.includes(value)) {
		const supported = schema.enum.map((one) => JSON.stringify(one)).join(", ");
		const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`;
		causes.push({ field: path, reason: "NotSupported", message });
	}
	if (Array.isArray(value))
		for (const [at, item] of value.entries()) walk(item, schema.items ?? {}, `${path}[${at}]`, causes);
	else if (isFields(value)) walkFields(value, schema, path, causes);
};

const walkFields = (value: Fields, schema: Schema, path: string, causes: Cause[]) => {
	const { properties = {}, additionalProperties, required = [] } = schema;
	for (const [name, { default: preset }] of Object.entries(properties))
		if (value[name] === undefined && preset !== undefined) value[name] = copy(preset);
	for (const name of required)
		if (value[name] === undefined)
			causes.push({ field: path ? `${path}.${name}` : name, reason: "Required", message: "Required value" });
	for (const [name, field] of Object.entries(value)) {
		const known = properties[name] ?? (isFields(additionalProperties) ? (additionalProperties as Schema) : undefined);
		if (known) walk(field, known, path ? `${path}.${name}` : name, causes);
		else if (!schema["x-kubernetes-preserve-unknown-fields"] && additionalProperties !== true) delete value[name];
	}
};

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
