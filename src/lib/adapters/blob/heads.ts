// Signed heads on append blobs: `heads/<month>.ndjson`, one line a head.
// HB1. Order does not matter, so no append is bound to a place, and two writers at once need not know of each other.
//      Kept by: head-store.test.ts.

import type { TokenCredential } from "@azure/identity";
import { type Line, linesIn } from "../../domain/audit-chain.ts";
import { Fault } from "../../domain/fault.ts";
import { lineOfHead, parseHead } from "../../domain/signed-head.ts";
import type { HeadStore, KeptHeads } from "../../ports/audit-head.ts";
import type { Perform } from "../../ports/effect.ts";
import { type ContainerOptions, contentOf, listed, nameOfContainer, openContainer, patience } from "./container.ts";
import { codeOf, troubleOf } from "./faults.ts";

const folder = "heads/";
/** Azure takes 50,000 appends a blob; a month's blob continues in further ones. */
const mostBlobsAMonth = 99;

export function blobHeadStore(
	options: ContainerOptions & { credential: TokenCredential; perform?: Perform },
): HeadStore & KeptHeads {
	const container = openContainer(options);
	const store = nameOfContainer(options.containerUrl);

	async function append(name: string, line: string): Promise<void> {
		const blob = container.getAppendBlobClient(name);
		const send = () => blob.appendBlock(line, Buffer.byteLength(line), { abortSignal: patience() });
		try {
			await send();
		} catch (error) {
			if (codeOf(error) !== "BlobNotFound") throw error;
			await blob.create({ conditions: { ifNoneMatch: "*" }, abortSignal: patience() }).catch((refused) => {
				if (codeOf(refused) !== "BlobAlreadyExists") throw refused;
			});
			await send();
		}
	}

	return {
		async append(signed) {
			const line = lineOfHead(signed);
			const month = signed.head.time.slice(0, 7);
			try {
				for (let part = 1; part <= mostBlobsAMonth; part++) {
					try {
						return await append(blobOf(month, part), line);
					} catch (error) {
						if (codeOf(error) !== "BlockCountExceedsLimit") throw error;
					}
				}
				throw new Fault("heads-rejected", { store, detail: `${folder}${month} is full` });
			} catch (error) {
				throw headsFault(error, store, "append to");
			}
		},
		async *all() {
			for await (const { text } of headLines(options)) {
				const head = parseHead(text);
				if (head) yield head;
			}
		},
	};
}

const blobOf = (month: string, part: number): string =>
	`${folder}${month}${part === 1 ? "" : `_${String(part).padStart(2, "0")}`}.ndjson`;

/** The heads as they lie there, the oldest blob first, for anyone who checks them. Throws what `HeadStore` throws. */
export async function* headLines(options: ContainerOptions): AsyncGenerator<Line> {
	const container = openContainer(options);
	try {
		for (const { name, size } of await listed(container, folder))
			yield* linesIn(name, contentOf(container, name, size));
	} catch (error) {
		throw headsFault(error, nameOfContainer(options.containerUrl), "read");
	}
}

function headsFault(error: unknown, store: string, right: string): Fault {
	if (error instanceof Fault) return error;
	if (troubleOf(error) === "forbidden") return new Fault("heads-forbidden", { store, right }, error);
	return new Fault("heads-unavailable", { store }, error);
}
