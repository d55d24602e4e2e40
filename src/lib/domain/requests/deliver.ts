// The live version once more to its consumers, without a new password.

import { type Asked, hasBegun, type Running } from "./asked.ts";

export interface DeliverRequest extends Asked {
	readonly kind: "deliver";
}

export const told = (): undefined => undefined;

/** Whatever has begun to change things delivers in the end, unless there is nothing new. */
export function isServed(asked: DeliverRequest, running: Running): boolean {
	const { request } = running;
	if (request.dryRun !== asked.dryRun) return false;
	return request.kind === "deliver" || (!asked.dryRun && request.kind !== "retire" && hasBegun(running));
}
