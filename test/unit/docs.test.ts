// The documents are held to the code: what they link to exists, what they tell to run can be run, and what can end is there.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { Outcome } from "../../src/lib/domain/codes.ts";
import { version } from "../../src/lib/domain/version.ts";

const root = join(import.meta.dirname, "..", "..");
const pages = [
	...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", join("examples", "titanic-api", "README.md")],
	...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".md"))
		.map((file) => join("docs", file)),
	...["local", "packages"].flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
			.filter((file) => file.endsWith("README.md"))
			.map((file) => join(folder, file)),
	),
];
const textOf = (page: string) => readFileSync(join(root, page), "utf8");
const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };

describe.each(pages)("%s", (page) => {
	const text = textOf(page);

	test("links only to what is there", () => {
		const targets = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
		const missing = targets.filter((target) => !existsSync(join(root, normalize(join(dirname(page), target)))));
		expect(missing).toEqual([]);
	});

	test("tells to run only scripts that there are", () => {
		const told = [...text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, script]) => script!);
		expect(told.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
	});

	test("names only source files that there are", () => {
		const named = [...text.matchAll(/`((?:src|local|packages|test|examples)\/[\w./-]+(?:\.\w+|\/))`/g)].map(
			([, file]) => file!,
		);
		expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
	});
});

test("the runbook says of every outcome what to do", () => {
	/** An outcome without a row here does not compile. */
	const outcomes: Record<Outcome, true> = {
		completed: true,
		skipped: true,
		planned: true,
		refused: true,
		cancelled: true,
		compensated: true,
		"published-not-delivered": true,
		interrupted: true,
	};
	const rows = textOf("docs/runbook.md");
	for (const outcome of Object.keys(outcomes)) expect(rows).toContain(`| \`${outcome}\` |`);
});

test("the changelog's newest version is the package's, and each has its day", () => {
	const headings = textOf("CHANGELOG.md")
		.split("\n")
		.filter((line) => line.startsWith("## "));
	expect(headings[0]).toBe("## [Unreleased]");
	for (const heading of headings.slice(1)) expect(heading).toMatch(/^## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/);
	expect(headings[1]).toContain(`[${version}]`);
});

test("the app's version is the package's", () => {
	expect(JSON.parse(textOf("package.json")).version).toBe(version);
});
