// What is written to one vault, and its word that it was too much.
// CT1. A version counts once it is answered, or once its answer is lost; until then it is part of the room that was asked for.
// CT2. What the vault turned away does not count: Key Vault says so of its own limit.

import type { Budget } from "../../ports/budget.ts";
import { askedPause, type Policy } from "./pipeline.ts";

/** Where the vault does not say for how long: its documentation's first pause. */
const usualMs = 1_000;
/** Whatever it says: an absurd `Retry-After` must not close the vault until the app's next start. */
const longestMs = 60_000;

/** @see https://learn.microsoft.com/azure/key-vault/general/overview-throttling */
export const counted = ({ spend, close }: Pick<Budget, "spend" | "close">): Policy => ({
	name: "titanic-counted",
	async sendRequest(request, next) {
		const answer = await next(request).catch((error: unknown) => {
			if (request.method === "PUT") spend();
			throw error;
		});
		const { status, headers } = answer;
		if (status === 429) close(Math.min(askedPause(headers.get("retry-after")) ?? usualMs, longestMs));
		else if (request.method === "PUT" && status !== 401) spend();
		return answer;
	},
});
