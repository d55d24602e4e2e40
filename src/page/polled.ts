// Looks again and again: as the API asks for by `Retry-After`, faster while something runs, not at all while nobody looks.
// POL1. A look that fails leaves what was seen, and says so. Otherwise: a network that is down for a second empties the page.
// POL2. One look at a time. Otherwise: answers overtake each other, and an older one stays.

import { useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem } from "../api/client.ts";

export interface Seen<T> {
	readonly value?: T;
	/** Milliseconds since 1970. */
	readonly at?: number;
	readonly error?: Error;
	/** Looks now. */
	look(): void;
}

export interface Looked<T> {
	readonly value: T;
	/** When to look again; absent: not at all. */
	readonly seconds: number | undefined;
}

/** @param key another one starts from scratch; `undefined`: nothing is looked at */
export function usePolled<T>(key: string | undefined, look: (signal: AbortSignal) => Promise<Looked<T>>): Seen<T> {
	const [seen, setSeen] = useState<{ key?: string; value?: T; at?: number; error?: Error }>({});
	const latest = useRef(look);
	latest.current = look;
	const again = useRef(() => {});
	useEffect(() => {
		if (key === undefined) return;
		const stop = new AbortController();
		let timer: ReturnType<typeof setTimeout> | undefined;
		let isLooking = false;
		let failed = 0;
		let wanted = false;
		const next = (seconds: number | undefined) => {
			clearTimeout(timer);
			// What is not looked at is looked at once somebody comes back.
			wanted = document.hidden && seconds !== undefined;
			if (seconds !== undefined && !document.hidden) timer = setTimeout(run, seconds * 1000);
		};
		const run = async () => {
			if (isLooking) return;
			isLooking = true;
			try {
				const { value, seconds } = await latest.current(stop.signal);
				failed = 0;
				if (!stop.signal.aborted) {
					setSeen({ key, value, at: Date.now() });
					next(seconds);
				}
			} catch (error) {
				if (!stop.signal.aborted) {
					setSeen((before) => ({ ...(before.key === key ? before : { key }), error: error as Error }));
					next(pauseAfter(error, ++failed));
				}
			} finally {
				isLooking = false;
			}
		};
		const shown = () => {
			clearTimeout(timer);
			if (document.hidden) wanted = true;
			else if (wanted) void run();
		};
		again.current = () => void run();
		document.addEventListener("visibilitychange", shown);
		void run();
		return () => {
			stop.abort();
			clearTimeout(timer);
			document.removeEventListener("visibilitychange", shown);
		};
	}, [key]);
	const { key: of, ...rest } = seen;
	return { ...(of === key ? rest : {}), look: () => again.current() };
}

/** @returns seconds; `undefined` where asking again is in vain */
function pauseAfter(error: unknown, failed: number): number | undefined {
	if (error instanceof ApiProblem) {
		const mayPass = error.status === 429 || error.status >= 500;
		if (!mayPass) return undefined;
		if (error.retryAfter !== undefined) return error.retryAfter;
	}
	return Math.min(60, 3 * 2 ** failed);
}
