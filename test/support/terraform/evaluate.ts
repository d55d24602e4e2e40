// The value of a Terraform expression, as far as the module's sets of secrets, counts and scopes need it.
// HE1. What is not known here fails. Otherwise: a right is read out of an expression that says something else.
//      Kept by: evaluate.test.ts; and rights.test.ts, which asks Terraform itself where its binary is there.

import { readFileSync } from "node:fs";
import { getExpressionAst } from "@cdktn/hcl2json";

// biome-ignore lint/suspicious/noExplicitAny: Terraform's values
export type Value = any;
/** By the first word of a reference: `var`, `local`, `each`, a resource's type. */
export type Scope = Readonly<Record<string, Value>>;

interface Node {
	readonly type: string;
	readonly meta: Readonly<Record<string, Value>>;
	readonly children: readonly Node[];
	readonly range: { readonly start: { readonly byte: number }; readonly end: { readonly byte: number } };
}

/**
 * @param json as the parser has it: text that may be a template, a list, a block
 * @throws Error when it uses what is not known here, or refers to what is not in the scope
 */
export async function evaluated(json: Value, scope: Scope): Promise<Value> {
	if (Array.isArray(json)) return Promise.all(json.map((item) => evaluated(item, scope)));
	if (typeof json === "object" && json !== null) {
		const entries = Object.entries(json).map(async ([key, item]) => [key, await evaluated(item, scope)]);
		return Object.fromEntries(await Promise.all(entries));
	}
	if (typeof json !== "string" || !json.includes("${")) return json;
	const source = `"${json}"`;
	return resolved((await getExpressionAst("expression.tf", source)) as unknown as Node, { scope, source });
}

interface Within {
	readonly scope: Scope;
	readonly source: string;
}

function resolved(node: Node, within: Within): Value {
	const { type, meta, children } = node;
	const value = (child: Node | undefined) => resolved(child!, within);
	switch (type) {
		case "templateWrap":
			return value(children[0]);
		case "template":
			return children.map((child) => textOf(value(child))).join("");
		case "literalValue":
			return literal(meta);
		case "scopeTraversal":
			return traversed(within.scope, meta.traversal, meta.value);
		case "relativeTraversal":
			return traversed(value(children[0]), meta.traversal, meta.value);
		case "index":
			return step(value(children[0]), value(children[1]), meta.value);
		case "tuple":
			return children.map(value);
		case "object":
			return objectOf(children, within);
		case "conditional":
			return value(children[0]) ? value(children[1]) : value(children[2]);
		case "binaryOp":
			if (meta.operator === "equal") return value(children[0]) === value(children[1]);
			if (meta.operator === "notEqual") return value(children[0]) !== value(children[1]);
			break;
		case "for":
			return each(node, within);
		case "function":
			return called(meta, children, value);
	}
	throw new Error(`Not known here: ${type} ${meta?.value ?? ""}`);
}

function textOf(value: Value): string {
	if (typeof value === "string" || typeof value === "number") return `${value}`;
	throw new Error(`This is no text: ${JSON.stringify(value)}`);
}

function literal({ type, value }: Node["meta"]): Value {
	if (type === "string") return value;
	if (type === "number") return Number(value);
	if (value === "null") return null;
	if (value === "true" || value === "false") return value === "true";
	throw new Error(`This literal is not known here: ${value}`);
}

const traversed = (from: Value, steps: readonly { type: string; segment: string }[], text: string): Value =>
	steps.reduce(
		(at, { type, segment }) => step(at, type === "indexTraversal" ? JSON.parse(segment) : segment, text),
		from,
	);

function step(holder: Value, key: string | number, text: string): Value {
	if (typeof holder !== "object" || holder === null || !(key in holder)) {
		throw new Error(`${text} refers to what is not there: ${key}`);
	}
	return holder[key];
}

/** Keys come as nodes without a type: a bare word, which stands for itself, or a template. */
function objectOf(children: readonly Node[], within: Within): Value {
	const made: Record<string, Value> = {};
	for (let at = 0; at < children.length; at += 2) {
		const [key, item] = [children[at]!, children[at + 1]!];
		const word = within.source.slice(key.range.start.byte, key.range.end.byte);
		made[key.children[0] ? resolved(key.children[0], within) : word] = resolved(item, within);
	}
	return made;
}

function each({ meta, children }: Node, within: Within): Value {
	const parts = [...children];
	const collection = resolved(parts.shift()!, within);
	const isMap = meta.openRangeValue === "{";
	const key = isMap ? parts.shift() : undefined;
	const [item, condition] = parts;
	const made: [Value, Value][] = [];
	// A map's keys come in their order, a list's items in theirs.
	const entries = Object.entries(collection);
	if (!Array.isArray(collection)) entries.sort(([one], [other]) => (one < other ? -1 : 1));
	for (const [name, one] of entries) {
		const named = { ...within.scope, ...(meta.keyVar && { [meta.keyVar]: name }), [meta.valVar]: one };
		const inner = { ...within, scope: named };
		if (condition && !resolved(condition, inner)) continue;
		made.push([key && resolved(key, inner), resolved(item!, inner)]);
	}
	if (!isMap) return made.map(([, one]) => one);
	if (new Set(made.map(([name]) => name)).size < made.length) throw new Error(`Two have one key: ${meta.value}`);
	return Object.fromEntries(made);
}

function called({ name, value: text }: Node["meta"], children: readonly Node[], value: (node: Node) => Value): Value {
	switch (name) {
		case "flatten":
			return value(children[0]!).flat(Number.POSITIVE_INFINITY);
		case "distinct": {
			const items: Value[] = value(children[0]!);
			return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
		}
		case "coalesce":
			return children.map(value).find((item) => item !== null && item !== "");
		case "try":
			for (const child of children) {
				try {
					return value(child);
				} catch {
					// The next one.
				}
			}
			break;
		case "startswith": {
			const [text, start] = children.map(value) as [string, string];
			return text.startsWith(start);
		}
		case "split": {
			const [separator, text] = children.map(value) as [string, string];
			return text.split(separator);
		}
		case "basename":
			return (value(children[0]!) as string).split("/").at(-1);
		case "file":
			return readFileSync(value(children[0]!), "utf8");
		case "jsondecode":
			return JSON.parse(value(children[0]!));
		case "merge":
			return Object.assign({}, ...children.map(value));
		case "toset":
			return Object.fromEntries((value(children[0]!) as string[]).map((item) => [item, item]));
	}
	throw new Error(`Not known here: ${text}`);
}
