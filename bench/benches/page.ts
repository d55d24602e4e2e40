// The operators' page in a real browser: its first list, and what it asks for and how long it takes when it looks again.

import type { Browser, Page } from "playwright-core";
import { chromiumPath, openBrowser } from "../../local/browser.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { until } from "../../local/until.ts";
import { type Bench, row } from "../bench.ts";
import { type Hub, open, openHub } from "../hub.ts";
import { manySecrets } from "../many.ts";
import { sweepNow } from "../sweep-now.ts";

const second = 1_000;
/** Longer than an idle page waits between two looks. */
const idleMs = 31_000;

export const page: Bench = {
	name: "page",
	says: "the page's first list, and its next look: time and requests (needs Chromium)",
	async run({ appDir, rounds, quick, signal, say }) {
		const executable = chromiumPath();
		if (executable === undefined)
			return { skipped: "there is no Chromium. Set CHROMIUM_PATH, or have chromium on the PATH." };
		say("bringing up the local stack");
		await using stack = await startStack({ appDir, signal, driverPollMs: 500 });
		using hub = openHub(appDir, stack.folders.state);
		// One more has a workload, so that its rotation lasts.
		const secrets = quick ? 25 : 999;
		await using _ = await manySecrets(stack, { secrets, vaults: 1, keep: true });
		await sweepNow(stack, hub, signal);
		const browser = await openBrowser(executable);
		try {
			// The first of each loads and compiles.
			await look(browser, stack, hub, signal);
			const looks: Look[] = [];
			for (let round = 0; round < rounds; round++) looks.push(await look(browser, stack, hub, signal));
			const of = (key: keyof Look) => ({ product: looks.map((one) => one[key]) });
			const among = `${(secrets + 1).toLocaleString("en-GB")} secrets`;
			return {
				rows: [
					row("first", `from the click that signs in to the list of ${among}`, "ms", of("firstMs"), { most: second }),
					row("again", "a look that finds a rotation running, until it is drawn", "ms", of("againMs"), {
						most: second,
					}),
					row("requests", "requests of an idle look", "1", of("requests"), { most: 1 }),
				],
			};
		} finally {
			await browser.close();
		}
	},
};

interface Look {
	readonly firstMs: number;
	readonly againMs: number;
	readonly requests: number;
}

async function look(browser: Browser, stack: Stack, hub: Hub, signal: AbortSignal): Promise<Look> {
	const context = await browser.newContext({ reducedMotion: "reduce" });
	try {
		const page = await context.newPage();
		await page.goto(`${stack.appUrl}/`);
		await page.getByRole("button", { name: "Sign in" }).click();
		const link = page.getByRole("link", { name: "operator", exact: true });
		await link.waitFor();
		const begun = performance.now();
		await link.click();
		await page.getByRole("row").nth(1).waitFor();
		const firstMs = performance.now() - begun;
		// Only from here on: signing in needs the machine's clock.
		await page.clock.install();
		await page.reload();
		await page.getByRole("row").nth(1).waitFor();
		const requests = await idleLook(page);
		const againMs = await busyLook(page, stack);
		const isIdle = async () => hub.number(open) === 0 || undefined;
		await until("the end of the rotation", 120, isIdle, signal);
		return { firstMs, requests, againMs };
	} finally {
		await context.close();
	}
}

/** @returns how many requests it makes */
async function idleLook(page: Page): Promise<number> {
	let requests = 0;
	const count = () => void requests++;
	page.on("request", count);
	const answered = page.waitForResponse(/\/api\/secrets/);
	await page.clock.fastForward(idleMs);
	await answered;
	page.off("request", count);
	return requests;
}

/** A rotation that is running now is on the page after the next look. */
async function busyLook(page: Page, stack: Stack): Promise<number> {
	const answer = await stack.api("secrets/db-password/rotations", { method: "POST", body: { force: true } });
	if (answer.status !== 202) throw new Error(`The rotation was not accepted: HTTP ${answer.status}`);
	const begun = performance.now();
	await page.clock.fastForward(idleMs);
	await page.getByRole("heading", { name: /^Running now/ }).waitFor();
	return performance.now() - begun;
}
