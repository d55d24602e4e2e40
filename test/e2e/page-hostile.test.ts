// The operators' page with texts that others have written to harm or confuse the reader, and with more of everything than
// usual: nothing runs, nothing hides, and all of it fits on a small phone.

import { AxeBuilder } from "@axe-core/playwright";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { chromiumPath, openBrowser } from "../../local/browser.ts";
import { sweptNow } from "../../local/sweep-watch.ts";
import { configure, rotated, stackFor } from "./support/scene.ts";

const chromium = chromiumPath();
if (chromium === undefined)
	console.warn(
		"page-hostile.test.ts tests nothing: there is no Chromium. Set CHROMIUM_PATH, or have chromium on the PATH.",
	);

const patience = 60_000;

const texts = [
	"x".repeat(500),
	"safe\u202egnorw\u202c \u2066\u200bgone\u2069",
	`<img src="x" onerror="window.ran = true"><script>window.ran = true</script>`,
	"javascript:window.ran=true",
	"שלום עולם مرحبا بالعالم",
	`e${"\u0301\u0302\u0303".repeat(60)}`,
	"two\nlines\tand a bell\u0007",
	"👩‍👩‍👧‍👦 🏳️‍🌈",
];
/** What a person, a cluster or a database may have written. */
const foreign = new Set(
	"message reason now pod detail check role server workload vault owner rationale riskAnalysis next says uid what name consumers".split(
		" ",
	),
);
/** More than a screen has of them. */
const many = new Set(["pods", "rotations", "steps"]);

/** The same answer with such texts, one after the other. */
function hostile(answer: object): object {
	let at = 0;
	const of = (key: string, value: unknown): unknown => {
		if (typeof value === "string") return foreign.has(key) ? texts[at++ % texts.length] : value;
		if (Array.isArray(value)) {
			const each = many.has(key) ? Array.from({ length: 200 }, (_, n) => value[n % value.length]) : value;
			return each.filter((one) => one !== undefined).map((one) => of(key, one));
		}
		if (typeof value !== "object" || value === null) return value;
		return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, of(name, one)]));
	};
	return of("", answer) as object;
}

(chromium === undefined ? describe.skip : describe)("the page with hostile texts, in Chromium", () => {
	let browser: Browser;
	let page: Page;
	// Before the stack goes: the page asks again and again.
	afterAll(() => browser?.close());
	const stack = stackFor();
	const complaints: string[] = [];
	beforeAll(async () => {
		await configure(stack(), (config) => {
			config.freezes = [{ from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", reason: "year end" }];
		});
		await rotated(stack(), { force: true, reason: "INC-4711" });
		await sweptNow(stack());
		browser = await openBrowser(chromium!);
		const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 320, height: 640 } });
		page = await context.newPage();
		page.setDefaultTimeout(patience);
		page.on("pageerror", ({ message }) => complaints.push(message));
		await page.goto(`${stack().appUrl}/`);
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByRole("link", { name: "auditor", exact: true }).click();
		await page.getByRole("button", { name: "Sign out" }).waitFor();
		await context.route("**/api/**", async (route) => {
			// A connection that the host closes while it is idle is not what this is about.
			const response = await route.fetch({ maxRetries: 2 });
			await route.fulfill({ response, json: hostile(await response.json()) });
		});
	}, 5 * patience);

	async function faultsOf(): Promise<string[]> {
		const found: string[] = [];
		for (const colorScheme of ["light", "dark"] as const) {
			await page.emulateMedia({ colorScheme });
			const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
			for (const { id, nodes } of violations) found.push(`${colorScheme} ${id}: ${nodes[0]?.html.slice(0, 200)}`);
		}
		for (const width of [320, 1280]) {
			await page.setViewportSize({ width, height: 640 });
			const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
			if (over !== 0) found.push(`${over} pixels do not fit into ${width}`);
		}
		await page.setViewportSize({ width: 320, height: 640 });
		const shown = await page.locator("body").innerText();
		const [unseen] = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/.exec(shown.replaceAll("\u200d", "")) ?? [];
		if (unseen !== undefined) found.push(`U+${unseen.charCodeAt(0).toString(16)} is on the page`);
		if (await page.evaluate("window.ran")) found.push("a script ran");
		const links = await page.locator("a").evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
		found.push(...links.filter((link) => !/^https?:/.test(link)));
		return [...found, ...complaints];
	}

	test.each([
		["the list", "#/"],
		["one secret", "#/secrets/db-password"],
		["one rotation", "rotation"],
		["history", "#/history"],
		["approvals", "#/approvals"],
		["compliance", "#/compliance"],
	])(
		"%s",
		async (_, hash) => {
			const at = hash === "rotation" ? `#/rotations/${await lastRotation()}` : hash;
			await page.goto(`${stack().appUrl}/${at}`);
			await page.getByRole("heading", { level: 1 }).waitFor();
			await page.getByText("Looking at", { exact: false }).first().waitFor({ state: "detached" });
			await page.waitForLoadState("networkidle");
			expect(await faultsOf()).toEqual([]);
		},
		2 * patience,
	);

	async function lastRotation(): Promise<string> {
		const answer = await stack().api("rotations", { roles: ["Rotation.Read"] });
		return ((await answer.json()) as { rotations: { rotationId: string }[] }).rotations[0]!.rotationId;
	}
});
