/** Waits for a condition: runs `check` until it no longer throws, and rethrows its last error at the deadline. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 60_000): Promise<T> {
	for (const deadline = Date.now() + withinMs; ; ) {
		try {
			return await check();
		} catch (error) {
			if (Date.now() > deadline) throw error;
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
