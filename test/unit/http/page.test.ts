import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { answerPage, type PageFiles, readPage, signInOf } from "../../../src/lib/http/page.ts";

const script = "page-AAAAAAA1.js";
const style = "page-AAAAAAA2.css";
let folder = "";
let files: PageFiles;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "titanic-page-"));
	for (const name of [script, style, "other.js", "page-AAAAAAA1.js.map"])
		for (const ending of ["", ".br", ".gz"]) await writeFile(join(folder, name + ending), name + ending);
	files = await readPage(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = {
	OPERATORS_ISSUER: "https://login.microsoftonline.com/tenant/v2.0",
	OPERATORS_AUDIENCE: "api://rotator",
	PAGE_CLIENT_ID: "00000000-0000-4000-8000-000000000001",
};
const signIn = signInOf(settings);

function asked(file: string, headers: Record<string, string> = {}, how: { by?: typeof signIn } = { by: signIn }) {
	const {
		status,
		headers: told,
		body,
	} = answerPage({ params: { file }, headers: new Headers(headers) }, files, how.by);
	return {
		status,
		told: told as Record<string, string>,
		text: body === undefined ? "" : Buffer.from(body as string).toString(),
	};
}

test("the document names the script and the style sheet, and carries what signing in needs", () => {
	const { status, told, text } = asked("");
	expect([status, told["Cache-Control"], told["X-Content-Type-Options"]]).toEqual([200, "no-cache", "nosniff"]);
	expect(text).toContain(`<script type="module" src="/${script}">`);
	expect(text).toContain(`<link rel="stylesheet" href="/${style}">`);
	expect(text).toContain('data-authority="https://login.microsoftonline.com/tenant"');
	expect(text).toContain('data-scope="api://rotator/.default"');
});

test("nothing in the document is a script or a style of its own, and the policy allows none", () => {
	const { text, told } = asked("");
	expect(text.match(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:/gi)).toBeNull();
	const policy = told["Content-Security-Policy"]!;
	expect(policy).not.toMatch(/unsafe|\*|https:(?!\/\/login\.microsoftonline\.com)/);
	expect(policy).toContain("default-src 'none'");
	expect(policy).toContain("frame-ancestors 'none'");
	expect(policy).toContain("connect-src 'self' https://login.microsoftonline.com;");
});

test("what the settings say cannot get out of its attribute", () => {
	const { text } = asked(
		"",
		{},
		{ by: signInOf({ ...settings, OPERATORS_AUDIENCE: `"><script src="https://evil.example"></script>` }) },
	);
	expect(text).not.toContain('evil.example"></script>');
	expect(text).toContain("&#34;&#62;&#60;script");
});

test("without a client nobody can sign in, and the document says so", () => {
	const { text, told } = asked("", {}, { by: signInOf({ ...settings, PAGE_CLIENT_ID: undefined }) });
	expect(text).toContain('<div id="page"></div>');
	expect(told["Content-Security-Policy"]).toContain("connect-src 'self';");
});

test("a document that the browser has is not sent again, another one is", () => {
	const { told } = asked("");
	const again = asked("", { "if-none-match": `"other", W/${told.ETag}` });
	expect([again.status, again.text, again.told.ETag]).toEqual([304, "", told.ETag]);
	expect(again.told["Content-Security-Policy"]).toBe(told["Content-Security-Policy"]);
	expect(asked("", { "if-none-match": '"other"' }).status).toBe(200);
});

test.each([
	["br, gzip", ".br", "br"],
	["gzip, deflate", ".gz", "gzip"],
	["br;q=0, gzip;q=0.5", ".gz", "gzip"],
	["", "", undefined],
	["identity", "", undefined],
])("a script goes to who accepts %j as its form %j", (accept, ending, encoding) => {
	const { text, told } = asked(script, { "accept-encoding": accept });
	expect([text, told["Content-Encoding"], told.Vary]).toEqual([script + ending, encoding, "Accept-Encoding"]);
	expect(told["Content-Type"]).toBe("text/javascript; charset=utf-8");
	expect(told["Cache-Control"]).toBe("public, max-age=31536000, immutable");
});

test("each form of a file has a tag of its own", () => {
	const tags = ["br", "gzip", "identity"].map((one) => asked(script, { "accept-encoding": one }).told.ETag);
	expect(new Set(tags).size).toBe(3);
});

test.each([
	"other.js",
	`${script}.br`,
	"page-AAAAAAA1.js.map",
	`../${script}`,
	`page/${script}`,
	"../main.mjs",
	"%2e%2e/main.mjs",
	"__proto__",
	"api/nothing",
])("%s is not on the list", (file) => {
	const { status, text, told } = asked(file);
	expect([status, text, told["X-Content-Type-Options"]]).toEqual([404, "There is nothing at this address.", "nosniff"]);
});
