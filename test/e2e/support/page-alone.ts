// The page as it is built, in a browser, without the app behind it: what the API and the sign-in answer is made up. Its document, with
// its policy, is the app's own.

import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page, Route } from "playwright-core";
import { type OperationId, operations } from "../../../src/api/operations.ts";
import { answerPage, readPage } from "../../../src/lib/http/page.ts";

/** `npm run build` makes it. */
const built = fileURLToPath(new URL("../../../dist/app/page", import.meta.url));
const origin = "https://rotator.example";
const authority = "https://login.example/tenant";
const signIn = { clientId: "page", authority, issuer: `${authority}/v2.0`, scope: "api://rotator/.default" };

export type Answers = { readonly [K in OperationId]?: unknown };

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** @param person claims of who signs in */
export async function openPage(browser: Browser, answers: () => Answers, person: object): Promise<PageAlone> {
	const context = await browser.newContext({
		reducedMotion: "reduce",
		permissions: ["clipboard-read", "clipboard-write"],
	});
	const files = await readPage(built);
	const strange: string[] = [];
	await context.route("**/*", async (route) => {
		const url = new URL(route.request().url());
		if (url.href.startsWith(authority)) return signedIn(route, url, person);
		if (url.origin !== origin) strange.push(url.href);
		if (url.pathname.startsWith("/api/")) return answered(route, url, answers());
		const file = url.pathname.slice(1);
		const { status, headers, body } = answerPage({ params: { file }, headers: new Headers() }, files, signIn);
		if (status === 404) strange.push(url.href);
		await route.fulfill({
			status: status!,
			headers: headers as Record<string, string>,
			body: Buffer.from(body as string),
		});
	});
	const page = await context.newPage();
	page.on("pageerror", ({ message }) => strange.push(message));
	page.on("console", (line) => {
		if (line.type() === "error") strange.push(line.text());
	});
	await page.goto(`${origin}/`);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByRole("button", { name: "Sign out" }).waitFor();
	return { page, context, strange };
}

export interface PageAlone {
	readonly page: Page;
	readonly context: BrowserContext;
	/** What a page does not do: a script that fails or is refused, a request to somewhere else. */
	readonly strange: string[];
}

async function signedIn(route: Route, url: URL, person: object): Promise<void> {
	if (url.pathname.endsWith("/authorize")) {
		const answer = new URLSearchParams({ code: "code", state: url.searchParams.get("state")! });
		return route.fulfill({ status: 302, headers: { location: `${origin}/#${answer}` } });
	}
	const token = `${base64url({ alg: "none" })}.${base64url(person)}.`;
	return route.fulfill({
		headers: { "access-control-allow-origin": origin },
		json: { access_token: token, token_type: "Bearer", expires_in: 3600 },
	});
}

function answered(route: Route, { pathname }: URL, answers: Answers): Promise<void> {
	const method = route.request().method();
	const called = Object.entries(operations).find(([, { method: its, path }]) => {
		const pattern = path.replaceAll(/\{\w+\}/g, "[^/]*");
		return its === method && new RegExp(`^${pattern}$`).test(pathname);
	});
	const body = called && answers[called[0] as OperationId];
	if (body === undefined) return route.fulfill({ status: 404, json: {} });
	const isRunning = called?.[0] === "showRotation" && !("outcome" in (body as object));
	const headers: Record<string, string> = isRunning ? { "retry-after": "2" } : {};
	return route.fulfill({ status: method === "POST" ? 202 : 200, headers, json: body });
}
