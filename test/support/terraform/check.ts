// Looks over a module without its providers: resource types, arguments, blocks, exported attributes, references.
// The allow-lists of infra/schema are what it knows; each says where it was read.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Block, Body, Module } from "./module.ts";
import { readModule } from "./module.ts";
import { type Reference, referencesOf } from "./references.ts";
import { type Kind, namesOf, type Shape, schemas, type Tree } from "./schema.ts";

const shapeOf = (kind: Kind, type: string) => schemas.map((schema) => schema[kind]?.[type]).find(Boolean);
/** `azurerm`, `azapi`, ... */
const prefixes = [
	...new Set(
		schemas.flatMap(({ resource, data, ephemeral }) =>
			[resource, data, ephemeral].flatMap((types) => Object.keys(types ?? {}).map((type) => type.split("_")[0]!)),
		),
	),
];
const treeOf = (kind: Kind, type: string) => schemas.map((schema) => schema.bodies?.[kind]?.[type]).find(Boolean);

const isObject = (value: unknown): value is Body =>
	typeof value === "object" && value !== null && !Array.isArray(value);
const meta = ["count", "for_each", "depends_on", "lifecycle", "provider", "provisioner", "connection"];

/** @returns sentences, each naming file and block; none when all is well */
export function shapeProblems(module: Module): string[] {
	return module.blocks.flatMap(({ kind, type, name, body, file }) => {
		const at = `${file}: ${kind} ${type}.${name}`;
		const shape = shapeOf(kind, type);
		if (shape === undefined) return [`${at}: infra/schema knows no ${kind} of this type`];
		return [...bodyProblems(at, without(body, [...meta, "timeouts"]), shape), ...armProblems(at, kind, body)];
	});
}

const without = (body: Body, names: readonly string[]): Body =>
	Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));

function bodyProblems(at: string, body: Body, shape: Shape): string[] {
	const dynamic = isObject(body.dynamic) ? (body.dynamic as Record<string, Body[]>) : {};
	const given = without(body, ["dynamic"]);
	const names = new Set([...Object.keys(given), ...Object.keys(dynamic)]);
	const known = new Set([...namesOf(shape.required), ...namesOf(shape.optional), ...Object.keys(shape.blocks ?? {})]);
	const needed = [
		...namesOf(shape.required),
		...Object.entries(shape.blocks ?? {}).flatMap(([name, block]) => (block.needed ? [name] : [])),
	];
	const problems = [
		...[...names].filter((name) => !known.has(name)).map((name) => `${at}: has no argument ${name}`),
		...needed.filter((name) => !names.has(name)).map((name) => `${at}: lacks ${name}`),
	];
	for (const [name, block] of Object.entries(shape.blocks ?? {})) {
		const bodies = [
			...(Array.isArray(given[name]) ? given[name] : isObject(given[name]) ? [given[name]] : []),
			...(dynamic[name] ?? []).flatMap(({ content }) => content),
		];
		for (const nested of bodies.filter(isObject)) problems.push(...bodyProblems(`${at}: ${name}`, nested, block));
	}
	return problems;
}

/** An azapi resource's `body`, as far as it is written out. */
function armProblems(at: string, kind: Kind, { type, body }: Body): string[] {
	if (typeof type !== "string" || !type.startsWith("Microsoft.")) return [];
	const tree = treeOf(kind, type);
	if (tree === undefined) return [`${at}: infra/schema knows no body of ${type}`];
	return body === undefined ? [] : treeProblems(`${at}: body`, body, tree);
}

function treeProblems(at: string, value: unknown, tree: Tree): string[] {
	if (tree === true) return [];
	if (Array.isArray(value)) return value.flatMap((item) => treeProblems(at, item, tree));
	if (!isObject(value)) return [];
	return Object.entries(value).flatMap(([name, inner]) =>
		tree[name] === undefined ? [`${at}: has no property ${name}`] : treeProblems(`${at}.${name}`, inner, tree[name]),
	);
}

