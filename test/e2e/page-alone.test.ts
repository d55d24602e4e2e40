// What the page does by itself, whatever the app behind it: its answers are made up.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { chromiumPath, openBrowser } from "../../local/browser.ts";
import { answersWith } from "./support/hostile-answers.ts";
import { openPage } from "./support/page-alone.ts";

const chromium = chromiumPath();
if (chromium === undefined) console.warn("page-alone.test.ts tests nothing: there is no Chromium.");

(chromium === undefined ? describe.skip : describe)("the page alone", () => {
	let browser: Browser;
	beforeAll(async () => {
		browser = await openBrowser(chromium!);
	}, 60_000);
	afterAll(() => browser?.close());

	const person = { name: "somebody", oid: "o", roles: ["Rotation.Operate", "Audit.Read"] };
	const sizes = { secrets: 60, pods: 2, runs: 3, steps: 2 };

	async function opened(answers = answersWith("db-password", sizes)) {
		const { page, context, strange } = await openPage(browser, () => answers, person);
		return {
			page,
			async [Symbol.asyncDispose]() {
				await context.close();
				expect(strange).toEqual([]);
			},
		};
	}

	test.each(["#/", "#/?state=expired&text=db"])("a look at all secrets is one request: %s", async (hash) => {
		const { page, ...window } = await opened();
		await using _ = window as AsyncDisposable;
		// What is begun from here on goes by this clock.
		await page.clock.install();
		await page.evaluate(`location.hash = "#/history"`);
		await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
		await page.evaluate(`location.hash = "${hash}"`);
		await page.getByRole("heading", { name: /^Running now/ }).waitFor();
		await page.getByRole("link", { name: "And 1 more" }).waitFor();
		const asked: string[] = [];
		page.on("request", (request) => asked.push(new URL(request.url()).pathname));
		const looked = page.waitForResponse(/\/api\/secrets/);
		await page.clock.fastForward(5_000);
		await looked;
		await page.clock.fastForward(1_000);
		expect(asked).toEqual(["/api/secrets"]);
	});

	test("whoever types into the search goes on typing while the list is looked for", async () => {
		const { page, ...window } = await opened();
		await using _ = window as AsyncDisposable;
		const search = page.getByRole("searchbox");
		const looked = page.waitForResponse(/text=db&/);
		await search.pressSequentially("db");
		await looked;
		await page.keyboard.type("-pass");
		expect(await search.inputValue()).toBe("db-pass");
	});
});
