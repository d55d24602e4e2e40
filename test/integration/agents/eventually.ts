/** Waits for a condition: runs `check` until it no longer throws, less and less often, and rethrows its last error at the deadline. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 60_000): Promise<T> {
	const begun = Date.now();
	for (;;) {
		const waited = Date.now() - begun;
		try {
			return await check();
		} catch (error) {
			if (waited > withinMs) throw error;
		}
		await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(waited / 10, 50), 500)));
	}
}
