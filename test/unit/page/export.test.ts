import { expect, test } from "@jest/globals";
import { csvOf } from "../../../src/page/export.ts";

const report = (secret: string, dueInDays = 3) => ({
	secrets: [{ secret, state: "due" as const, action: "none" as const, dueInDays }],
});
const cellOf = (text: string): string => csvOf(report(text)).split("\r\n")[1]!.split(",due,")[0]!;

test.each([...["=1+1", "+1", "-1+1", "@SUM(A1)", "  =1", "\t1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]])(
	"%j is a text, not a formula",
	(text) => {
		expect(cellOf(text)).toBe(`'${text}`);
	},
);

test("a formula behind what other countries' spreadsheets take for the end of a cell is a text", () => {
	expect(cellOf("a;=1; @b")).toBe("a;'=1;' @b");
	expect(cellOf("\r=1")).toBe('"\'\r=1"');
});

test("a number stays one, a comma and a quote stay in their cell", () => {
	expect(csvOf(report("a", -2)).split("\r\n")[1]).toContain(",-2,");
	expect(cellOf('a,"b"')).toBe('"a,""b"""');
});
