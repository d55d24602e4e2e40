// Every error's answer: problem details (RFC 9457) made of a fault's own texts, so nothing foreign gets out.

import { STATUS_CODES } from "node:http";
import type { HttpResponseInit } from "@azure/functions";
import type { Fault } from "../domain/fault.ts";

/** What a status asks for besides the body (RFC 6750, section 3; RFC 9110, section 10.2.3). */
const headersOf: Readonly<Record<number, Record<string, string>>> = {
	401: { "WWW-Authenticate": "Bearer" },
	503: { "Retry-After": "10" },
};

/** @param attempt the Functions invocation id */
export function problemResponse(fault: Fault, attempt: string): HttpResponseInit {
	const { status } = fault;
	return {
		status,
		headers: {
			"Content-Type": "application/problem+json",
			"Cache-Control": "no-store",
			"X-Content-Type-Options": "nosniff",
			...headersOf[status],
		},
		body: JSON.stringify({
			type: `/api/codes/${fault.code}`,
			title: STATUS_CODES[status],
			status,
			detail: fault.sentence,
			instance: `urn:titanic-secret-rotator:call:${attempt}`,
			code: fault.code,
			next: fault.next,
		}),
	};
}
