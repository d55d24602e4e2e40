// GET /api/audit

import * as df from "durable-functions";
import { showAudit } from "../lib/http/audit.ts";
import { http } from "./wiring.ts";

df.app.client.http("showAudit", {
	route: "audit",
	methods: ["GET"],
	authLevel: "anonymous",
	handler: http(showAudit),
});
