// Everything that was started is stopped, whenever the interruption comes.
// SC1. A start that is under way when the scope closes is awaited and then undone. Otherwise: Ctrl-C in the first second
//      leaves a database server and its folder behind.

export interface Scope extends AsyncDisposable {
	/** Starts something and keeps it until the scope closes; refuses once closing. */
	use<T extends AsyncDisposable>(start: () => Promise<T>): Promise<T>;
	/** Runs when the scope closes, in reverse order with the rest. */
	defer(undo: () => Promise<void>): void;
}

export function scope(): Scope {
	const undo: (() => Promise<void>)[] = [];
	const starting = new Set<Promise<unknown>>();
	let closing = false;
	return {
		use(start) {
			if (closing) return Promise.reject(new Error("the stack is stopping"));
			const started = start().then((thing) => {
				undo.push(async () => thing[Symbol.asyncDispose]());
				return thing;
			});
			starting.add(started);
			return started.finally(() => starting.delete(started));
		},
		defer: (last) => void undo.push(last),
		async [Symbol.asyncDispose]() {
			closing = true;
			await Promise.allSettled(starting);
			for (const next of undo.splice(0).reverse()) {
				await next().catch((error) => process.stderr.write(`while stopping: ${error?.message}\n`));
			}
		},
	};
}
