// Runs the few operators of KQL that the alerts and the workbook use, over rows in memory.
// KQ1. What is not known here fails: an operator, a function or an argument that is passed over would let a query of which
//      nobody knows what it finds look tested. Kept by: evaluate.test.ts.
// KQ2. A result has the columns that Microsoft's parser says it has.

import { itemsOf, kindOf, type List, type Node, parsed } from "./query.ts";
import { type Row, scalar, type Value } from "./scalar.ts";
import { aggregate } from "./summarize.ts";

type Table = readonly Row[];

/**
 * @param tables rows by table
 * @param now what `now()` and `ago()` go by
 * @throws Error when the query is not valid, or uses what is not known here
 */
export function run(text: string, tables: Readonly<Record<string, Table>>, now: Date): Row[] {
	const { tree, columns } = parsed(text);
	const named = new Map<string, Table>(Object.entries(tables));
	let result: Table | undefined;
	for (const { Element: statement } of itemsOf(tree.Statements as List<{ Element: Node }>)) {
		if (kindOf(statement) === "LetStatement") {
			named.set(nameIn(statement.Name), tableOf(statement.Expression, named, now));
		} else if (kindOf(statement) === "ExpressionStatement") {
			result = tableOf(statement.Expression, named, now);
		} else throw unknown(statement);
	}
	const names = columns.map(({ name }) => name);
	for (const row of result ?? []) {
		if (Object.keys(row).sort().join() !== [...names].sort().join()) {
			throw new Error(`The columns are ${Object.keys(row)}, and should be ${names}.`);
		}
	}
	return [...(result ?? [])];
}

export const unknown = (node: Node): Error => new Error(`${kindOf(node)} is not known here: ${node.ToString().trim()}`);

const nameIn = (node: Node): string => node.ToString().trim();

const elements = (list: List<{ Element: Node }>): Node[] => itemsOf(list).map(({ Element }) => Element);

function tableOf(node: Node, tables: ReadonlyMap<string, Table>, now: Date): Table {
	if (kindOf(node) === "NameReference") {
		const table = tables.get(nameIn(node));
		if (!table) throw unknown(node);
		return table;
	}
	if (kindOf(node) === "ParenthesizedExpression") return tableOf(node.Expression, tables, now);
	if (kindOf(node) === "UnionOperator") return united(node, tables, now);
	if (kindOf(node) !== "PipeExpression") throw unknown(node);
	const rows = tableOf(node.Expression, tables, now);
	if (kindOf(node.Operator) === "LookupOperator") return lookedUp(node.Operator, rows, tables, now);
	return operated(node.Operator, rows, now);
}

/** Adds the columns of the one row with the same key; where there is none, a text is empty and anything else null. */
function lookedUp(operator: Node, rows: Table, tables: ReadonlyMap<string, Table>, now: Date): Table {
	const parameters = itemsOf(operator.Parameters as List<Node>).map((node) => node.ToString().replaceAll(/\s/g, ""));
	const [key, ...more] = elements(operator.LookupClause.Expressions).map(nameIn);
	if (parameters.join() !== "kind=leftouter" || key === undefined || more.length > 0) throw unknown(operator);
	const others = tableOf(operator.Expression, tables, now);
	const columns = itemsOf(operator.Expression.ResultType.Columns as List<{ Name: string; Type: { Name: string } }>);
	const nothing = Object.fromEntries(columns.map(({ Name, Type }) => [Name, Type.Name === "string" ? "" : null]));
	return rows.map((row) => {
		const found = others.filter((other) => other[key] === row[key]);
		if (found.length > 1) throw new Error(`Two rows have the key ${key} ${row[key]}.`);
		return { ...nothing, ...found[0], ...row };
	});
}

