// The page in a real browser where every text that somebody else may write is chosen to do harm, and where there is more of everything
// than usual: nothing of it runs, hides, turns what is around it, leads away, or takes the page's room. Its answers are made up, and keep
// to the API's schema.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { chromiumPath, openBrowser } from "../../local/browser.ts";
import { htmlOf } from "../../src/cli/rotator/evidence/html.ts";
import { oneLine } from "../../src/lib/domain/line.ts";
import { answersWith, planned, type Sizes } from "./support/hostile-answers.ts";
import { type Answers, openPage, type PageAlone } from "./support/page-alone.ts";
import { faultsOf, seenFaultsOf } from "./support/page-faults.ts";

const chromium = chromiumPath();
if (chromium === undefined)
	console.warn(
		"page-hostile.test.ts tests nothing: there is no Chromium. Set CHROMIUM_PATH, or have chromium on the PATH.",
	);

const texts = {
	"in both directions": "עברית 12 العربية (سر)!",
	"turned around": "safe\u202egnp.exe\u202c \u2066x\u2069\u200f\u200e\u061c",
	"not all to be seen": "zero\u200b\u200c\u200d\u2060\ufeffwidth",
	"a pile of two marks": `Z${"\u0301\u0336".repeat(20)}algo`,
	"a pile of three marks": `e${"\u0301\u0302\u0303".repeat(60)}`,
	"for a terminal": "a\u0000\u0007\u001b[31m\r\nb\u009c",
	"two lines": "two\nlines\tand a bell\u0007",
	markup: '<img src=x onerror="globalThis.ran=1"><script>globalThis.ran=1</script>',
	"an address that runs": "javascript:globalThis.ran=1",
	emoji: "👨‍👩‍👧 🏴‍☠️ 🇨🇭 ❤️",
	"for a shell": "'; $(touch x) \"",
	"one long word": "W".repeat(500),
	empty: "",
} as const;
const hostile = Object.values(texts).join(" ").trim();
/** As which they are shown. */
const escapes = ["\\u202e", "\\u061c", "\\u200b", "\\ufeff", "\\u000d\\u000a", "\\u0336"];

const views = {
	secret: "#/secrets/x",
	rotation: "#/rotations/x",
	approvals: "#/approvals",
	approval: "#/approvals/x",
	history: "#/history",
	compliance: "#/compliance",
	secrets: "#/",
} as const;
type View = keyof typeof views;
const viewNames = Object.keys(views) as View[];
const few: Sizes = { secrets: 5, pods: 3, runs: 3, steps: 2 };

