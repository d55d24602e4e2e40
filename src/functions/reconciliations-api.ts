// POST /api/secrets/{name}/reconciliations

import * as df from "durable-functions";
import { startReconciliation } from "../lib/http/rotations.ts";
import { http } from "./wiring.ts";

df.app.client.http("startReconciliation", {
	route: "secrets/{name}/reconciliations",
	methods: ["POST"],
	authLevel: "anonymous",
	handler: http(startReconciliation),
});
