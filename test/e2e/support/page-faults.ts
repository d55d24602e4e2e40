// What is wrong with the open page for the people who use it, whatever is on it.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { firstUnseen } from "../../../src/lib/domain/line.ts";

/** A small phone, and a desk. */
const widths = [320, 1280] as const;

/** Run in the page. */
const look = `(() => {
	const app = document.getElementById("page");
	const labels = [...document.querySelectorAll("[title], [aria-label]")].flatMap((one) => [one.title, one.ariaLabel ?? ""]);
	const turned = [];
	const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (all.nextNode()) {
		const text = all.currentNode;
		const beside = [...text.parentNode.childNodes].filter((one) => one !== text);
		const isBeside = beside.some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim() !== "");
		const { unicodeBidi } = getComputedStyle(text.parentNode);
		if (/\\p{Script=Hebrew}/u.test(text.data) && (isBeside || unicodeBidi !== "isolate")) turned.push(text.parentNode.outerHTML);
	}
	return {
		texts: [document.title, app ? app.textContent : document.body.textContent.replaceAll("\\n", ""), ...labels].join(" "),
		links: [...document.querySelectorAll("[href]")].map((one) => one.getAttribute("href")),
		turned,
		ran: globalThis.ran !== undefined,
	};
})()`;

interface Looked {
	/** All that is shown or read aloud. */
	readonly texts: string;
	readonly links: readonly string[];
	/** Letters that run the other way, beside other text in the same element: what is around them may turn. */
	readonly turned: readonly string[];
	/** A text of somebody else's became a script. */
	readonly ran: boolean;
}

/** What anybody would see: it is wider than a screen, hides a character, turns its surroundings, leads away or runs what it shows. */
export async function seenFaultsOf(page: Page): Promise<string[]> {
	const { texts, links, turned, ran } = (await page.evaluate(look)) as Looked;
	const found: string[] = [];
	const unseen = firstUnseen(texts);
	if (unseen !== undefined) found.push(`${JSON.stringify(unseen)} is shown as it is`);
	const away = links.filter((link) => !/^(#\/|\/page-|data:image\/svg)/.test(link));
	found.push(...away.map((link) => `a link leads to ${link}`), ...turned.map((html) => `this may turn: ${html}`));
	if (ran) found.push("a text ran as a script");
	const usual = page.viewportSize()!;
	for (const width of widths) {
		await page.setViewportSize({ width, height: 640 });
		const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
		if (over !== 0) found.push(`${over} pixels do not fit into ${width}`);
	}
	await page.setViewportSize(usual);
	return found;
}

/** These, and what axe finds in both themes. */
export async function faultsOf(page: Page): Promise<string[]> {
	const found = await seenFaultsOf(page);
	for (const colorScheme of ["light", "dark"] as const) {
		await page.emulateMedia({ colorScheme });
		// Its own frame for partial results would be refused by the page's policy.
		const axe = new AxeBuilder({ page }).setLegacyMode(true);
		// What the other theme changes is colours alone.
		const { violations } = await (colorScheme === "light" ? axe : axe.withRules(["color-contrast"])).analyze();
		for (const { id, nodes } of violations) found.push(`${colorScheme} ${id}: ${nodes[0]?.html}`);
	}
	return found;
}
