// What the page does by itself, whatever the app behind it: its answers are made up.

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { chromiumPath, openBrowser } from "../../local/browser.ts";
import { answersWith } from "./support/hostile-answers.ts";
import { type Answers, openPage } from "./support/page-alone.ts";

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

	async function opened(answers: Answers = answersWith("db-password", sizes)) {
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

	test("the search keeps the focus while the list is looked for", async () => {
		const { page, ...window } = await opened();
		await using _ = window as AsyncDisposable;
		const search = page.getByRole("searchbox");
		const looked = page.waitForResponse(/text=db&/);
		await search.pressSequentially("db");
		await looked;
		await page.keyboard.type("-pass");
		expect(await search.inputValue()).toBe("db-pass");
	});

	test("where the browser refuses to copy a command, the page says so and selects it", async () => {
		const { page, ...window } = await opened();
		await using _ = window as AsyncDisposable;
		await page.evaluate(
			`navigator.clipboard.writeText = () => Promise.reject(new Error("no")); location.hash = "#/secrets/x"`,
		);
		await page.getByRole("button", { name: /^Copy: rotator show/ }).click();
		await page.getByRole("status").filter({ hasText: "copy it yourself" }).waitFor();
		const selected = await page.evaluate("getSelection().toString()");
		expect(selected).toBe(await page.locator(".command code").first().innerText());
	});

	test("the focus goes back to what opened a dialog, or to the heading where that is gone", async () => {
		const made = answersWith("db-password", sizes);
		const { plan: __, ...running } = made.showRotation;
		const { now: ___, retrying: ____, ...over } = running;
		const answers = { ...made, showRotation: running as object, cancelRotation: running };
		const { page, ...window } = await opened(answers);
		await using _ = window as AsyncDisposable;
		const focused = () => page.evaluate("document.activeElement.textContent");
		const opener = page.getByRole("button", { name: "Cancel it" });
		const open = async () => {
			await opener.click();
			await page.getByLabel(/Reason/).fill("a mistake");
		};
		await page.clock.install();
		await page.evaluate(`location.hash = "#/rotations/x"`);
		await open();
		await page.getByRole("button", { name: "Let it go on" }).click();
		await page.locator("dialog").waitFor({ state: "detached" });
		expect(await focused()).toBe("Cancel it");
		// It ends while the dialog is open.
		await open();
		answers.showRotation = { ...over, status: "Succeeded", outcome: "completed" };
		await page.clock.fastForward(60_000);
		await opener.waitFor({ state: "detached" });
		expect(await focused()).toBe("Rotation of db-password");
		// It ends because of what the dialog has ordered.
		answers.showRotation = running;
		await page.evaluate(`location.hash = "#/history"`);
		await page.getByRole("heading", { level: 1, name: "History" }).waitFor();
		await page.evaluate(`location.hash = "#/rotations/x"`);
		await open();
		answers.showRotation = { ...over, status: "Succeeded", outcome: "cancelled" };
		await page.getByRole("button", { name: "Cancel the rotation" }).click();
		await opener.waitFor({ state: "detached" });
		expect(await focused()).toBe("Rotation of db-password");
	});

	test("what is exported has each value as it is, and no formula", async () => {
		const answers = answersWith("=1+\u202e1", sizes);
		const { page, ...window } = await opened(answers);
		await using _ = window as AsyncDisposable;
		await page.evaluate(`location.hash = "#/compliance"`);
		const saved = async (name: string) => {
			const [download] = await Promise.all([
				page.waitForEvent("download"),
				page.getByRole("button", { name, exact: true }).click(),
			]);
			return readFile(await download.path(), "utf8");
		};
		expect(JSON.parse(await saved("Export JSON"))).toEqual(answers.showCompliance);
		expect((await saved("Export CSV")).split("\r\n")[1]).toMatch(/^'=1\+\u202e1,expired,failed,-3,/);
		expect(JSON.parse(await saved("Signed evidence"))).toEqual(answers.showEvidence);
	});
});
