// Every error's answer: problem details (RFC 9457) made of a fault's own texts, so nothing foreign gets out.

import { STATUS_CODES } from "node:http";
import type { HttpResponseInit } from "@azure/functions";
import type { Fault, FaultCode } from "../domain/fault.ts";

/** Of the rest, a transient fault is 503, a final one 500. */
const statuses: Partial<Record<FaultCode, number>> = {
	"token-missing": 401,
	"token-rejected": 401,
	"app-role-missing": 403,
	"name-not-valid": 400,
	"query-not-valid": 400,
	"parameter-not-valid": 400,
	"body-length-missing": 411,
	"body-missing": 400,
	"body-incomplete": 400,
	"body-not-json": 400,
	"body-not-valid": 400,
	"body-too-large": 413,
	"body-type-unknown": 415,
	"secret-not-configured": 404,
	"rotation-unknown": 404,
	"report-missing": 404,
	// Nothing is started without a valid configuration or an audit log: the service is not available.
	"configuration-invalid": 503,
	"audit-forbidden": 503,
	"audit-broken": 503,
	"internal-error": 500,
};

/** What a status asks for besides the body (RFC 6750, section 3; RFC 9110, section 10.2.3). */
const headersOf: Readonly<Record<number, Record<string, string>>> = {
	401: { "WWW-Authenticate": "Bearer" },
	503: { "Retry-After": "10" },
};

export function problemResponse(fault: Fault): HttpResponseInit {
	const status = statuses[fault.code] ?? (fault.transient ? 503 : 500);
	return {
		status,
		headers: { "Content-Type": "application/problem+json", "Cache-Control": "no-store", ...headersOf[status] },
		body: JSON.stringify({
			type: `urn:titanic-secret-rotator:${fault.code}`,
			title: STATUS_CODES[status],
			status,
			detail: fault.sentence,
			code: fault.code,
			next: fault.next,
		}),
	};
}
