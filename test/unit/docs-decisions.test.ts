// Every decision says how it stands, since when, and what was turned down for which reason.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";

const folder = join(import.meta.dirname, "..", "..", "docs", "adr");
const pages = readdirSync(folder).sort();
const numberOf = (page: string) => Number(page.slice(0, 4));

/** @returns what is wrong with a page's form */
function faultsOf(page: string, text: string): string[] {
	const [title = "", blank, status = "", ...rest] = text.split("\n");
	const faults: string[] = [];
	if (!title.startsWith(`# ${numberOf(page)}. `) || blank !== "") faults.push("title");
	const [, superseding, date] =
		/^Status: (?:accepted|superseded by \[(\d+)\]\(\d{4}-[\w-]+\.md\)), (\d{4}-\d\d-\d\d)$/.exec(status) ?? [];
	if (date === undefined || Number.isNaN(Date.parse(date))) faults.push("status");
	if (superseding !== undefined && !pages.some((one) => numberOf(one) === Number(superseding)))
		faults.push("successor");
	const [, section = ""] = rest.join("\n").split("\n## Alternatives that were turned down\n");
	const items = section.split(/\n## /)[0]!.split(/^- /m).slice(1);
	if (items.length === 0) faults.push("alternatives");
	// What it was, a colon, why not.
	for (const item of items) if (!/^[^:]{3,}: \S/s.test(item)) faults.push(`no reason: ${item.slice(0, 40)}`);
	return faults;
}

test("decisions are numbered without a gap, and each number is one decision", () => {
	expect(pages.map(numberOf)).toEqual(pages.map((_, index) => index + 1));
});

describe("a decision", () => {
	test.each(pages)("%s has a title, a status with its date, and alternatives with their reasons", (page) => {
		expect(faultsOf(page, readFileSync(join(folder, page), "utf8").replaceAll("\r\n", "\n"))).toEqual([]);
	});

	const right =
		"# 1. So\n\nStatus: accepted, 2026-11-23\n\n**Facts.** Some.\n\n## Alternatives that were turned down\n- Other: slow.\n";
	test.each([
		["as it should be", right, []],
		["superseded", right.replace("accepted", "superseded by [2](0002-the-switch-is-one-activity.md)"), []],
		["superseded by one that is not there", right.replace("accepted", "superseded by [99](0099-x.md)"), ["successor"]],
		["without a status", right.replace("Status: accepted, 2026-11-23", "**Facts.**"), ["status"]],
		["with no date of the calendar", right.replace("11-23", "13-23"), ["status"]],
		["with another number than its file", right.replace("# 1.", "# 2."), ["title"]],
		["without alternatives", right.replace("- Other: slow.\n", "None.\n"), ["alternatives"]],
		["with an alternative without a reason", right.replace("Other: slow.", "Other."), ["no reason: Other.\n"]],
	])("%s is told right", (_, text, faults) => {
		expect(faultsOf("0001-x.md", text)).toEqual(faults);
	});
});
