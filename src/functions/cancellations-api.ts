// POST /api/rotations/{id}/cancellations

import * as df from "durable-functions";
import { cancelRotation } from "../lib/http/cancellations.ts";
import { http } from "./wiring.ts";

df.app.client.http("cancelRotation", {
	route: "rotations/{id}/cancellations",
	methods: ["POST"],
	authLevel: "anonymous",
	handler: http(cancelRotation),
});
