// KQL as Microsoft's own parser reads it: syntax, and names and types against the tables that Log Analytics has.

import { createRequire } from "node:module";

/** A node of the parser's tree, as far as evaluate.ts looks at it. */
export interface Node {
	readonly constructor: { readonly $$name: string };
	readonly ChildCount: number;
	GetChild(index: number): Node | null;
	ToString(): string;
	// biome-ignore lint/suspicious/noExplicitAny: each class of node has its own parts; an unknown one fails the evaluation
	readonly [part: string]: any;
}

export interface List<T> {
	readonly Count: number;
	getItem(index: number): T;
}

export interface Query {
	readonly tree: Node;
	/** Of the result, with the parser's names of types. */
	readonly columns: readonly { readonly name: string; readonly type: string }[];
}

const require = createRequire(import.meta.url);
// The package is a translation from C# that puts itself into the global object.
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");
// biome-ignore lint/suspicious/noExplicitAny: its declarations describe a global namespace, 60,000 lines of it
const { KustoCode, GlobalState, Symbols } = (globalThis as any).Kusto.Language;

/**
 * The columns that the queries may use. AzureDiagnostics has a column for whatever has been logged: what is not here, a query must ask
 * for by column_ifexists.
 * @see https://learn.microsoft.com/azure/azure-monitor/reference/tables/apptraces and .../azkvauditlogs
 */
const tables = {
	AzureDiagnostics: "(TimeGenerated: datetime, ResourceProvider: string, OperationName: string)",
	AZKVAuditLogs:
		"(TimeGenerated: datetime, OperationName: string, Id: string, HttpStatusCode: int, Identity: dynamic, CallerIpAddress: string)",
	AppTraces: "(TimeGenerated: datetime, Message: string, AppRoleName: string, SeverityLevel: int, Properties: dynamic)",
};

const globals = GlobalState.Default.WithDatabase(
	new Symbols.DatabaseSymbol.ctor(
		"workspace",
		Object.entries(tables).map(([name, columns]) => new Symbols.TableSymbol.$ctor7(name, columns, null)),
	),
);

/** `PipeExpression`, `FilterOperator`, ... */
export const kindOf = (node: Node): string => node.constructor.$$name.replace(/^.*\./, "");

export const itemsOf = <T>(list: List<T>): T[] => Array.from({ length: list.Count }, (_, index) => list.getItem(index));

/** Parsing takes a tenth of a second, and tests run one query over many samples. */
const known = new Map<string, Query>();

/** @throws Error with the parser's words, when it is not valid KQL or names what is not there */
export function parsed(text: string): Query {
	const query = known.get(text) ?? analysed(text);
	known.set(text, query);
	return query;
}

function analysed(text: string): Query {
	const code = KustoCode.ParseAndAnalyze(text, globals);
	const flaws = itemsOf(code.GetDiagnostics() as List<{ Message: string; Start: number; Severity: string }>);
	if (flaws.length > 0) {
		const said = flaws.map(({ Message, Start }) => `line ${text.slice(0, Start).split("\n").length}: ${Message}`);
		throw new Error(`Not a valid query: ${said.join(" ")}`);
	}
	const columns = itemsOf(code.ResultType.Columns as List<{ Name: string; Type: { Name: string } }>);
	return { tree: code.Syntax, columns: columns.map(({ Name, Type }) => ({ name: Name, type: Type.Name })) };
}
