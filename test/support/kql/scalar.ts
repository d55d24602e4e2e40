// The value of a KQL expression in one row.
// KS1. As Kusto has it: what is null makes a comparison null, which `where` takes for no; a string is never null; a field that
//      JSON has not got is null, and `tostring` makes "" of it. Otherwise: a query passes here and finds nothing there.
//      Times are dates, time spans milliseconds.
// @see https://learn.microsoft.com/kusto/query/scalar-data-types/null-values

import { itemsOf, kindOf, type List, type Node } from "./query.ts";

// biome-ignore lint/suspicious/noExplicitAny: what JSON holds
export type Value = string | number | boolean | Date | null | Record<string, any>;
export type Row = Readonly<Record<string, Value>>;

const argumentsOf = (node: Node): Node[] =>
	itemsOf(node.ArgumentList.Expressions as List<{ Element: Node }>).map(({ Element }) => Element);

export function scalar(node: Node, row: Row, now: Date): Value {
	const value = (part: Node) => scalar(part, row, now);
	switch (kindOf(node)) {
		case "NameReference": {
			const name = node.ToString().trim();
			if (!Object.hasOwn(row, name)) throw new Error(`There is no column ${name}.`);
			return row[name]!;
		}
		case "LiteralExpression":
			return literal(node);
		case "PrefixUnaryExpression":
			if (node.Operator.ToString().trim() !== "-") break;
			return -(value(node.Expression) as number);
		case "ParenthesizedExpression":
			return value(node.Expression);
		case "PathExpression": {
			const holder = value(node.Expression);
			const found = (holder as Record<string, Value> | null)?.[node.Selector.ToString().trim()];
			return found ?? null;
		}
		case "BinaryExpression":
			return binary(
				node.Operator.ToString().trim(),
				() => value(node.Left),
				() => value(node.Right),
				node,
			);
		case "InExpression": {
			const sought = value(node.Left);
			const list = itemsOf(node.Right.Expressions as List<{ Element: Node }>).map(({ Element }) => value(Element));
			const operator = node.Operator.ToString().trim();
			if (operator === "in") return list.includes(sought);
			if (operator === "!in") return !list.includes(sought);
			break;
		}
		case "FunctionCallExpression": {
			const name = node.Name.ToString().trim();
			if (name === "column_ifexists") {
				const [column, otherwise] = argumentsOf(node).map(value);
				return Object.hasOwn(row, column as string) ? row[column as string]! : otherwise!;
			}
			const call = Object.hasOwn(functions, name) ? functions[name] : undefined;
			if (call) return call(argumentsOf(node).map(value), now);
			break;
		}
	}
	throw new Error(`${kindOf(node)} is not known here: ${node.ToString().trim()}`);
}

const spans: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

function literal(node: Node): Value {
	const text = node.ToString().trim();
	const span = /^(\d+)(ms|[dhms])$/.exec(text);
	if (span) return Number(span[1]) * spans[span[2]!]!;
	if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
	if (text === "true" || text === "false") return text === "true";
	if (/^["'].*["']$/s.test(text)) return node.LiteralValue as string;
	throw new Error(`This literal is not known here: ${text}`);
}

function binary(operator: string, left: () => Value, right: () => Value, node: Node): Value {
	const [a, b] = [left(), right()];
	if (operator === "and") return a === false || b === false ? false : a === null || b === null ? null : true;
	if (operator === "or") return a === true || b === true ? true : a === null || b === null ? null : false;
	if (a === null || b === null) return null;
	const compare = (): number => {
		const [x, y] = [a instanceof Date ? a.getTime() : a, b instanceof Date ? b.getTime() : b];
		if (typeof x !== typeof y || typeof x === "object") throw new Error(`These do not compare: ${node.ToString()}`);
		return x < y ? -1 : x > y ? 1 : 0;
	};
	switch (operator) {
		case "==":
			return compare() === 0;
		case "!=":
			return compare() !== 0;
		case "<":
			return compare() < 0;
		case "<=":
			return compare() <= 0;
		case ">":
			return compare() > 0;
		case ">=":
			return compare() >= 0;
		case "=~":
			return String(a).toLowerCase() === String(b).toLowerCase();
		case "startswith":
			return String(a).toLowerCase().startsWith(String(b).toLowerCase());
		case "-":
			return Number(a) - Number(b);
		case "*":
			return Number(a) * Number(b);
		case "/":
			return quotient(a, b, node);
	}
	throw new Error(`The operator ${operator} is not known here.`);
}

/** Kusto divides whole numbers as whole numbers: for a fraction write `1000.0`. */
function quotient(a: Value, b: Value, node: Node): number {
	const whole = (side: Node) => ["int", "long"].includes(side.ResultType.Name);
	const exact = Number(a) / Number(b);
	return whole(node.Left) && whole(node.Right) ? Math.trunc(exact) : exact;
}

const whole = (value: Value): Value =>
	value === null || Number.isNaN(Number(value)) ? null : Math.trunc(Number(value));

const functions: Readonly<Record<string, (given: Value[], now: Date) => Value>> = {
	// A text is never null: the first that is not empty.
	coalesce: (given) => given.find((value) => value !== null && value !== "") ?? given.at(-1)!,
	extract: ([pattern, group, text]) => new RegExp(pattern as string).exec(text as string)?.[group as number] ?? "",
	strcat: (given) => given.map(String).join(""),
	tolower: ([text]) => String(text).toLowerCase(),
	ago: ([span], now) => new Date(now.getTime() - (span as number)),
	now: (_, now) => now,
	bin: ([value, size]) => {
		const floor = (n: number) => Math.floor(n / (size as number)) * (size as number);
		return value instanceof Date ? new Date(floor(value.getTime())) : value === null ? null : floor(value as number);
	},
	isnull: ([value]) => value === null,
	isnotnull: ([value]) => value !== null,
	isempty: ([value]) => value === null || value === "",
	isnotempty: ([value]) => value !== null && value !== "",
	not: ([value]) => (value === null ? null : !value),
	parse_json: ([text]) => {
		try {
			return JSON.parse(text as string);
		} catch {
			// As Kusto: what is no JSON is a string.
			return text!;
		}
	},
	tobool: ([value]) => (typeof value === "boolean" ? value : null),
	toint: ([value]) => whole(value!),
	tolong: ([value]) => whole(value!),
	tostring: ([value]) => (value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value)),
};
