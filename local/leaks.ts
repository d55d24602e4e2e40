// The canary: a password of this run is looked for in everything that anybody wrote anywhere.
// LK1. Each place is searched as bytes and in every form the password may have taken. Where it belongs (vault, the pods'
//      own files and environment, the synced Secret) is not searched. A place that cannot be read is an error, not a pass.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A place to search: all files below a folder, or a text. */
export type Place =
	| { readonly name: string; readonly folder: string }
	| { readonly name: string; readonly text: string };

export interface Leak {
	readonly place: string;
	readonly form: string;
}

/** The password, and what encodings make of it; base64 at each of its three alignments. */
function forms(secret: string): Map<string, string> {
	const shifted = [0, 1, 2].map((shift) => {
		const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)])
			.toString("base64")
			.replace(/=+$/, "");
		// The first and last characters mix with the neighbours' bits.
		return encoded.slice(shift === 0 ? 0 : shift + 1, -1);
	});
	const found = new Map([["plain", secret]]);
	for (const [shift, text] of shifted.entries()) {
		found.set(`base64, shifted by ${shift}`, text);
		found.set(`base64url, shifted by ${shift}`, text.replaceAll("+", "-").replaceAll("/", "_"));
	}
	found.set("URL-encoded", encodeURIComponent(secret));
	found.set("hex", Buffer.from(secret).toString("hex"));
	found.set("UTF-16", Buffer.from(secret, "utf16le").toString("latin1"));
	return found;
}

/** Searches every place for every secret in every form. */
export async function findLeaks(secrets: readonly string[], places: readonly Place[]): Promise<Leak[]> {
	const leaks: Leak[] = [];
	const search = (place: string, content: Buffer) => {
		for (const secret of secrets) {
			for (const [form, text] of forms(secret)) {
				if (content.includes(text, 0, "latin1")) leaks.push({ place, form });
			}
		}
	};
	for (const place of places) {
		if ("text" in place) search(place.name, Buffer.from(place.text));
		else {
			for (const file of await filesBelow(place.folder)) {
				search(`${place.name}: ${file.slice(place.folder.length + 1)}`, await readFile(file));
			}
		}
	}
	return leaks;
}

async function filesBelow(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true });
	return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** What every process of this machine was started with, where the system shows it (Linux). */
export async function processArguments(): Promise<Place[]> {
	if (process.platform !== "linux") return [];
	const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
	const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
	return [{ name: "process arguments", text: texts.join("\n") }];
}
