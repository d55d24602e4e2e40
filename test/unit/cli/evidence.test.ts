// Evidence in each of its forms, with texts in it that somebody has chosen to do harm.

import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "@jest/globals";
import type { Evidence } from "../../../src/cli/rotator/answers.ts";
import { htmlOf } from "../../../src/cli/rotator/evidence/html.ts";
import { startApp } from "./support/app.ts";
import { type Given, ran } from "./support/terminal.ts";

const hostile = "<script>alert('x')</script>\u202e";
const at = "2026-11-03T06:00:00.000Z";
const run: Evidence["evidence"]["rotations"][number] = {
	...{ rotationId: "db-password.1", secret: "db-password", kind: "rotate", policyClass: "database" },
	...{ requestedAt: at, by: "operator", who: "alice", reason: `=HYPERLINK("http://x") ${hostile}` },
	...{ due: at, deadline: at, done: at, late: true, version: "v2", endedAt: at, code: "forced" },
	...{ proof: [{ workload: "Deployment api/api", at, record: 9 }], records: { first: 1, last: 12, count: 12 } },
};
const evidence: Evidence = {
	evidence: {
		head: {
			...{
				asOf: "2026-11-06T00:00:00.000Z",
				period: { from: "2026-11-01T00:00:00.000Z", to: "2026-11-06T00:00:00.000Z" },
			},
			...{ scope: { vaults: ["main"], secrets: 1 }, tool: "titanic-secret-rotator", version: "0.1.0", rows: 4 },
			configHash: "c".repeat(64),
			log: { name: "https://a/audit", verdict: "whole", records: 12, last: { seq: 12, hash: "d".repeat(64) } },
		},
		classes: [
			{
				...{ policyClass: "database", rationale: "Pods share it.", riskAnalysis: "TRA-7 of 2026-01-10", maxDays: 90 },
				...{ secrets: 1, overdue: 1, rotations: 1, late: 1 },
			},
		],
		population: {
			...{ sweptAt: at, reportDigest: "e".repeat(64), onLog: true },
			vaults: [{ vault: "main", at, listed: 3, managed: 1, pending: 1, unmanaged: 1, others: 0 }],
			unmanaged: [{ vault: "main", secret: "old-key", rotation: `\t=1+1${hostile}` }],
		},
		exemptions: [
			{
				...{ vault: "main", secret: "legacy-key", owner: "@SUM(1)", reason: "+1-1", until: "2026-11-04T00:00:00Z" },
				...{ ended: true, managed: false },
			},
		],
		secrets: [
			{
				...{ secret: "db-password", vault: "main", name: "db-password", policyClass: "database", rotateEveryDays: 80 },
				...{ last: at, next: at, state: "due", overdue: true, lateRotations: 1, drift: ["made-by-hand"] },
			},
		],
		rotations: [run, { ...run, rotationId: "db-password.2", late: false, breakGlass: true, reason: "-2+3" }],
		breakGlass: ["db-password.2"],
		trend: [],
	},
	producedAt: "2026-11-08T06:00:00.000Z",
};

async function against(args: readonly string[], given: Given = {}) {
	await using app = await startApp({ showEvidence: () => ({ status: 200, body: evidence }) });
	const result = await ran(["compliance", ...args], { ...given, env: { ROTATOR_URL: app.url, ...given.env } });
	return { ...result, asked: app.asked };
}

test("a day and a period are asked for; the JSON is what the app has answered", async () => {
	const days = ["--as-of", "2026-11-05", "--from", "2026-11-01", "--to", "2026-11-05"];
	const { stdout, asked, code } = await against([...days, "--format", "json"]);
	expect(code).toBe(0);
	expect(JSON.parse(stdout)).toEqual(evidence);
	expect(asked).toMatchObject([
		{ id: "showEvidence", query: { asOf: "2026-11-05", from: "2026-11-01", to: "2026-11-05" } },
	]);
});

test("a sheet has a row for each secret, run, exemption and stranger, and no cell is a formula", async () => {
	const { stdout } = await against(["-o", "csv"]);
	const lines = stdout.trimEnd().split("\r\n");
	expect(lines).toHaveLength(6);
	expect(lines.map((line) => line.split(",")[0])).toEqual([
		...["row", "secret", "rotation", "rotation", "exemption", "not managed"],
	]);
	for (const cell of lines.flatMap((line) => line.split(","))) expect(cell).not.toMatch(/^"?[=+\-@\t\r]/);
	expect(stdout).toContain(`"'=HYPERLINK(""http://x"")`);
	expect(stdout).toContain("'@SUM(1)");
	expect(stdout).toContain("'-2+3");
});

describe.each([80, 160])("on a terminal of %d columns", (columns) => {
	test("each line fits, and what is wrong is said", async () => {
		const { stdout } = await against(["--as-of", "2026-11-05"], { columns });
		for (const line of stripVTControlCharacters(stdout).split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
		for (const wrong of ["overdue: db-password", "not managed: old-key in main", "past an approval: db-password.2"])
			expect(stdout).toContain(wrong);
		expect(stdout).toContain("exemption has ended: legacy-key in main");
		expect(stdout).toContain("no: no key is set");
		expect(stdout).toContain("late");
	});
});

describe("the page", () => {
	const page = htmlOf(evidence);

	test("runs nothing, loads nothing, and shows hostile texts as texts", () => {
		expect(page).not.toContain("<script");
		expect(page).toContain("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
		expect(page).not.toContain("\u202e");
		expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'`);
		expect(page.match(/(?:src|href)=/g)).toBeNull();
	});

	test("says what is bad in words, and that it is not signed", () => {
		for (const word of ["late", "ended", "break-glass", "overdue, 1 late, made-by-hand", "not signed: no key is set"])
			expect(page).toContain(`class="bad">${word}`);
	});

	test("prints: on paper heads of tables are repeated, and rows stay whole", () => {
		expect(page).toMatch(
			/@media print \{[^@]*thead \{ display: table-header-group; \}[^@]*tr, dl \{ break-inside: avoid; \}/,
		);
	});
});
