// A person with a session at titanic-api: one that began before the rotation, and one that is signed again with each answer,
// by whichever pod answered.

/** @returns what asks once more, and what failed */
export function session(url: string): () => Promise<string | undefined> {
	let first: string | undefined;
	let last: string | undefined;
	const ask = async (cookie: string | undefined): Promise<string> => {
		const headers: Record<string, string> = cookie === undefined ? {} : { cookie: `session=${cookie}` };
		const answer = await fetch(`${url}/session`, { headers, signal: AbortSignal.timeout(10_000) });
		const body = await answer.text();
		if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${body.slice(0, 120)}`);
		return /^session=([^;]+)/.exec(answer.headers.get("set-cookie") ?? "")?.[1] ?? "";
	};
	return async () => {
		try {
			first ??= await ask(undefined);
			await ask(first);
			last = await ask(last ?? first);
			return undefined;
		} catch (error) {
			const { name, message, cause } = error as Error & { cause?: Error };
			return `session: ${name}: ${cause?.message ?? message}`;
		}
	};
}
