// POST /api/secrets/{name}/rollbacks

import * as df from "durable-functions";
import { startRollback } from "../lib/http/rotations.ts";
import { http } from "./wiring.ts";

df.app.client.http("startRollback", {
	route: "secrets/{name}/rollbacks",
	methods: ["POST"],
	authLevel: "anonymous",
	handler: http(startRollback),
});
