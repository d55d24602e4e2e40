// The page in a real browser where every text that somebody else may write is chosen to do harm: nothing of it runs, hides, turns what is
// around it, or takes the page's room. Its answers are made up, and keep to the API's schema.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { chromiumPath, openBrowser } from "../../local/browser.ts";
import { htmlOf } from "../../src/cli/rotator/evidence/html.ts";
import { firstUnseen, oneLine } from "../../src/lib/domain/line.ts";
import { answersWith, planned, type Sizes } from "./support/hostile-answers.ts";
import { type Answers, openPage } from "./support/page-alone.ts";
import { faultsOf } from "./support/page-faults.ts";

const chromium = chromiumPath();
if (chromium === undefined) console.warn("page-foreign.test.ts tests nothing: there is no Chromium.");

const hostile = [
	"עברית 12 العربية (سر)!",
	"safe\u202egnp.exe\u202c \u2066x\u2069\u200f\u200e\u061c",
	"zero\u200b\u200c\u200d\u2060\ufeffwidth",
	`Z${"\u0301\u0336".repeat(20)}algo`,
	"a\u0000\u0007\u001b[31m\r\nb\u009c",
	'<img src=x onerror="globalThis.ran=1"><script>globalThis.ran=1</script>',
	"javascript:globalThis.ran=1",
	"👨‍👩‍👧 🏴‍☠️ 🇨🇭 ❤️",
	"'; $(touch x) \"",
	"W".repeat(500),
].join(" ");

const views = {
	secrets: "#/",
	secret: "#/secrets/x",
	rotation: "#/rotations/x",
	approvals: "#/approvals",
	approval: "#/approvals/x",
	history: "#/history",
	compliance: "#/compliance",
} as const;
const viewNames = Object.keys(views) as (keyof typeof views)[];
const few: Sizes = { secrets: 5, pods: 3, runs: 3 };

/** Run in the page. */
const ofThePage = {
	/** All that is shown or read aloud. */
	texts: `[document.title, document.getElementById("page").textContent, ...[...document.querySelectorAll("[title], [aria-label]")]
		.flatMap((one) => [one.title, one.ariaLabel ?? ""])].join(" ")`,
	links: `[...document.querySelectorAll("[href]")].map((one) => one.getAttribute("href"))`,
	/** Letters that run the other way, beside other text in the same element: what is around them may turn. */
	notIsolated: `(() => {
		const found = [];
		const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (all.nextNode()) {
			const text = all.currentNode;
			const beside = [...text.parentNode.childNodes].filter((one) => one !== text);
			const isBeside = beside.some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim() !== "");
			const { unicodeBidi } = getComputedStyle(text.parentNode);
			if (/\\p{Script=Hebrew}/u.test(text.data) && (isBeside || unicodeBidi !== "isolate")) found.push(text.parentNode.outerHTML);
		}
		return found;
	})()`,
} as const;

