// The canary: are there secrets of this stack where none belongs?

import type { Stack } from "../stack.ts";
import { isAllowed } from "./allowed.ts";
import { placesOf } from "./places.ts";
import { findLeaks, type Leak } from "./search.ts";
import { secretsOf } from "./secrets.ts";

/** @throws Error when a place cannot be read, or a secret cannot be known */
export async function leaksIn(stack: Stack): Promise<Leak[]> {
	const secrets = await secretsOf(stack);
	const found = await findLeaks(secrets, await placesOf(stack));
	return found.filter(({ kind, place }) => !isAllowed(kind, place));
}
