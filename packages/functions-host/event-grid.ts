// The Event Grid trigger's webhook: /runtime/webhooks/eventgrid?functionName=NAME&code=KEY
// Invariant: 202 only if the function took every event of the delivery. Otherwise: Event Grid never sends again
// what was lost.
import { triggeredBy } from "./app.ts";
import type { RegisteredFunction } from "./core-api.ts";
import { type Invoke, logFailure } from "./invoke.ts";
import type { Guard } from "./keys.ts";
import { log } from "./log.ts";
import { type Handle, json } from "./server.ts";

interface Event {
	data?: { validationCode?: string };
}

/** @see https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema */
export function eventGridWebhook(functions: Map<string, RegisteredFunction>, invoke: Invoke, guard: Guard): Handle {
	const names = new Set(triggeredBy(functions.values(), "eventGridTrigger").map(({ name }) => name));
	return async (request) => {
		const refused = guard(request);
		if (refused) return { status: refused };
		const name = request.url.searchParams.get("functionName") ?? "";
		if (!names.has(name)) return { status: 404, body: `cannot find function: '${name}'` };
		const origin = request.headers["webhook-request-origin"];
		if (request.method === "OPTIONS" && origin)
			return { status: 200, headers: { "webhook-allowed-origin": String(origin) } };

		const type = String(request.headers["aeg-event-type"] ?? "").toLowerCase();
		if (type === "unsubscribe") return { status: 202 };
		if (type !== "subscriptionvalidation" && type !== "notification") return { status: 400 };
		const events = parse(request.body.toString("utf8"));
		if (!events) {
			log("error", name, "The Event Grid delivery is not JSON.");
			return { status: 500 };
		}
		if (type === "subscriptionvalidation") return json(200, { validationResponse: events[0]?.data?.validationCode });

		const called = functions.get(name)!;
		const ended = await Promise.allSettled(
			events.map((event) =>
				invoke(called, { json: JSON.stringify(event) }, { data: { json: JSON.stringify(event.data ?? null) } }),
			),
		);
		const failed = ended.filter((result) => result.status === "rejected");
		for (const { reason } of failed) logFailure(name, reason);
		return { status: failed.length > 0 ? 500 : 202 };
	};
}

function parse(body: string): Event[] | undefined {
	try {
		const given: unknown = JSON.parse(body);
		const events = Array.isArray(given) ? given : [given];
		return events.every((event) => typeof event === "object" && event !== null) ? events : undefined;
	} catch {
		return undefined;
	}
}