(chromium === undefined ? describe.skip : describe)("the page, of hostile texts", () => {
	let browser: Browser;
	let alone: PageAlone;
	let answers: Answers = answersWith(hostile, few);
	beforeAll(async () => {
		browser = await openBrowser(chromium!);
		const roles = ["Rotation.Operate", "Rotation.Approve", "Audit.Read"];
		alone = await openPage(browser, () => answers, { name: hostile, oid: "o", roles });
	}, 60_000);
	afterAll(() => browser?.close());
	afterEach(() => expect(alone.strange.splice(0)).toEqual([]));

	/** Opens a view anew, the one that is open too. */
	async function at(view: View): Promise<void> {
		if ((await alone.page.evaluate("location.hash")) === views[view]) await goTo("#/secrets/elsewhere");
		await goTo(views[view]);
		await alone.page.locator("main:has(.loading)").waitFor({ state: "detached" });
	}

	async function goTo(hash: string): Promise<void> {
		const { page } = alone;
		await page.evaluate(`document.querySelector("main h1").dataset.old = ""; location.hash = "${hash}"`);
		await page.locator("main h1:not([data-old])").waitFor();
	}

	test.each(viewNames)(
		"%s: what cannot be seen is an escape, nothing runs or leads away, nothing turns, all fits, axe finds nothing",
		async (view) => {
			answers = answersWith(hostile, few);
			await at(view);
			const shown = await alone.page.locator("main").innerText();
			expect(escapes.filter((one) => !shown.includes(one))).toEqual([]);
			expect(await faultsOf(alone.page)).toEqual([]);
		},
		60_000,
	);

	test.each(Object.entries(texts))(
		"each view is as it should be where each text is %s",
		async (_, text) => {
			answers = answersWith(text, few);
			for (const view of viewNames) {
				await at(view);
				expect([view, await seenFaultsOf(alone.page)]).toEqual([view, []]);
			}
		},
		60_000,
	);

	test("200 pods of a workload, 200 steps and 1,000 runs are shown, and fit", async () => {
		answers = answersWith("db-password", { secrets: 300, pods: 200, runs: 1000, steps: 200 });
		for (const [view, rows, count] of [
			["secret", "tbody tr", 200],
			["rotation", "ol.steps > li", 200],
			["history", "tbody tr", 1000],
			["compliance", "tbody tr", 300],
			["secrets", "tbody tr", 300],
		] as const) {
			await at(view);
			expect(await alone.page.locator("main").locator(rows).count()).toBeGreaterThanOrEqual(count);
			expect(await seenFaultsOf(alone.page)).toEqual([]);
		}
	}, 60_000);

	test("an order's plan and its confirmation fit, and it is confirmed by what is shown", async () => {
		const { page } = alone;
		const made = answersWith(hostile, few);
		const { running: _, ...secret } = made.showSecret;
		answers = { ...made, showSecret: secret, showRotation: planned(made.showRotation) };
		await at("secret");
		await page.getByRole("button", { name: "Roll back", exact: true }).click();
		await page.getByLabel(/Reason/).fill("it fails");
		await page.getByRole("button", { name: "Show the plan" }).click();
		const order = page.locator("dialog [type=submit]");
		expect(await order.isDisabled()).toBe(true);
		await page.getByLabel(/^Type/).fill(oneLine(hostile));
		expect(await order.isDisabled()).toBe(false);
		expect(await faultsOf(page)).toEqual([]);
		await page.keyboard.press("Escape");
		await page.locator("dialog").waitFor({ state: "detached" });
	}, 60_000);

	test("a command that is copied is the one that is shown, each value one quoted word", async () => {
		const { page } = alone;
		answers = answersWith(hostile, few);
		await at("secret");
		const shown = await page.locator(".command code").first().innerText();
		await page.getByRole("button", { name: /^Copy: rotator show/ }).click();
		await page.getByText("Copied").waitFor();
		const copied = (await page.evaluate("navigator.clipboard.readText()")) as string;
		expect(copied).toBe(shown);
		expect(copied).toBe(`rotator show '${oneLine(hostile).replaceAll("'", "'\\''")}'`);
	}, 60_000);

	test("the evidence as a page: the same rules; a table is scrolled by itself", async () => {
		await using context = await browser.newContext();
		const page = await context.newPage();
		await page.setContent(htmlOf(answersWith(hostile, few).showEvidence));
		expect(await page.locator("body").innerText()).toContain("\\u202e");
		expect(await faultsOf(page)).toEqual([]);
	}, 60_000);

	test("the evidence on paper: A4 across, and no column is cut off, also by a printer that takes it upright", async () => {
		await using context = await browser.newContext();
		const page = await context.newPage();
		await page.setContent(htmlOf(answersWith(hostile, few).showEvidence));
		const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
		const sizes = [...pdf.matchAll(/\/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, ...size]) => size.map(Number));
		expect(sizes.length).toBeGreaterThan(1);
		for (const [width, height] of sizes) expect([Math.round(width!), Math.round(height!)]).toEqual([842, 595]);
		await page.emulateMedia({ media: "print" });
		for (const millimetres of [297, 210]) {
			// Within margins of 12 mm.
			await page.setViewportSize({ width: Math.floor(((millimetres - 24) / 25.4) * 96), height: 700 });
			const wide = `[...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)`;
			expect([millimetres, await page.evaluate(`${wide}.map((one) => one.tagName)`)]).toEqual([millimetres, []]);
		}
		const split = `[...document.querySelectorAll("tr, dl")].filter((one) => getComputedStyle(one).breakInside !== "avoid").length`;
		expect(await page.evaluate(split)).toBe(0);
	}, 60_000);
});
