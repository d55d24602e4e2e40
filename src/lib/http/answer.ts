// One call of the API: who calls, may they, the answer; every error ends here as a problem.
// AN1. A handler never throws. Otherwise: the host answers with its own page, or, streaming, never.

import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import { secretOfRotation } from "../domain/ids.ts";
import type { Tell } from "../domain/notice.ts";
import type { Rotations } from "../ports/orchestration.ts";
import { asFault } from "../steps/boundary.ts";
import type { Operator, Operators } from "./authentication.ts";
import { type AppRole, authorize } from "./authorization.ts";
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
type Answer = (request: HttpRequest, deps: Deps, operator: Operator) => Promise<HttpResponseInit>;

/** A handler for whoever is authenticated; what they may do is left to `answer`. */
export const authenticated =
	(answer: Answer): Handler =>
	(request, deps) =>
		answering(deps, async () => answer(request, deps, await deps.operators(request)));

/**
 * A handler for operators who may read.
 * @param query names of the parameters that the answer reads
 */
export const readable = (answer: Answer, query: readonly string[] = []): Handler =>
	authenticated(async (request, deps, operator) => {
		authorize(operator, "Rotation.Read" satisfies AppRole);
		onlyQuery(request, query);
		return answer(request, deps, operator);
	});

/** Nothing thrown gets past it. */
export async function answering(
	{ log }: Pick<Deps, "log">,
	work: () => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
	try {
		return await work();
	} catch (error) {
		const fault = asFault(error, "http");
		log(`refused: ${fault.message}`);
		return problemResponse(fault);
	}
}

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): HttpResponseInit => ({
	status,
	headers: { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers },
	body: JSON.stringify(body),
});

/**
 * Refuses what nobody would read. Otherwise: `?dryRun=true`, which belongs into the body, rotates.
 * @param allowed names of the parameters that are read
 * @throws Fault `query-not-valid`
 */
export function onlyQuery({ url, query }: HttpRequest, allowed: readonly string[] = []): void {
	// The URL too: on its way into an object's fields, `__proto__` gets lost.
	const names = [...query.keys(), ...(URL.parse(url)?.searchParams.keys() ?? [])];
	const unknown = names.find((name) => !allowed.includes(name));
	if (unknown === undefined) return;
	const parameter = /^\w{1,40}$/.test(unknown) ? `Parameter ${unknown}` : "A parameter";
	throw new Fault("query-not-valid", { parameter, allowed: allowed.join(", ") || "none" });
}

/** @throws Fault `name-not-valid` */
export function secretNameIn({ params }: HttpRequest): string {
	const { name = "" } = params;
	if (/^[0-9a-zA-Z-]{1,119}$/.test(name)) return name;
	throw new Fault("name-not-valid", { parameter: "secret's name", allowed: "1 to 119 letters, digits and hyphens" });
}

/** @throws Fault `name-not-valid` */
export function rotationIdIn({ params }: HttpRequest): { rotationId: string; secret: string } {
	const { id: rotationId = "" } = params;
	const secret = secretOfRotation(rotationId);
	if (secret !== undefined) return { rotationId, secret };
	throw new Fault("name-not-valid", { parameter: "rotation's id", allowed: "a secret's name, a dot and a UUID" });
}
