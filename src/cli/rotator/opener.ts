// Opens an address in the person's browser.
// RBO1. The browser is not given ROTATOR_TOKEN. Otherwise: every extension's helper that it starts has the token in its environment.

import { spawn } from "node:child_process";
import type { Around } from "./around.ts";

const openers: Partial<Record<NodeJS.Platform, readonly string[]>> = {
	darwin: ["open"],
	win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** In the person's own browser: BROWSER, or the platform's. */
export function openInBrowser(url: string, { env, platform }: Around): void {
	const [file, ...before] = env.BROWSER ? [env.BROWSER] : (openers[platform] ?? ["xdg-open"]);
	const { ROTATOR_TOKEN: _, ...rest } = env;
	const child = spawn(file!, [...before, url], { env: rest, stdio: "ignore", detached: true });
	// Where there is none, the address was printed.
	child.once("error", () => {});
	child.unref();
}
