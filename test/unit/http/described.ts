// An answer of the API is as its route says, to the last field.

import { expect } from "@jest/globals";
import { Problem } from "../../../src/api/answers/problem.ts";
import type { OperationId } from "../../../src/api/operations.ts";
import { type Route, routes } from "../../../src/api/routes.ts";
import type { Handler } from "../../../src/lib/http/answer.ts";
import { handlers } from "../../../src/lib/http/handlers.ts";

export const idOf = (handler: Handler): OperationId => {
	const [id] = Object.entries(handlers).find(([, one]) => one === handler) ?? [];
	if (id === undefined) throw new TypeError("This is the handler of no operation.");
	return id as OperationId;
};

/** Parsing takes away what a schema does not know: an answer that has more than it says is another one then. */
export function expectDescribed(handler: Handler, status: number, body: unknown): void {
	const route: Route = routes[idOf(handler)];
	const schema = status >= 400 ? Problem : route.answers[status]?.[1];
	expect([idOf(handler), status, schema !== undefined]).toEqual([idOf(handler), status, true]);
	expect(schema!.parse(body)).toEqual(body);
}
