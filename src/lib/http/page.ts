// The operators' page: an HTML document, a script and a style sheet, the same for everybody. What it shows it asks the API for, as
// the person who signs in there.
// PAG1. What is served is on a list that was made from the build; nothing of a URL becomes a path. Otherwise: a request for
//       `/../package.json` reads the app's folder. Kept by: page.test.ts.
// PAG2. Nothing in the document is a script or a style of its own, and nothing is loaded from anywhere else. Otherwise: text that
//       gets into it acts as the person who is signed in. Kept by: page.test.ts.
// PAG3. What carries a hash in its name never changes; the document is asked for each time. Otherwise: a browser runs last month's
//       script against this month's API.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import type { Settings } from "../config/settings.ts";

/** By file name, with what the build has compressed. */
export type PageFiles = ReadonlyMap<string, { readonly type: string; readonly forms: Forms }>;
type Forms = Readonly<Partial<Record<Encoding, Uint8Array>>>;
const encodings = ["br", "gzip", "identity"] as const;
type Encoding = (typeof encodings)[number];

const endings: Readonly<Record<Encoding, string>> = { br: ".br", gzip: ".gz", identity: "" };
const types: Readonly<Record<string, string>> = {
	js: "text/javascript; charset=utf-8",
	css: "text/css; charset=utf-8",
};

/** @param folder what `node build.ts` made of src/page; nothing else in it is served */
export async function readPage(folder: string): Promise<PageFiles> {
	const names = (await readdir(folder)).filter((name) => /^page-[0-9A-Z]{8}\.(js|css)$/.test(name));
	const read = names.map(async (name) => {
		const forms = encodings.map(async (one) => [one, await readFile(join(folder, name + endings[one]))] as const);
		const type = types[name.split(".")[1]!]!;
		return [name, { type, forms: Object.fromEntries(await Promise.all(forms)) as Forms }] as const;
	});
	return new Map(await Promise.all(read));
}

interface SignIn {
	readonly clientId: string;
	/** `https://login.microsoftonline.com/<tenant>` */
	readonly authority: string;
	readonly issuer: string;
	readonly scope: string;
}

type PageSettings = Pick<Settings, "OPERATORS_ISSUER" | "OPERATORS_AUDIENCE" | "PAGE_CLIENT_ID" | "PAGE_AUTHORITY_URL">;

/** @returns `undefined` where nobody can sign in */
export function signInOf(settings: PageSettings): SignIn | undefined {
	const { OPERATORS_ISSUER: issuer, OPERATORS_AUDIENCE: audience, PAGE_CLIENT_ID: clientId } = settings;
	if (clientId === undefined) return undefined;
	const authority = (settings.PAGE_AUTHORITY_URL ?? issuer.replace(/\/v2\.0\/?$/, "")).replace(/\/$/, "");
	if (!URL.canParse(authority)) return undefined;
	return { clientId, authority, issuer, scope: `${audience}/.default` };
}

/** `GET /` and the two files that it names. */
export function answerPage(
	{ params, headers }: Pick<HttpRequest, "params" | "headers">,
	files: PageFiles,
	signIn?: SignIn,
) {
	const name = params.file ?? "";
	if (name === "") return answered(document(files, signIn), headers, policyOf(signIn));
	const file = files.get(name);
	if (!file) return nothing;
	const accepted = encodingFor(headers.get("accept-encoding") ?? "", file.forms);
	const body = file.forms[accepted]!;
	return answered(body, headers, {
		"Content-Type": file.type,
		"Cache-Control": "public, max-age=31536000, immutable",
		Vary: "Accept-Encoding",
		...(accepted !== "identity" && { "Content-Encoding": accepted }),
	});
}

const nosniff = { "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer" };

const nothing: HttpResponseInit = {
	status: 404,
	headers: { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", ...nosniff },
	body: "There is nothing at this address.",
};

function answered(
	body: string | Uint8Array,
	asked: HttpRequest["headers"],
	more: Record<string, string>,
): HttpResponseInit {
	// One for each form of a file: its bytes are what it is made of.
	const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
	const headers = { ETag: etag, ...nosniff, ...more };
	const known = (asked.get("if-none-match") ?? "").split(",").map((one) => one.trim().replace(/^W\//, ""));
	if (!known.includes(etag)) return { status: 200, headers, body };
	const { "Content-Type": _, "Content-Encoding": __, ...kept } = headers as Record<string, string>;
	return { status: 304, headers: kept };
}

function encodingFor(accept: string, forms: Forms): Encoding {
	const offers = accept.split(",").map((offer) => offer.split(";").map((part) => part.trim().toLowerCase()));
	const accepts = (one: string) =>
		offers.some(([name, quality]) => name === one && !/^q=0(\.0*)?$/.test(quality ?? ""));
	return encodings.find((one) => forms[one] && accepts(one)) ?? "identity";
}

const policyOf = (signIn: SignIn | undefined): Record<string, string> => ({
	"Content-Type": "text/html; charset=utf-8",
	"Cache-Control": "no-cache",
	"Content-Security-Policy": [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data:",
		`connect-src 'self'${signIn ? ` ${new URL(signIn.authority).origin}` : ""}`,
		"frame-ancestors 'none'",
		"base-uri 'none'",
		"form-action 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	].join("; "),
	"Cross-Origin-Opener-Policy": "same-origin",
	"Permissions-Policy": "camera=(), geolocation=(), microphone=()",
});

const icon =
	"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path d='M8 2a6 6 0 1 0 6 6' fill='none' stroke='#2f6fdb' stroke-width='2.5' stroke-linecap='round'/><path d='M8 0v5l4-2.5z' fill='#2f6fdb'/></svg>";

function document(files: PageFiles, signIn: SignIn | undefined): string {
	const [script, style] = ["js", "css"].map((ending) => [...files.keys()].find((name) => name.endsWith(`.${ending}`)));
	const data = Object.entries(signIn ?? {}).map(
		([name, value]) => ` data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}="${escaped(value)}"`,
	);
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Secret rotation</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<link rel="stylesheet" href="/${style}">
<script type="module" src="/${script}"></script>
</head>
<body>
<div id="page"${data.join("")}></div>
<noscript>This page needs JavaScript. The command <code>rotator</code> does the same without a browser.</noscript>
</body>
</html>
`;
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
