// Who may call what. Invariant: the answers of the real host, which tell a key that is good elsewhere (403, but 401 on
// an HTTP function) from none or a wrong one (401).
import type { Incoming } from "./server.ts";

export interface Keys {
	function: string;
	master: string;
	eventGrid: string;
	durable: string;
}

/** @returns the status to refuse with, or undefined: the caller may go on */
export type Guard = (request: Incoming) => 401 | 403 | undefined;

export function guards(keys: Keys) {
	const admits =
		(good: string[], foreign: string[]): Guard =>
		(request) => {
			const key = request.url.searchParams.get("code") || String(request.headers["x-functions-key"] ?? "");
			if (good.includes(key)) return undefined;
			return foreign.includes(key) ? 403 : 401;
		};
	return {
		/** An HTTP function, by the `authLevel` of its trigger. */
		function: (level: unknown): Guard => {
			if (level === "anonymous") return () => undefined;
			return admits(level === "admin" ? [keys.master] : [keys.function, keys.master], []);
		},
		admin: admits([keys.master], [keys.function, keys.eventGrid, keys.durable]),
		eventGrid: admits([keys.eventGrid, keys.master], [keys.function]),
		durable: admits([keys.durable, keys.master], [keys.function]),
	};
}
