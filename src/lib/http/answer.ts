// One call of the API ends in one answer; every error becomes a problem.
// AN1. A handler never throws. Otherwise: the host answers with its own page, or, streaming, never.

import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import type { Ports } from "../app.ts";
import type { Tell } from "../domain/notice.ts";
import type { Rotations } from "../ports/orchestration.ts";
import { asFault } from "../steps/boundary.ts";
import type { Operators } from "./authentication.ts";
import { problemResponse } from "./problem.ts";

export interface Deps {
	readonly ports: Ports;
	readonly rotations: Rotations;
	readonly operators: Operators;
	/** The Functions invocation id. */
	readonly attempt: string;
	readonly log: (line: string) => void;
	readonly warn: (line: string) => void;
	readonly tell: Tell;
}

export type Handler = (request: HttpRequest, deps: Deps) => Promise<HttpResponseInit>;

/** Nothing thrown gets past it. */
export async function answering(
	{ log, attempt }: Pick<Deps, "log" | "attempt">,
	work: () => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
	try {
		return await work();
	} catch (error) {
		const fault = asFault(error, "http");
		log(`refused: ${fault.message}`);
		return problemResponse(fault, attempt);
	}
}

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): HttpResponseInit => ({
	status,
	headers: {
		"Content-Type": "application/json",
		"Cache-Control": "no-store",
		"X-Content-Type-Options": "nosniff",
		...headers,
	},
	body: JSON.stringify(body),
});