/** Of tables with the same columns; a fuzzy one passes over a table that is not there. */
function united(operator: Node, tables: ReadonlyMap<string, Table>, now: Date): Table {
	const parameters = itemsOf(operator.Parameters as List<Node>).map((node) => node.ToString().replaceAll(/\s/g, ""));
	if (parameters.join() !== "isfuzzy=true") throw unknown(operator);
	const parts = elements(operator.Expressions).map((part) => {
		const [from] = /\b[A-Z]\w+/.exec(part.ToString()) ?? [];
		return from !== undefined && tables.has(from) ? tableOf(part, tables, now) : [];
	});
	const shapes = new Set(parts.flat().map((row) => Object.keys(row).join()));
	if (shapes.size > 1) throw new Error(`Its tables differ in columns: ${[...shapes].join(" and ")}`);
	return parts.flat();
}

function operated(operator: Node, rows: Table, now: Date): Table {
	const value = (expression: Node, row: Row) => scalar(expression, row, now);
	switch (kindOf(operator)) {
		case "FilterOperator":
			return rows.filter((row) => value(operator.Condition, row) === true);
		case "ExtendOperator":
			return rows.map((row) => ({ ...row, ...columnsOf(operator.Expressions, row, value) }));
		case "ProjectOperator":
			return rows.map((row) => columnsOf(operator.Expressions, row, value));
		case "SummarizeOperator":
			return summarized(operator, rows, value);
		case "SortOperator":
			return sorted(operator, rows, value);
		default:
			throw unknown(operator);
	}
}

type Evaluate = (expression: Node, row: Row) => Value;

function columnsOf(list: List<{ Element: Node }>, row: Row, value: Evaluate): Row {
	return Object.fromEntries(elements(list).map((node) => [columnName(node), value(expressionIn(node), row)]));
}

const isNamed = (node: Node) => kindOf(node) === "SimpleNamedExpression";
const expressionIn = (node: Node): Node => (isNamed(node) ? node.Expression : node);

/** Of an expression without a name: a column's own name, and a bin's column's. */
function columnName(node: Node): string {
	if (isNamed(node)) return nameIn(node.Name);
	if (kindOf(node) === "NameReference") return nameIn(node);
	if (kindOf(node) === "FunctionCallExpression" && nameIn(node.Name) === "bin") {
		return columnName(elements(node.ArgumentList.Expressions)[0]!);
	}
	throw new Error(`Give it a name: ${node.ToString().trim()}`);
}

function summarized(operator: Node, rows: Table, value: Evaluate): Table {
	const keys = operator.ByClause ? elements(operator.ByClause.Expressions) : [];
	const groups = new Map<string, { key: Row; rows: Row[] }>();
	// Without a key there is one group, even of nothing.
	if (keys.length === 0) groups.set("", { key: {}, rows: [...rows] });
	else {
		for (const row of rows) {
			const key = Object.fromEntries(keys.map((node) => [columnName(node), value(expressionIn(node), row)]));
			const id = JSON.stringify(key);
			const group = groups.get(id) ?? { key, rows: [] };
			group.rows.push(row);
			groups.set(id, group);
		}
	}
	const aggregates = elements(operator.Aggregates);
	return [...groups.values()].map(({ key, rows }) => {
		const columns = aggregates.map((node) =>
			aggregate(expressionIn(node), isNamed(node) ? nameIn(node.Name) : undefined, rows, value),
		);
		return Object.assign({}, key, ...columns);
	});
}

function sorted(operator: Node, rows: Table, value: Evaluate): Table {
	const keys = elements(operator.Expressions).map((node) => {
		if (kindOf(node) !== "OrderedExpression") throw new Error(`Say asc or desc: ${node.ToString().trim()}`);
		return { expression: node.Expression as Node, sign: /\bdesc\b/.test(node.Ordering.ToString()) ? -1 : 1 };
	});
	const place = (v: Value) => (v instanceof Date ? v.getTime() : (v ?? Number.NEGATIVE_INFINITY)) as number | string;
	return [...rows].sort((a, b) => {
		for (const { expression, sign } of keys) {
			const [one, other] = [place(value(expression, a)), place(value(expression, b))];
			if (one !== other) return one < other ? -sign : sign;
		}
		return 0;
	});
}
