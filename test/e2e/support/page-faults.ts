// What is wrong with the open page for the people who use it.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

/** What axe finds in both themes, and what does not fit on a small phone. */
export async function faultsOf(page: Page): Promise<string[]> {
	const found: string[] = [];
	for (const colorScheme of ["light", "dark"] as const) {
		await page.emulateMedia({ colorScheme });
		// Its own frame for partial results would be refused by the page's policy.
		const axe = new AxeBuilder({ page }).setLegacyMode(true);
		// What the other theme changes is colours alone.
		const { violations } = await (colorScheme === "light" ? axe : axe.withRules(["color-contrast"])).analyze();
		for (const { id, nodes } of violations) found.push(`${colorScheme} ${id}: ${nodes[0]?.html}`);
	}
	const usual = page.viewportSize()!;
	await page.setViewportSize({ width: 320, height: 640 });
	const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
	if (over !== 0) found.push(`${over} pixels do not fit on a phone`);
	await page.setViewportSize(usual);
	return found;
}
