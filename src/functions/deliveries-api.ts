// POST /api/secrets/{name}/deliveries

import * as df from "durable-functions";
import { startDelivery } from "../lib/http/rotations.ts";
import { http } from "./wiring.ts";

df.app.client.http("startDelivery", {
	route: "secrets/{name}/deliveries",
	methods: ["POST"],
	authLevel: "anonymous",
	handler: http(startDelivery),
});
