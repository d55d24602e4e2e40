// Preloaded into the host (`--import`): writes down each request to blob storage that the app makes, one line each. Azurite keeps
// no list of them.

import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";

const { BENCH_CALLS_FILE: file, AUDIT_CONTAINER_URL: container } = process.env;
if (file && container) {
	const { host } = new URL(container);
	subscribe("http.client.request.start", ({ request }) => {
		if (request.getHeader("host") === host) appendFileSync(file, `${request.method} ${request.path}\n`);
	});
}
