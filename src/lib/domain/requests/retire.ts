// What was live before, of two roles that take turns, is to open nothing any more. The sweep asks for it, and nobody else.

import type { Asked, Running } from "./asked.ts";

export interface RetireRequest extends Asked {
	readonly kind: "retire";
	readonly dryRun: false;
}

export const told = (): undefined => undefined;

export const isServed = (_: RetireRequest, { request }: Running): boolean => request.kind === "retire";
