// The files of CAs that a configuration names.
// CF1. A file holds certificates that can all be read, at least one. Otherwise: an empty one means the system's CAs without a
//      word, and what is cut off or not PEM shows as a server that is not trusted. Kept by: authorities.test.ts.
// CF2. What time alone makes wrong, an expired CA, refuses its own server's rotations only. Otherwise: one forgotten CA keeps
//      every password from being rotated.

import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Configuration } from "./configuration.ts";

export interface Authorities {
	/** The file's text. */
	readonly pem: string;
	/** When the last of its certificates expires. */
	readonly until: Date;
}

/** @returns what the file holds, or what is wrong with it, as the end of a sentence that begins with the file */
export async function authoritiesIn(file: string, folder: string): Promise<Authorities | { readonly wrong: string }> {
	let content: Buffer;
	try {
		content = await readFile(resolve(folder, file));
	} catch (error) {
		const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
		return { wrong: isMissing ? "is not there; paths are relative to the configuration" : "cannot be read" };
	}
	return authoritiesOf(content);
}

const begin = /^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----\s*$/gm;
const block = /^-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----\s*?\n[^-]*\n-----END \1?CERTIFICATE-----\s*$/gm;

export function authoritiesOf(content: Buffer): Authorities | { readonly wrong: string } {
	const pem = content.toString("utf8");
	if (pem.trim() === "") return { wrong: "is empty; give a PEM file, or leave the option out for the system's CAs" };
	const begun = pem.match(begin)?.length ?? 0;
	if (begun === 0) return { wrong: whatElse(content) };
	const certificates = [...pem.matchAll(block)].map(([text]) => certificateIn(text));
	const broken = certificates.indexOf(undefined);
	if (certificates.length < begun || broken !== -1) {
		const nth = broken === -1 ? "" : `, its ${broken + 1}. certificate`;
		return { wrong: `is cut off or damaged${nth}; get it again, and look at it: openssl x509 -in FILE -noout -text` };
	}
	const ends = certificates.map((certificate) => certificate!.validToDate.getTime());
	return { pem, until: new Date(Math.max(...ends)) };
}

function certificateIn(content: Buffer | string): X509Certificate | undefined {
	try {
		return new X509Certificate(content);
	} catch {
		return undefined;
	}
}

/** A file without a certificate in PEM. */
function whatElse(content: Buffer): string {
	if (certificateIn(content)) return "is DER, not PEM; convert it: openssl x509 -inform der -in FILE -out FILE.pem";
	if (content.includes("-----BEGIN PKCS7-----"))
		return "is PKCS #7; convert it: openssl pkcs7 -print_certs -in FILE -out FILE.pem";
	if (content.includes("\0-\0-\0B")) return "is in UTF-16; convert it: iconv -f UTF-16 -t ASCII FILE > FILE.pem";
	// A SEQUENCE of ASN.1: not a certificate, so perhaps a list of some.
	if (content[0] === 0x30)
		return "is binary and no certificate; if it is PKCS #7: openssl pkcs7 -inform der -print_certs -in FILE -out FILE.pem";
	return "has no certificate in it, no line -----BEGIN CERTIFICATE-----";
}

/** The sentence's end for a file whose certificates have all expired; `undefined` where one has not. */
export const expiredAt = ({ until }: Authorities, now: Date): string | undefined =>
	until <= now
		? `has expired certificates only, the last on ${until.toISOString().slice(0, 10)}; give the CA's new one`
		: undefined;

export interface WrongFile {
	readonly path: readonly string[];
	readonly message: string;
}

/** @param now where it is given, expired files are reported too */
export async function wrongFiles(
	{ servers, clusters, notifications }: Pick<Configuration, "servers" | "clusters" | "notifications">,
	folder: string,
	now?: Date,
): Promise<WrongFile[]> {
	const named = [
		...Object.entries(servers).map(([name, { tls }]) => ({ path: ["servers", name, "tls", "ca"], file: tls.ca })),
		...Object.entries(clusters).map(([name, { ca }]) => ({ path: ["clusters", name, "ca"], file: ca })),
		...Object.entries(notifications).map(([name, { ca }]) => ({ path: ["notifications", name, "ca"], file: ca })),
	];
	const looked = named.map(async ({ path, file }) => {
		if (file === undefined) return [];
		const found = await authoritiesIn(file, folder);
		const message = "wrong" in found ? found.wrong : now && expiredAt(found, now);
		return message === undefined ? [] : [{ path, message }];
	});
	return (await Promise.all(looked)).flat();
}
