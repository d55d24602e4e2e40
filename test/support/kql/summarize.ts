// What `summarize` makes of the rows of one group.
// KA1. Of two rows that are equally late, Kusto's `arg_max` takes either. So one that would make a difference fails here.

import { itemsOf, kindOf, type List, type Node } from "./query.ts";
import type { Row, Value } from "./scalar.ts";

type Evaluate = (expression: Node, row: Row) => Value;

/**
 * @param name that the query gives the column; `arg_max` names its columns itself
 * @returns the aggregate's columns
 */
export function aggregate(node: Node, name: string | undefined, rows: readonly Row[], value: Evaluate): Row {
	if (kindOf(node) !== "FunctionCallExpression") throw unknown(node);
	const called = node.Name.ToString().trim();
	const given = itemsOf(node.ArgumentList.Expressions as List<{ Element: Node }>).map(({ Element }) => Element);
	if (called === "arg_max") {
		if (name !== undefined) throw unknown(node);
		return latest(given, rows, value);
	}
	if (name === undefined) throw new Error(`Give it a name: ${node.ToString().trim()}`);
	const values = () => rows.map((row) => value(given[0]!, row)).filter((found) => found !== null);
	switch (called) {
		case "count":
			return { [name]: rows.length };
		case "countif":
			return { [name]: rows.filter((row) => value(given[0]!, row) === true).length };
		case "max":
			return { [name]: values().reduce<Value>((most, one) => (most === null || one! > most ? one! : most), null) };
		case "avg": {
			const numbers = values() as number[];
			return { [name]: numbers.length === 0 ? null : numbers.reduce((sum, one) => sum + one, 0) / numbers.length };
		}
	}
	throw unknown(node);
}

function latest(given: readonly Node[], rows: readonly Row[], value: Evaluate): Row {
	const [by, ...others] = given as [Node, ...Node[]];
	const columns = (row: Row): Row =>
		Object.fromEntries(given.map((column) => [column.ToString().trim(), value(column, row)]));
	let found: { at: Value; columns: Row } | undefined;
	for (const row of rows) {
		const at = value(by, row);
		if (at === null) continue;
		if (found && +at === +found.at! && JSON.stringify(columns(row)) !== JSON.stringify(found.columns)) {
			throw new Error(`Two rows are equally late, and differ: ${JSON.stringify([columns(row), found.columns])}`);
		}
		if (!found || at > found.at!) found = { at, columns: columns(row) };
	}
	const nothing = (column: Node) => [column.ToString().trim(), column.ResultType.Name === "string" ? "" : null];
	return found?.columns ?? Object.fromEntries([by, ...others].map(nothing));
}

const unknown = (node: Node) => new Error(`This aggregate is not known here: ${node.ToString().trim()}`);
