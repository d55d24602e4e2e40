// GET /api/compliance

import * as df from "durable-functions";
import { showCompliance } from "../lib/http/compliance.ts";
import { http } from "./wiring.ts";

df.app.client.http("showCompliance", {
	route: "compliance",
	methods: ["GET"],
	authLevel: "anonymous",
	handler: http(showCompliance),
});
