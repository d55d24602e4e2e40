// The API over the world in memory, asked as an operator asks it.

import { HttpRequest } from "@azure/functions";
import { operations } from "../../../src/api/operations.ts";
import type { Handler } from "../../../src/lib/http/answer.ts";
import { operatorsOf } from "../../../src/lib/http/authentication.ts";
import type { Rotations } from "../../../src/lib/ports/orchestration.ts";
import { world } from "../triggers/world.ts";
import { expectDescribed, idOf } from "./described.ts";
import { type Claims, tokens } from "./tokens.ts";

export interface Ask {
	name?: string;
	code?: string;
	channel?: string;
	id?: string;
	query?: Record<string, string>;
	/** Default of an order: `{}`; null: none. */
	body?: string | Buffer | null;
	/** An empty one takes the header away. */
	headers?: Record<string, string>;
	claims?: Claims;
	/** In place of a good token. */
	authorization?: string | null;
	url?: string;
	rotations?: Rotations;
}

/** An API over the world in memory, whose operator has the role Rotation.Operate unless claims say otherwise. */
export async function api() {
	const made = await tokens();
	const base = world();
	const operators = operatorsOf(made.settings);
	const ask = async (handler: Handler, asked: Ask = {}) => {
		const { name, id, code, channel, query, headers, claims, authorization, rotations = base.call.rotations } = asked;
		const token = authorization === undefined ? `Bearer ${await made.sign(claims)}` : authorization;
		const isOrder = operations[idOf(handler)].method === "POST";
		const given = asked.body === undefined && isOrder ? "{}" : (asked.body ?? undefined);
		const body = given === undefined ? undefined : Buffer.from(given);
		const sent = {
			...(token !== null && { authorization: token }),
			...(body !== undefined && {
				"content-type": "application/json",
				"content-length": `${body.byteLength}`,
			}),
			...headers,
		};
		const request = new HttpRequest({
			method: isOrder ? "POST" : "GET",
			url: asked.url ?? "http://127.0.0.1/api",
			headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== "")),
			query,
			params: {
				...(name !== undefined && { name }),
				...(id !== undefined && { id }),
				...(code !== undefined && { code }),
				...(channel !== undefined && { channel }),
			},
			// As the Functions host hands it over.
			...(body !== undefined && { body: { bytes: body } }),
		});
		const answer = await handler(request, { ...base.call, rotations, operators });
		const text = String(answer.body);
		const content = JSON.parse(text);
		expectDescribed(handler, answer.status!, content);
		return {
			status: answer.status,
			headers: new Headers(answer.headers as Record<string, string>),
			body: content,
			text,
		};
	};
	return { ...base, ...made, ask };
}
