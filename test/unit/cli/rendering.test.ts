// What is written for people: on a terminal of 80 and of 160 columns, into a pipe, and with hostile texts in it.

import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "@jest/globals";
import type { Rotation } from "../../../src/cli/rotator/answers.ts";
import { csv } from "../../../src/cli/rotator/csv.ts";
import { clipped, folded } from "../../../src/cli/rotator/fold.ts";
import { jsonText } from "../../../src/cli/rotator/say.ts";
import { type Column, table } from "../../../src/cli/rotator/table.ts";
import { cutEnd, cutMiddle, lookOf, widthOf } from "../../../src/cli/rotator/terminal.ts";
import { changesBetween } from "../../../src/cli/rotator/watch/changes.ts";
import { treeOf } from "../../../src/cli/rotator/watch/tree.ts";
import * as rotations from "./support/rotations.ts";

const look = (columns?: number, env: Record<string, string> = {}) =>
	lookOf(
		{ write: () => {}, ...(columns !== undefined && { isTTY: true, columns }) },
		{ LANG: "C.UTF-8", NO_COLOR: "1", ...env },
		"linux",
	);

interface Row {
	readonly name: string;
	readonly state: string;
	readonly text: string;
	readonly extra: string;
}
const columns: readonly Column<Row>[] = [
	{ title: "NAME", of: ({ name }) => name, least: 16 },
	{ title: "STATE", of: ({ state }) => state },
	{ title: "TEXT", of: ({ text }) => text, least: 10, cut: "end" },
	{ title: "EXTRA", of: ({ extra }) => extra, spare: 1 },
];
const long = "payments-eu-west-1-".padEnd(110, "x").concat("-password");
const rows: Row[] = [
	{ name: long, state: "drifted", text: "a sentence of some length that nobody needs whole", extra: "e".repeat(30) },
	{ name: "db-password", state: "healthy", text: "", extra: "e" },
];

describe.each([80, 160])("a table on a terminal of %d columns", (width) => {
	const lines = table(columns, rows, look(width)).trimEnd().split("\n");

	test("has one line for each row, none of them wider", () => {
		expect(lines).toHaveLength(rows.length + 1);
		for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
	});

	test("shows both ends of a name that is too long, and short ones whole", () => {
		expect(lines[1]).toMatch(/^payments-eu-.*….*-password /);
		expect(lines[2]).toMatch(/^db-password +healthy/);
	});
});

test("where there is little room, what matters least is left out first", () => {
	expect(table(columns, rows, look(60))).not.toContain("EXTRA");
	expect(table(columns, rows, look(160))).toContain("EXTRA");
});

test("what is needed to go on stands whole below its row where there is no room", () => {
	const id: Column<Row> = {
		title: "ID",
		of: ({ name }) => `${name}.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3`,
		spare: 2,
		below: true,
	};
	const lines = table([...columns, id], [rows[1]!], look(60))
		.trimEnd()
		.split("\n");
	expect(lines).toHaveLength(3);
	expect(lines[2]).toBe("    id db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3");
	expect(
		table([...columns, id], [rows[1]!], look(160))
			.trimEnd()
			.split("\n"),
	).toHaveLength(2);
});

test("into a pipe nothing is cut or left out", () => {
	const text = table(columns, rows, look());
	for (const { name, text: sentence, extra } of rows)
		for (const cell of [name, sentence, extra]) expect(text).toContain(cell);
});

test("wide characters count twice, so that columns stay straight", () => {
	expect([widthOf("abc"), widthOf("日本"), widthOf("👩‍👩‍👧"), widthOf("é")]).toEqual([3, 4, 2, 1]);
	expect(cutMiddle("日本語日本語", 7, "…")).toBe("日…語");
	expect(cutEnd("日本語日本語", 6, "…")).toBe("日本…");
});

const hostile = "\u001b]0;owned\u0007\u001b[2K\r\nok\u202e\u009b31m";

test("no text of the server's steers the terminal: not in a table, a tree, a line, CSV or JSON", () => {
	const bad: Rotation = {
		...rotations.undelivered,
		reason: hostile,
		now: hostile,
		warnings: [{ code: hostile, message: hostile, next: hostile }],
		steps: [{ name: hostile, ms: 1, failedTries: 1, lastCode: hostile }],
		retrying: { code: hostile, message: hostile, next: hostile, step: hostile, attempt: 1, nextTryAt: hostile },
		consumers: [
			{
				workload: hostile,
				delivered: false,
				pods: [{ pod: hostile, ready: true, proved: false, detail: hostile }],
				now: hostile,
			},
		],
		plan: {
			versions: [{ secret: hostile, live: hostile, replaced: true }],
			roles: [{ server: hostile, role: hostile }],
			workloads: [{ workload: hostile }],
			checks: [{ check: hostile, result: "refused", code: hostile, message: hostile }],
		},
	};
	const row = { name: hostile, state: hostile, text: hostile, extra: hostile };
	const texts = [
		...treeOf(bad, look(80), new Date()),
		...changesBetween(undefined, bad),
		...table(columns, [row], look(80)).trimEnd().split("\n"),
		...csv(columns, [row]).trimEnd().split("\r\n"),
		jsonText(bad).trimEnd(),
	];
	expect(texts.length).toBeGreaterThan(20);
	for (const text of texts) expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
	expect(JSON.parse(jsonText(bad, 2))).toMatchObject({ reason: hostile });
});

