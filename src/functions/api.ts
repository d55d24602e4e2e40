// The HTTP API, a function for each operation. Anonymous for the host: tokens are checked in code, so that no function key opens
// anything.

import * as df from "durable-functions";
import { type OperationId, operations } from "../api/operations.ts";
import { handlers } from "../lib/http/handlers.ts";
import { http } from "./wiring.ts";

for (const [id, { method, path }] of Object.entries(operations)) {
	df.app.client.http(id, {
		// The host puts nothing before it (`routePrefix` in host.json): the page is at `/`.
		route: path.slice(1),
		methods: [method],
		authLevel: "anonymous",
		handler: http(handlers[id as OperationId]),
	});
}