(chromium === undefined ? describe.skip : describe)("the page, of hostile texts", () => {
	let browser: Browser;
	beforeAll(async () => {
		browser = await openBrowser(chromium!);
	}, 60_000);
	afterAll(() => browser?.close());

	const roles = ["Rotation.Operate", "Rotation.Approve", "Audit.Read"];

	/** What is strange about it fails the test. */
	async function opened(text: string, sizes: Sizes = few) {
		const answers: { now: Answers } = { now: answersWith(text, sizes) };
		const person = { name: text || "somebody", oid: "o", roles };
		const { page, context, strange } = await openPage(browser, () => answers.now, person);
		return {
			page,
			answers,
			async [Symbol.asyncDispose]() {
				const ran = await page.evaluate("globalThis.ran");
				await context.close();
				expect([strange, ran]).toEqual([[], undefined]);
			},
		};
	}

	async function at(page: Page, view: keyof typeof views): Promise<void> {
		await page.evaluate(`location.hash = "${views[view]}"`);
		await page.locator("main h1").waitFor();
		await page.locator(`main:has(.loading)`).waitFor({ state: "detached" });
	}

	test.each(viewNames)(
		"%s: what cannot be seen is an escape, nothing runs or leads away, nothing turns, all fits at 320 pixels, axe finds nothing",
		async (view) => {
			const { page, ...window } = await opened(hostile);
			await using _ = window as AsyncDisposable;
			await at(page, view);
			const texts = (await page.evaluate(ofThePage.texts)) as string;
			expect(firstUnseen(texts)).toBeUndefined();
			const shown = await page.locator("main").innerText();
			const escapes = ["\\u202e", "\\u061c", "\\u200b", "\\ufeff", "\\u000d\\u000a", "\\u0336"];
			expect(escapes.filter((one) => !shown.includes(one))).toEqual([]);
			expect(
				((await page.evaluate(ofThePage.links)) as string[]).filter(
					(link) => !/^(#\/|\/page-|data:image\/svg)/.test(link),
				),
			).toEqual([]);
			expect(await page.evaluate(ofThePage.notIsolated)).toEqual([]);
			expect(await faultsOf(page)).toEqual([]);
		},
		60_000,
	);

	test("each view is there, and fits, where each text is empty", async () => {
		const { page, ...window } = await opened("");
		await using _ = window as AsyncDisposable;
		await page.setViewportSize({ width: 320, height: 640 });
		for (const view of viewNames) {
			await at(page, view);
			expect(await page.locator("main h1").count()).toBe(1);
			expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
		}
	}, 60_000);

	test("an order's plan and its confirmation fit, and it is confirmed by what is shown", async () => {
		const { page, answers, ...window } = await opened(hostile);
		await using _ = window as AsyncDisposable;
		const { running: __, ...secret } = (answers.now as ReturnType<typeof answersWith>).showSecret;
		const { showRotation } = answers.now as ReturnType<typeof answersWith>;
		answers.now = { ...answers.now, showSecret: secret, showRotation: planned(showRotation) };
		await at(page, "secret");
		await page.getByRole("button", { name: "Roll back", exact: true }).click();
		await page.getByLabel(/Reason/).fill("it fails");
		await page.getByRole("button", { name: "Show the plan" }).click();
		const order = page.locator("dialog [type=submit]");
		expect(await order.isDisabled()).toBe(true);
		await page.getByLabel(/^Type/).fill(oneLine(hostile));
		expect(await order.isDisabled()).toBe(false);
		expect(await faultsOf(page)).toEqual([]);
	}, 60_000);

	test("a command that is copied is the one that is shown, each value one quoted word", async () => {
		const { page, ...window } = await opened(hostile);
		await using _ = window as AsyncDisposable;
		await at(page, "secret");
		const shown = await page.locator(".command code").first().innerText();
		await page.getByRole("button", { name: /^Copy: rotator show/ }).click();
		await page.getByText("Copied").waitFor();
		const copied = (await page.evaluate("navigator.clipboard.readText()")) as string;
		expect(copied).toBe(shown);
		expect(copied).toBe(`rotator show '${oneLine(hostile).replaceAll("'", "'\\''")}'`);
	});

	test("the evidence as a page: the same rule, and it fits; a table is scrolled by itself", async () => {
		await using context = await browser.newContext({ viewport: { width: 320, height: 640 } });
		const page = await context.newPage();
		await page.setContent(htmlOf(answersWith(hostile, few).showEvidence));
		const texts = (await page.evaluate("document.title + document.body.textContent")) as string;
		expect(firstUnseen(texts.replaceAll("\n", ""))).toBeUndefined();
		expect(texts).toContain("\\u202e");
		expect(await page.evaluate("globalThis.ran")).toBeUndefined();
		expect(await page.evaluate(ofThePage.notIsolated)).toEqual([]);
		expect(await faultsOf(page)).toEqual([]);
	}, 60_000);

	test("200 pods of a workload and 1,000 runs are shown, and fit", async () => {
		const { page, ...window } = await opened("db-password", { secrets: 300, pods: 200, runs: 1000 });
		await using _ = window as AsyncDisposable;
		await page.setViewportSize({ width: 320, height: 640 });
		for (const [view, rows] of [
			["rotation", 200],
			["history", 1000],
			["compliance", 300],
		] as const) {
			await at(page, view);
			expect(await page.locator("main tbody").first().locator("tr").count()).toBe(rows);
			expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
		}
	}, 60_000);
});
