// The operators' page in a real browser, by people who sign in there: what it shows, what it lets whom do, and whether everybody can use it.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { chromiumPath, openBrowser } from "../../local/browser.ts";
import { people } from "../../local/people.ts";
import { sweptNow } from "../../local/sweep-watch.ts";
import { until } from "../../local/until.ts";
import { audience, names } from "../../local/world.ts";
import type { SignedEvidence } from "../../src/lib/domain/evidence/statement.ts";
import { hasTerminal, inTerminal, rotator } from "./support/in-terminal.ts";
import { faultsOf } from "./support/page-faults.ts";
import { auditOf, configure, idle, loginWithLive, requested, stackFor, withoutConsumers } from "./support/scene.ts";

const chromium = chromiumPath();
if (chromium === undefined)
	console.warn("page.test.ts tests nothing: there is no Chromium. Set CHROMIUM_PATH, or have chromium on the PATH.");

if (!hasTerminal) console.info("Not run: what is seen in a terminal too. It needs util-linux's script.");

const patience = 60_000;

(chromium === undefined ? describe.skip : describe)("the page, in Chromium", () => {
	const stack = stackFor();
	let browser: Browser;
	beforeAll(async () => {
		browser = await openBrowser(chromium!);
	}, patience);
	afterAll(() => browser?.close());

	const address = (hash = "") => `${stack().appUrl}/${hash}`;
	type Wanted = Parameters<Browser["newContext"]>[0];

	/** A window in which this person has signed in. What a script complains of fails the test. */
	async function signedIn(name: string, hash = "", wanted: Wanted = {}) {
		const context = await browser.newContext({ reducedMotion: "reduce", ...wanted });
		const page = await context.newPage();
		page.setDefaultTimeout(patience);
		const complaints: string[] = [];
		page.on("pageerror", ({ message }) => complaints.push(message));
		page.on("console", (line) => {
			if (line.text().includes("Content Security Policy")) complaints.push(line.text());
		});
		await page.goto(address(hash));
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByRole("link", { name, exact: true }).click();
		await page.getByRole("button", { name: "Sign out" }).waitFor();
		return {
			page,
			async [Symbol.asyncDispose]() {
				await context.close();
				expect(complaints).toEqual([]);
			},
		};
	}

	const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();
	const exactly = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

	test("its files come compressed, a document that the browser has is not sent again, and the API is where it was", async () => {
		const document = await fetch(address());
		const html = await document.text();
		const again = await fetch(address(), { headers: { "if-none-match": document.headers.get("etag")! } });
		expect([document.status, again.status]).toEqual([200, 304]);
		const script = /src="(\/page-\w+\.js)"/.exec(html)![1]!;
		const sent = await fetch(address(script.slice(1)), { headers: { "accept-encoding": "br" } });
		expect(sent.headers.get("content-encoding")).toBe("br");
		expect((await sent.text()).includes("/oauth2/v2.0/authorize")).toBe(true);
		expect((await fetch(address("api/secrets"))).status).toBe(401);
		expect((await fetch(address("api/nothing"))).status).toBe(404);
		expect((await fetch(address(), { method: "POST" })).status).toBe(404);
	});

	test("a reader sees every view and may do nothing; axe finds nothing in either theme, and all fits on a phone", async () => {
		const { page, ...window } = await signedIn("reader");
		await using _ = window as AsyncDisposable;
		const from = performance.now();
		await page.getByRole("row", { name: /db-password/ }).waitFor();
		console.info(
			`The first list came ${Math.round(performance.now() - from)} ms after the sign-in; it should take less than 1000.`,
		);
		expect(await faultsOf(page)).toEqual([]);
		await page.getByRole("link", { name: "db-password", exact: true }).click();
		await heading(page, "db-password");
		await page.getByRole("heading", { name: "Where each version is" }).waitFor();
		expect(await exactly(page, "Rotate").count()).toBe(0);
		expect(await faultsOf(page)).toEqual([]);
		for (const view of ["History", "Compliance"]) {
			await page.getByRole("link", { name: view }).click();
			await heading(page, view);
			await page.locator("h1:focus").waitFor();
			expect(await faultsOf(page)).toEqual([]);
		}
	}, 120_000);

	test("no token is kept in the browser, nor sent to the app but in its header, and loading the page again signs in by itself", async () => {
		const context: BrowserContext = await browser.newContext();
		try {
			const page = await context.newPage();
			const asked: string[] = [];
			page.on("request", (request) => asked.push(request.url()));
			await page.goto(address("#/history"));
			await page.getByRole("button", { name: "Sign in" }).click();
			await page.getByRole("link", { name: "reader", exact: true }).click();
			await heading(page, "History");
			const kept = await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])");
			expect(JSON.parse(kept as string)).toEqual([{}, { "rotation.hint": "reader@titanic.example" }, ""]);
			const toTheApp = asked.filter((url) => url.startsWith(address()));
			expect(toTheApp.filter((url) => /code=|token|state=/.test(url))).toEqual([]);
			await page.reload();
			await heading(page, "History");
			expect(page.url()).toBe(address("#/history"));
		} finally {
			await context.close();
		}
	});

	test("an operator rotates with the keyboard alone, sees the plan first, and watches until every pod has proved it", async () => {
		const { page, ...window } = await signedIn("operator", "#/secrets/db-password");
		await using _ = window as AsyncDisposable;
		const focused = () => page.evaluate("document.activeElement?.textContent") as Promise<string>;
		const tabTo = async (text: string) => {
			for (let presses = 0; presses < 60; presses++) {
				if ((await focused()) === text) return;
				await page.keyboard.press("Tab");
			}
			throw new Error(`Tab does not lead to "${text}".`);
		};
		await exactly(page, "Rotate").waitFor();
		await tabTo("Rotate");
		await page.keyboard.press("Enter");
		await page.getByRole("dialog").waitFor();
		await page.keyboard.press("Escape");
		await page.locator("dialog").waitFor({ state: "detached" });
		expect(await focused()).toBe("Rotate");
		await page.keyboard.press("Enter");
		await page.getByRole("dialog").waitFor();
		// From the first choice to the second, then to the reason.
		await page.keyboard.press("ArrowDown");
		await page.keyboard.press("Tab");
		await page.keyboard.type("to see it");
		await page.keyboard.press("Enter");
		await page.getByLabel(/^Type/).waitFor();
		expect(await exactly(page, "Rotate db-password").isDisabled()).toBe(true);
		expect(await faultsOf(page)).toEqual([]);
		await tabTo("10 of 10 checks passed");
		await page.keyboard.press("Tab");
		await page.keyboard.type("db-password");
		await page.keyboard.press("Enter");
		await heading(page, "Rotation of db-password");
		await page.getByText("The database gets the new password").waitFor();
		const link = page.getByRole("link", { name: "db-password" });
		await link.focus();
		await page.getByRole("main").getByText("completed", { exact: true }).first().waitFor();
		expect(await focused()).toBe("db-password");
		expect(await page.getByText("proved", { exact: true }).count()).toBeGreaterThan(1);
		expect(await page.getByText("to see it").count()).toBe(1);
		expect(await faultsOf(page)).toEqual([]);
		const rotationId = page.url().split("/").at(-1)!;
		await idle(stack());
		expect(await loginWithLive(stack())).toBe("in");
		const records = await auditOf(stack(), rotationId);
		expect(records.find(({ code }) => code === "rotate-requested")?.actor.user.uid).toMatch(/^0b1ec700-.*aa$/);
	}, 180_000);

	test("an operator delivers again and rolls back, each with its plan first; the secret's page shows what pods have now", async () => {
		const { page, ...window } = await signedIn("operator", "#/secrets/db-password");
		await using _ = window as AsyncDisposable;
		const { vault } = stack();
		const ended = page.getByRole("main").getByText("completed", { exact: true }).first();
		const pods = page.getByRole("row", { name: /^titanic-api-.*proved/ });
		await pods.first().waitFor();
		expect(await pods.filter({ hasText: "looked at now" }).count()).toBe(2);

		const before = vault.owner.get("db-password")!;
		await exactly(page, "Deliver again").click();
		await exactly(page, "Show the plan").click();
		await exactly(page, "Deliver again db-password").click();
		await heading(page, "Delivery of db-password");
		await ended.waitFor();
		await idle(stack());
		expect(vault.owner.get("db-password")!.version).toBe(before.version);

		const back = await configure(stack(), withoutConsumers);
		await page.getByRole("link", { name: "db-password" }).click();
		await heading(page, "db-password");
		await exactly(page, "Roll back").click();
		await page.getByLabel(/Reason/).fill("it fails");
		await exactly(page, "Show the plan").click();
		await page.getByText(/becomes live again, as a new version/).waitFor();
		expect(await exactly(page, "Roll back db-password").isDisabled()).toBe(true);
		await page.getByLabel(/^Type/).fill("db-password");
		await exactly(page, "Roll back db-password").click();
		await heading(page, "Rollback of db-password");
		await ended.waitFor();
		await idle(stack());
		await back();
		const replaced = vault.owner.versions("db-password").at(-3)!;
		expect(vault.owner.get("db-password")).toMatchObject({ value: replaced.value });
		expect(vault.owner.get("db-password")!.version).not.toBe(before.version);
		expect(await loginWithLive(stack())).toBe("in");
	}, 180_000);

	test("nobody approves what they have asked for themselves; another person rejects it, and nothing is changed", async () => {
		const back = await configure(stack(), (config) => {
			withoutConsumers(config);
			config.secrets["db-password"].approval = "required";
		});
		const { version } = stack().vault.owner.get("db-password")!;
		{
			const { page, ...window } = await signedIn("lead", "#/secrets/db-password");
			await using _ = window as AsyncDisposable;
			await exactly(page, "Rotate").click();
			await page.getByLabel(/due or not/).check();
			await page.getByLabel(/Reason/).fill("to be rid of it");
			await exactly(page, "Show the plan").click();
			await page.getByLabel(/^Type/).fill("db-password");
			await exactly(page, "Rotate db-password").click();
			await page.getByText("awaiting-approval").first().waitFor();
			await page.getByRole("link", { name: "Approvals" }).click();
			await page.getByRole("link", { name: "Rotation of db-password" }).first().click();
			await page.getByText("You asked for it: another person decides.").waitFor();
			await exactly(page, "Approve").click();
			await page.getByLabel(/Reason/).fill("by myself");
			await exactly(page, "Approve it").click();
			await page.getByText("approval-own").waitFor();
			expect(await faultsOf(page)).toEqual([]);
		}
		const { page, ...window } = await signedIn("approver", "#/approvals");
		await using _ = window as AsyncDisposable;
		await page.getByRole("link", { name: "Rotation of db-password" }).first().click();
		await exactly(page, "Reject").click();
		await page.getByLabel(/Reason/).fill("not before the release");
		await exactly(page, "Reject it").click();
		await page.getByText("not before the release").waitFor();
		await page.getByText("rejected", { exact: true }).first().waitFor();
		expect(await exactly(page, "Approve").count()).toBe(0);
		await idle(stack());
		await back();
		expect(stack().vault.owner.get("db-password")!.version).toBe(version);
	}, 180_000);

	test("what needs an approval is first in the list; another person approves its plan, and it says who did", async () => {
		const back = await configure(stack(), ({ secrets }) => {
			Object.assign(secrets["db-password"], { approval: "required", consumers: [] });
		});
		await requested(stack(), { force: true, reason: "the month's end" });
		const { page, ...window } = await signedIn("approver");
		await using _ = window as AsyncDisposable;
		const needing = page.getByRole("region", { name: /Needs a person/ });
		await needing.getByRole("link", { name: "Rotation of db-password" }).click();
		await page.getByText("the month's end").waitFor();
		expect(await faultsOf(page)).toEqual([]);
		await exactly(page, "Approve").click();
		await page.getByLabel(/Reason/).fill("agreed with the team on call");
		await exactly(page, "Approve it").click();
		await page.getByText("agreed with the team on call").waitFor();
		await page.getByRole("main").getByText("completed", { exact: true }).first().waitFor();
		await page.getByRole("link", { name: "Approvals" }).click();
		await page.getByText("approved and done").waitFor();
		expect(await faultsOf(page)).toEqual([]);
		await back();
		await idle(stack());
	}, 180_000);

	test("what is tried again is first in the list, says why and when next, and is cancelled on the page", async () => {
		const back = await configure(stack(), ({ servers }) => {
			servers["titanic-db"].port = 1;
		});
		const rotationId = await requested(stack(), { force: true, reason: "the wrong one" });
		const { page, ...window } = await signedIn("operator");
		await using _ = window as AsyncDisposable;
		const needing = page.getByRole("region", { name: /Needs a person/ });
		// It is tried again and again, but not for ever: what takes long comes after.
		await needing.getByRole("link", { name: "What happened" }).click();
		await page.getByText(/has failed (once|\d+ times)/).waitFor();
		await page.getByText("server-unreachable").first().waitFor();
		await exactly(page, "Cancel it").click();
		await page.getByLabel(/Reason/).fill("a mistake");
		await exactly(page, "Cancel the rotation").click();
		await page.getByText("cancelled", { exact: true }).first().waitFor();
		await back();
		expect(await faultsOf(page)).toEqual([]);
		await until("the record of who cancelled it", 30, async () => {
			const codes = (await auditOf(stack(), rotationId)).map(({ code }) => code);
			return codes.includes("cancel-requested") || undefined;
		});
	}, 180_000);

	test("an auditor reads the records of a rotation; a filter is in the address and in what is shown", async () => {
		const { page, ...window } = await signedIn("auditor", "#/history?outcome=completed");
		await using _ = window as AsyncDisposable;
		await page.getByRole("link", { name: "Rotation of db-password" }).first().click();
		await exactly(page, "Read the log").click();
		await page.getByText("rotate-requested").first().waitFor();
		expect(await faultsOf(page)).toEqual([]);
		await page.goto(address("#/?text=nothing-like-it"));
		await page.getByText("No secret is like that.").waitFor();
		await page.getByRole("searchbox").fill("titanic-api");
		await page.getByRole("row", { name: /db-password/ }).waitFor();
		expect(page.url()).toBe(address("#/?text=titanic-api"));
	}, 120_000);

	/** For the command, as this person. */
	const asPerson = async (name: keyof typeof people) => {
		const { roles, id: objectId } = people[name];
		const claims = { audience, roles: [...roles], objectId, name, azp: crypto.randomUUID() };
		const token = await stack().identity.operatorToken({ ...claims, scp: "user_impersonation" });
		const { NODE_EXTRA_CA_CERTS } = stack().settings;
		return { ROTATOR_URL: stack().appUrl, ROTATOR_TOKEN: token, NODE_EXTRA_CA_CERTS };
	};

	/** Each step that the page has shown as under way. */
	const remembering = `
		globalThis.went = [];
		new MutationObserver(() => {
			const step = document.querySelector("ol.steps [aria-current=step]")?.textContent;
			if (step && step !== went.at(-1)) went.push(step);
		}).observe(document, { subtree: true, childList: true, characterData: true });
	`;

	(hasTerminal ? test : test.skip)(
		"a rotation that the command starts is drawn in the terminal and on the page that is open, step by step",
		async () => {
			const { page, ...window } = await signedIn("operator", "#/secrets/db-password");
			await using _ = window as AsyncDisposable;
			await page.clock.install();
			await page.reload();
			await page.getByRole("heading", { name: "Where each version is" }).waitFor();
			await page.evaluate(remembering);
			const order = ["rotate", "db-password", "--force", "--confirm", "db-password", "--reason", "two screens"];
			const terminal = inTerminal([...order, "--wait"], await asPerson("operator"));
			await terminal.shows(/asked by operator/);
			// An idle page looks every 30 s.
			await page.clock.fastForward(31_000);
			await page.getByRole("link", { name: "Watch the rotation" }).click();
			await heading(page, "Rotation of db-password");
			expect(await terminal.ended).toBe(0);
			await page.getByRole("main").getByText("completed", { exact: true }).first().waitFor();
			// The script's own state: no page was loaded in between.
			const went = (await page.evaluate("globalThis.went")) as string[];
			expect(went.length).toBeGreaterThan(1);
			const steps = (await page.locator("ol.steps li").count()) - 1;
			const last = terminal.text().split("two screens").at(-1)!;
			expect(last.match(/^✓ \w+ +[\d.]+ m?s/gm)).toHaveLength(steps);
			expect(last).toContain("completed");
			// Drawn over what it was: up by its lines, and cleared.
			expect(terminal.raw()).toContain("A\r\u001b[J");
			for (const [, pod] of last.matchAll(/✓ (titanic-api-\S+) proves/g))
				await page.getByRole("row", { name: new RegExp(`${pod}.*proved`) }).waitFor();
			await idle(stack());
		},
		180_000,
	);

	test("the evidence that arrives by a click is what the command exports: whole, signed, and found in the log", async () => {
		await sweptNow(stack());
		const { page, ...window } = await signedIn("auditor", "#/compliance");
		await using _ = window as AsyncDisposable;
		const [download] = await Promise.all([
			page.waitForEvent("download"),
			page.getByRole("button", { name: "Signed evidence" }).click(),
		]);
		// Of one sweep, as of twelve weeks' runs.
		const [runs, sweeps] = await page.locator(".trend svg").all();
		expect((await sweeps!.boundingBox())?.height).toBe((await runs!.boundingBox())?.height);
		expect(await faultsOf(page)).toEqual([]);
		const { vault, folders, settings } = stack();
		const [file, key] = [join(folders.all, "clicked.json"), join(folders.all, "audit-head.jwks.json")];
		await download.saveAs(file);
		const keys = vault.owner.keyVersions(names.signingKey).map(({ jwk }) => jwk);
		await writeFile(key, JSON.stringify({ keys }));
		const clicked = await readFile(file, "utf8");
		const { evidence } = JSON.parse(clicked) as SignedEvidence;
		expect(download.suggestedFilename()).toBe(`evidence-${evidence.head.asOf.slice(0, 10)}.json`);

		const verified = await rotator(["compliance", "verify", "--key", key, file]);
		expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("It is what the app signed.") });
		const exported = await rotator(["compliance", "--format", "json"], await asPerson("auditor"));
		const again = JSON.parse(exported.stdout) as SignedEvidence;
		// What a moment later is another one: when it was, and how far the log went.
		const lasting = ({ head: { asOf: _, period: __, log: ___, ...head }, ...rest }: SignedEvidence["evidence"]) => ({
			...rest,
			head,
		});
		expect(lasting(again.evidence)).toEqual(lasting(evidence));
		const log = await rotator(["audit", "verify", "--key", key, "--json"], settings);
		expect(JSON.parse(log.stdout)).toMatchObject({ whole: true });

		await writeFile(file, clicked.replace('"overdue": false', '"overdue": true').replace('"rows": ', '"rows": 1'));
		expect((await rotator(["compliance", "verify", "--key", key, file])).code).toBe(1);
	}, 180_000);
});
