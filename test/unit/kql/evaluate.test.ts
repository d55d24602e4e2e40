import { describe, expect, test } from "@jest/globals";
import { run } from "../../support/kql/evaluate.ts";

const now = new Date("2026-11-27T12:00:00Z");
const at = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const row = (Message: string, hours: number) => ({
	TimeGenerated: at(hours),
	Message,
	AppRoleName: "a",
	SeverityLevel: 1,
	Properties: {},
});
const rows = [row('{"n":1,"s":"x"}', 3), row('{"n":2,"s":"x"}', 2), row('{"s":"y"}', 1)];
const answer = (text: string, given = rows) => run(text, { AppTraces: given }, now);
const parsedRows =
	"let r = AppTraces | extend j = parse_json(Message) | project At = TimeGenerated, n = toint(j.n), s = tostring(j.s), q = tostring(j.q);\n";

describe("answers as Kusto does", () => {
	test.each<[string, string, object[]]>([
		["a field that is not there is null as a number", "r | where isnull(n) | project s", [{ s: "y" }]],
		["and empty as text", "r | where isempty(q) and isnotempty(s) | summarize rows = count()", [{ rows: 3 }]],
		["null is neither less nor more", "r | where n < 5 or n >= 5 | summarize rows = count()", [{ rows: 2 }]],
		["nor is its opposite true", "r | where not(n < 5) | summarize rows = count()", [{ rows: 0 }]],
		["and binds closer than or", 'r | where s == "y" or s == "x" and n == 1 | project s', [{ s: "x" }, { s: "y" }]],
		["== tells case apart", 'r | where s == "X" | project s', []],
		["=~ does not", 'r | where s =~ "Y" | project s', [{ s: "y" }]],
		[
			"arg_max takes the latest of each",
			"r | summarize arg_max(At, n) by s | project s, n",
			[
				{ s: "x", n: 2 },
				{ s: "y", n: null },
			],
		],
		["a summary of nothing by something is nothing", 'r | where s == "z" | summarize rows = count() by s', []],
		["a summary of nothing is one row", 'r | where s == "z" | summarize latestAt = max(At)', [{ latestAt: null }]],
		[
			"whole numbers divide to whole ones",
			"r | where n == 1 | project half = n / 2, exact = n / 2.0",
			[{ half: 0, exact: 0.5 }],
		],
		["ago and bin", "r | where At > ago(90m) | project day = bin(At, 1d)", [{ day: new Date("2026-11-27T00:00:00Z") }]],
	])("%s", (_, query, expected) => {
		expect(answer(parsedRows + query)).toEqual(expected);
	});
});

describe("refuses", () => {
	test.each([
		["an operator that it does not know", "AppTraces | take 1", "TakeOperator"],
		["a function that it does not know", "AppTraces | extend x = strlen(Message)", "strlen"],
		["an aggregate that it does not know", "AppTraces | summarize x = dcount(Message)", "dcount"],
		["an operator of values that it does not know", 'AppTraces | where Message has "x"', "has"],
		["a column that is not there", "AppTraces | where Massage == 1", "Massage"],
		["a table that is not there", "AppTrace | count", "AppTrace"],
		["values that do not compare", 'AppTraces | where TimeGenerated == "today"', ""],
		["what is no query", "AppTraces | were true", "Query operator expected"],
		["a keyword as a column's name", "AppTraces | extend kind = 1", "kind"],
	])("%s", (_, query, named) => {
		expect(() => answer(query)).toThrow(named);
	});

	test("a choice between two rows that are equally late and differ", () => {
		const twins = [row('{"s":"x","n":1}', 1), row('{"s":"x","n":2}', 1)];
		expect(() => answer(`${parsedRows}r | summarize arg_max(At, n) by s`, twins)).toThrow("equally late");
	});
});