test("a cell of the CSV that would be a formula is a text; numbers stay numbers", () => {
	const row = (name: string) => csv([columns[0]!], [{ ...rows[1]!, name }]).split("\r\n")[1];
	expect(["=1+1", "+1", "@SUM(A1)", "-x", " =1", "-12", 'a,"b"', "\uff1d1", "INC-1; =1;+2;x"].map(row)).toEqual([
		"'=1+1",
		"'+1",
		"'@SUM(A1)",
		"'-x",
		"' =1",
		"-12",
		'"a,""b"""',
		"'\uff1d1",
		"INC-1;' =1;'+2;x",
	]);
});

const tree = (rotation: Rotation) => treeOf(rotation, look(120), new Date("2026-11-30T06:00:42.000Z")).join("\n");

test("the tree of what runs says who asked and why, what is done, and what goes on", () => {
	expect(tree(rotations.delivering).split("\n")).toEqual([
		`db-password  rotate  ${rotations.id}`,
		"  asked by operator 0b1ec700-0000-4000-8000-0000000000aa at 2026-11-30 06:00:00Z: INC-4711",
		"✓ plan                      0.4 s",
		"✓ createSecret               12 s",
		"✓ switch                    0.9 s  after 2 failed tries (server-unreachable)",
		"● Deployment titanic-api/titanic-api: under way, 1 of 2 pods prove it",
		"  ├ ✓ titanic-api-1 proves 01234567, by start",
		"  └ ○ titanic-api-2 is not ready: its copy is old",
		"● Waiting for the pods  (42 s so far)",
	]);
});

test("the tree says of what runs for longer than it should that it does", () => {
	expect(tree({ ...rotations.delivering, long: true })).toContain("(42 s so far, longer than expected)");
});

test("what is being retried is told with why, when next, and what to do", () => {
	expect(tree(rotations.retrying)).toContain("switch has failed 2 times; next try 2026-11-30 06:01:00Z");
	expect(tree(rotations.retrying)).toContain("next: Check the firewall.");
});

test("what ended badly says what is wrong and what to do; what ended well says what is live", () => {
	expect(tree(rotations.undelivered)).toContain("published-not-delivered (rollout-failed) in 1 min 30 s");
	expect(tree(rotations.undelivered)).toMatch(
		/problem: The rollout has failed\. \(rollout-failed\)\n {4}next: See the pods\./,
	);
	expect(tree(rotations.completed)).toContain(`live: ${rotations.live}, before: ${rotations.before}`);
});

test("a plan is shown with what it touches, and each check with its result", () => {
	expect(tree(rotations.planned)).toContain("db-password: gets a new version (live: 01234567)");
	expect(tree(rotations.planned)).toContain(`live: ${rotations.live}`);
	expect(tree(rotations.planned)).toContain("2 pods replaced, requests may fail for 0 s");
	expect(tree(rotations.planned)).toContain("● no session is left: One is. (role-in-use)");
});

test("where nothing can be drawn over, a dry run's plan is told too, check by check", () => {
	const lines = changesBetween(undefined, rotations.planned);
	expect(lines).toEqual(
		expect.arrayContaining([
			"plan: db-password gets a new version",
			"plan: Deployment titanic-api/titanic-api: 2 pods replaced, requests may fail for 0 s",
			"plan: warned: no session is left: One is. (role-in-use)",
		]),
	);
});

test("without a locale in UTF-8 all signs are ASCII", () => {
	const plain = treeOf(rotations.delivering, look(80, { LANG: "C", LC_ALL: "" }), new Date());
	expect(plain.join("\n")).not.toMatch(/[^\x20-\x7e\n]/);
});

test("lines tell each change once", () => {
	const stages = [
		rotations.waiting,
		rotations.switching,
		rotations.switching,
		rotations.delivering,
		rotations.completed,
	];
	const lines = stages.flatMap((stage, at) => changesBetween(stages[at - 1], stage));
	expect(lines).toEqual([
		`rotate of db-password, ${rotations.id}`,
		"waiting to begin",
		"plan done in 0.4 s",
		"createSecret done in 12 s",
		"Setting the password in the database",
		"switch done in 0.9 s, 2 tries failed (server-unreachable)",
		"Waiting for the pods",
		"Deployment titanic-api/titanic-api: pod titanic-api-1 proves 01234567",
		"Deployment titanic-api/titanic-api: pod titanic-api-2 proves 01234567",
		"Deployment titanic-api/titanic-api: delivered",
		`completed (near-expiry), live version ${rotations.live}`,
	]);
});

test("a long line is broken at its words, with its colours and further in; one that is drawn over is cut", () => {
	const line = `  \u001b[31mproblem\u001b[39m: ${"word ".repeat(12).trim()}`;
	const lines = folded(line, 40);
	expect(lines.map((one) => widthOf(stripVTControlCharacters(one))).every((width) => width <= 40)).toBe(true);
	expect(lines.slice(1).every((one) => one.startsWith("      word"))).toBe(true);
	expect(lines.map((one) => one.trim()).join(" ")).toBe(line.trim());
	const cut = clipped(line, 40, "…");
	expect(widthOf(stripVTControlCharacters(cut))).toBeLessThanOrEqual(40);
	expect(cut).toMatch(/word …$/);
	expect(clipped("short", 40, "…")).toBe("short");
});
