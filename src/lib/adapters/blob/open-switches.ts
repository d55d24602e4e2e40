// Marks of switches that have begun and are not known to have ended: a blob `open/<secret>` each.
// OS1. An ended one's is empty rather than gone. Otherwise: the app's identity needs the right to delete in this container, and
//      with it could remove the records of rotations. Kept by: blob-rights.test.ts.
// OS2. One list request shows all that are open, by their sizes, and what their tries reported. Otherwise: each minute's look costs
//      one read per secret.
// OS3. A mark is taken away by its ETag. Otherwise: a run that hung meanwhile takes away the next rotation's.
// OS4. What tries report of their gaps is in the blob's metadata, which an ended one keeps.

import type { ContainerClient } from "@azure/storage-blob";
import type { Tried } from "../../domain/gap.ts";
import type { OpenSwitch, RecordStore } from "../../ports/record-store.ts";
import { quoted } from "./container.ts";
import { codeOf } from "./faults.ts";

const folder = "open/";
/** Short: a switch waits for its mark, and goes on without it. */
const patience = () => AbortSignal.timeout(5_000);

type OpenSwitches = Pick<RecordStore, "markSwitch" | "unmarkSwitch" | "lastSwitch" | "openSwitches">;

/** @param orFault makes a Fault of what the SDK throws */
export function blobOpenSwitches(
	container: ContainerClient,
	orFault: <T>(work: Promise<T>) => Promise<T>,
): OpenSwitches {
	const put = (secret: string, content: string, tried: Tried | undefined, ifMatch?: string) =>
		container.getBlockBlobClient(`${folder}${secret}`).upload(content, Buffer.byteLength(content), {
			abortSignal: patience(),
			...(tried && { metadata: { tried: JSON.stringify(tried) } }),
			...(ifMatch !== undefined && { conditions: { ifMatch } }),
		});

	async function list(): Promise<OpenSwitch[]> {
		const found: OpenSwitch[] = [];
		const options = { prefix: folder, includeMetadata: true, abortSignal: patience() };
		for await (const { name, properties, metadata } of container.listBlobsFlat(options)) {
			const { contentLength, etag, lastModified } = properties;
			if (contentLength === 0) continue;
			const tried = triedIn(metadata?.tried);
			const secret = name.slice(folder.length);
			found.push({ secret, mark: quoted(etag), since: lastModified, ...(tried && { tried }) });
		}
		return found;
	}

	async function last(secret: string) {
		const found = await container
			.getBlobClient(`${folder}${secret}`)
			.getProperties({ abortSignal: patience() })
			.catch((error) => {
				// A request without an answer's body has the code in a header, and a missing container has one of its own.
				if (codeOf(error) === "BlobNotFound") return undefined;
				throw error;
			});
		if (!found) return undefined;
		const tried = triedIn(found.metadata?.tried);
		return { isOpen: found.contentLength !== 0, since: found.lastModified ?? new Date(0), ...(tried && { tried }) };
	}

	return {
		async markSwitch(secret, tried) {
			const { etag = "" } = await orFault(put(secret, "open", tried));
			return quoted(etag);
		},
		unmarkSwitch: (secret, mark, tried) =>
			orFault(
				put(secret, "", tried, mark).then(
					() => {},
					(error) => {
						if (codeOf(error) !== "ConditionNotMet") throw error;
					},
				),
			),
		lastSwitch: (secret) => orFault(last(secret)),
		openSwitches: () => orFault(list()),
	};
}

/** Somebody else may have written it: what does not have the form says nothing. */
function triedIn(text: string | undefined): Tried | undefined {
	try {
		const { credentialId, gapMs, openSince } = JSON.parse(text ?? "");
		const isWhole = typeof credentialId === "string" && Number.isSafeInteger(gapMs) && gapMs >= 0;
		const since = typeof openSince === "string" && !Number.isNaN(Date.parse(openSince)) ? { openSince } : {};
		return isWhole ? { credentialId, gapMs, ...since } : undefined;
	} catch {
		return undefined;
	}
}
