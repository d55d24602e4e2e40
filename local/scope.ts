// Everything that was started is stopped, whenever the interruption comes.
// SC1. A start that is under way when the scope closes is awaited and then undone. Otherwise: Ctrl-C in the first second
//      leaves a database server and its folder behind.
// SC2. Nothing is stopped while something is still being started with it: an aborted signal only keeps new things from
//      starting, and their starter closes the scope. Otherwise: what is half up fails, in odd ways, on what is gone already.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Scope extends AsyncDisposable {
	/** Starts something and keeps it until the scope closes; throws the signal's reason once that is aborted. */
	use<T extends AsyncDisposable>(start: () => Promise<T>): Promise<T>;
}

/** @param signal from then on nothing new starts */
export function scope(signal?: AbortSignal): Scope {
	const started: AsyncDisposable[] = [];
	const starting = new Set<Promise<unknown>>();
	return {
		async use(start) {
			signal?.throwIfAborted();
			const begun = start().then((thing) => {
				started.push(thing);
				return thing;
			});
			starting.add(begun);
			return begun.finally(() => starting.delete(begun));
		},
		async [Symbol.asyncDispose]() {
			await Promise.allSettled(starting);
			for (const thing of started.splice(0).reverse()) {
				try {
					await thing[Symbol.asyncDispose]();
				} catch (error) {
					process.stderr.write(`while stopping: ${(error as Error).message}\n`);
				}
			}
		},
	};
}

/** A new folder for this run only, gone with the scope. */
export async function temporaryFolder(prefix: string): Promise<AsyncDisposable & { readonly path: string }> {
	const path = await mkdtemp(join(tmpdir(), prefix));
	return {
		path,
		[Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
	};
}
