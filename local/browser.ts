// The browser that tests and the bench drive: the machine's Chromium.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** @returns `undefined` where there is none: CHROMIUM_PATH, or `chromium` on the PATH */
export function chromiumPath(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
	if (env.CHROMIUM_PATH) return env.CHROMIUM_PATH;
	const names = ["chromium", "chromium-browser"];
	const places = (env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
	return places.find(isProgram);
}

function isProgram(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

/** Chromium has no sandbox for root. */
export const openBrowser = (executablePath: string): Promise<Browser> =>
	chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