/** Every reference leads somewhere, and everything declared is referred to. */
export async function referenceProblems(module: Module): Promise<string[]> {
	const problems: string[] = [];
	const used = new Set<string>();
	const called = new Map<string, Module>();
	for (const [name, { source }] of module.calls)
		called.set(name, await readModule(join(module.folder, String(source))));
	for (const { at, body, block } of module.expressions) {
		const iterators = iteratorsOf(body);
		for (const reference of referencesOf(body, prefixes, iterators)) {
			used.add(reference.slice(0, 2).join("."));
			const wrong = wrongWith(reference, module, called, block, iterators);
			if (wrong !== undefined) problems.push(`${at}: ${wrong}`);
		}
	}
	for (const [name, call] of module.calls) problems.push(...callProblems(name, call, called.get(name)!));
	for (const name of module.variables.keys())
		if (!used.has(`var.${name}`)) problems.push(`var.${name} is used nowhere`);
	for (const name of module.locals.keys())
		if (!used.has(`local.${name}`)) problems.push(`local.${name} is used nowhere`);
	return problems;
}

function callProblems(name: string, call: Body, module: Module): string[] {
	const given = Object.keys(without(call, [...meta, "source", "version", "providers"]));
	const required = [...module.variables].filter(([, body]) => !("default" in body)).map(([variable]) => variable);
	return [
		...given
			.filter((argument) => !module.variables.has(argument))
			.map((argument) => `module ${name}: has no variable ${argument}`),
		...required.filter((variable) => !given.includes(variable)).map((variable) => `module ${name}: lacks ${variable}`),
	];
}

/** Labels of `dynamic` blocks: what `<label>.value` means inside. */
function iteratorsOf(body: unknown): Set<string> {
	if (Array.isArray(body)) return new Set(body.flatMap((item) => [...iteratorsOf(item)]));
	if (!isObject(body)) return new Set();
	const own = isObject(body.dynamic) ? Object.keys(body.dynamic) : [];
	return new Set([...own, ...Object.values(body).flatMap((item) => [...iteratorsOf(item)])]);
}

function wrongWith(
	path: Reference,
	module: Module,
	called: ReadonlyMap<string, Module>,
	block: Block | undefined,
	iterators: ReadonlySet<string>,
): string | undefined {
	const [first = "", second = "", third = "", fourth] = path;
	const text = path.join(".");
	if (first === "var") return module.variables.has(second) ? undefined : `there is no ${text}`;
	if (first === "local") return module.locals.has(second) ? undefined : `there is no ${text}`;
	if (first === "path" || first === "terraform" || first === "self") return undefined;
	if (first === "each") return block?.body.for_each === undefined ? `${text} outside of for_each` : undefined;
	if (first === "count") return block?.body.count === undefined ? `${text} outside of count` : undefined;
	if (first === "module") return called.get(second)?.outputs.has(third) ? undefined : `there is no output ${text}`;
	if (iterators.has(first)) return ["key", "value"].includes(second) ? undefined : `${text} is neither key nor value`;
	if (first === "data" || first === "ephemeral") return attributeProblem(module, text, first, second, third, fourth);
	return attributeProblem(module, text, "resource", first, second, third || undefined);
}

function attributeProblem(module: Module, text: string, kind: Kind, type: string, name: string, attribute?: string) {
	if (!module.blocks.some((block) => block.kind === kind && block.type === type && block.name === name)) {
		return `there is no ${text}`;
	}
	const shape = shapeOf(kind, type);
	if (attribute === undefined || attribute === "id" || shape === undefined) return undefined;
	const known = [shape.required, shape.optional, shape.exports].flatMap(namesOf);
	return known.includes(attribute) || shape.blocks?.[attribute] !== undefined
		? undefined
		: `${text}: ${type} has no attribute ${attribute}`;
}

/** Whether the folder is a module at all. */
export const isModule = (path: string): boolean => existsSync(join(path, "terraform.tf"));
