// POST /api/secrets/{name}/rotations, GET /api/rotations/{id}. Anonymous for the host: tokens are checked in code, so that
// no function key opens anything.

import * as df from "durable-functions";
import { showRotation, startRotation } from "../lib/http/rotations.ts";
import { http } from "./wiring.ts";

df.app.client.http("startRotation", {
	route: "secrets/{name}/rotations",
	methods: ["POST"],
	authLevel: "anonymous",
	handler: http(startRotation),
});

df.app.client.http("showRotation", {
	route: "rotations/{id}",
	methods: ["GET"],
	authLevel: "anonymous",
	handler: http(showRotation),
});
