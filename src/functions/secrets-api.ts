// GET /api/secrets

import * as df from "durable-functions";
import { listSecrets } from "../lib/http/secrets.ts";
import { http } from "./wiring.ts";

df.app.client.http("listSecrets", {
	route: "secrets",
	methods: ["GET"],
	authLevel: "anonymous",
	handler: http(listSecrets),
});
