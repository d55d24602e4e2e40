// infra/schema against what `terraform providers schema -json` says, where the providers can be had.

import { namesOf, type Schema, type Shape } from "./schema.ts";

interface RealBlock {
	readonly attributes?: Record<string, { required?: boolean; nested_type?: unknown }>;
	readonly block_types?: Record<string, { block: RealBlock; min_items?: number }>;
}
type RealTypes = Record<string, { block: RealBlock }>;
export interface ProvidersSchema {
	readonly provider_schemas: Record<
		string,
		{ resource_schemas?: RealTypes; data_source_schemas?: RealTypes; ephemeral_resource_schemas?: RealTypes }
	>;
}

/** @returns what the allow-list says and the providers do not */
export function falseIn(schema: Schema, { provider_schemas: providers }: ProvidersSchema): string[] {
	const all = (kind: "resource_schemas" | "data_source_schemas" | "ephemeral_resource_schemas"): RealTypes =>
		Object.assign({}, ...Object.values(providers).map((provider) => provider[kind]));
	return [
		...typesFalse(schema.resource, all("resource_schemas")),
		...typesFalse(schema.data, all("data_source_schemas")),
		...typesFalse(schema.ephemeral, all("ephemeral_resource_schemas")),
	];
}

const typesFalse = (types: Record<string, Shape> = {}, real: RealTypes): string[] =>
	Object.entries(types).flatMap(([type, shape]) =>
		real[type] === undefined ? [`there is no ${type}`] : blockFalse(type, shape, real[type].block),
	);

function blockFalse(at: string, shape: Shape, real: RealBlock): string[] {
	const attributes = real.attributes ?? {};
	const blocks = real.block_types ?? {};
	const exists = (name: string) => attributes[name] !== undefined || blocks[name] !== undefined;
	const named = [
		...namesOf(shape.required),
		...namesOf(shape.optional),
		...namesOf(shape.exports),
		...Object.keys(shape.blocks ?? {}),
	];
	const needed = [
		...Object.entries(attributes).flatMap(([name, { required }]) => (required ? [name] : [])),
		...Object.entries(blocks).flatMap(([name, { min_items }]) => ((min_items ?? 0) > 0 ? [name] : [])),
	];
	const asked = [
		...namesOf(shape.required),
		...Object.keys(shape.blocks ?? {}).filter((name) => shape.blocks?.[name]?.needed),
	];
	return [
		...named.filter((name) => !exists(name)).map((name) => `${at} has no ${name}`),
		...needed.filter((name) => !asked.includes(name)).map((name) => `${at} requires ${name}`),
		...Object.entries(shape.blocks ?? {}).flatMap(([name, block]) =>
			blocks[name] === undefined ? [] : blockFalse(`${at}.${name}`, block, blocks[name].block),
		),
	];
}
