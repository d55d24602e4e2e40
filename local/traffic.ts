// A client that keeps calling titanic-api while the secret rotates, with a session: the proof that nobody notices.

import { session } from "./session.ts";

export interface Traffic extends AsyncDisposable {
	readonly requests: number;
	readonly failed: number;
	/** What failed, a short text each, at most twenty. */
	readonly failures: readonly string[];
}

/**
 * @param url of the Service
 * @param options.everyMs pause between two requests of one caller
 * @param options.callers how many call at the same time
 * @param options.hasSession each caller has a session, and whether it goes on is part of each request
 * @param options.onFailed called for each request that failed: when it began, and what failed
 */
export function traffic(
	url: string,
	options: {
		everyMs?: number;
		callers?: number;
		hasSession?: boolean;
		onFailed?: (began: number, problem: string) => void;
	} = {},
): Traffic {
	const { everyMs = 40, callers = 2, hasSession = false, onFailed } = options;
	const stopped = new AbortController();
	const failures: string[] = [];
	let requests = 0;
	let failed = 0;
	const call = async () => {
		const goesOn = hasSession ? session(url) : async () => undefined;
		while (!stopped.signal.aborted) {
			requests++;
			const began = Date.now();
			const problem = (await ask(`${url}/api/passengers?limit=3`)) ?? (await goesOn());
			if (problem !== undefined) {
				failed++;
				onFailed?.(began, problem);
				if (failures.length < 20) failures.push(problem);
			}
			await pause(everyMs, stopped.signal);
		}
	};
	const running = Promise.all(Array.from({ length: callers }, call));
	return {
		get requests() {
			return requests;
		},
		get failed() {
			return failed;
		},
		failures,
		async [Symbol.asyncDispose]() {
			stopped.abort();
			await running;
		},
	};
}

async function ask(url: string): Promise<string | undefined> {
	try {
		const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
		const body = await answer.text();
		return answer.ok ? undefined : `HTTP ${answer.status}: ${body.slice(0, 120)}`;
	} catch (error) {
		return `${(error as Error).name}: ${((error as Error).cause as Error | undefined)?.message ?? (error as Error).message}`;
	}
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
	new Promise((resolve) => {
		const timer = setTimeout(resolve, ms);
		signal.addEventListener("abort", () => {
			clearTimeout(timer);
			resolve();
		});
	});
