// The host's own API: its state, what the app registered, and a run of a function by hand. For the master key only.
import { triggerOf } from "./app.ts";
import { hostVersion, type RegisteredFunction } from "./core-api.ts";
import type { Guard } from "./keys.ts";
import { type Handle, json } from "./server.ts";

/**
 * @param run starts a function by hand, without waiting for its end; false if its trigger cannot be run by hand
 * @see https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
 */
export function adminApi(
	functions: Map<string, RegisteredFunction>,
	guard: Guard,
	run: (called: RegisteredFunction, triggerType: string, input: unknown) => boolean,
): Handle {
	return (request) => {
		const refused = guard(request);
		if (refused) return { status: refused };
		const { pathname } = request.url;
		if (request.method === "GET" && pathname === "/admin/host/status")
			return json(200, {
				id: "local",
				state: "Running",
				version: hostVersion,
				processUptime: Math.round(process.uptime() * 1000),
			});
		if (request.method === "GET" && pathname === "/admin/functions")
			return json(
				200,
				[...functions.values()].map(({ metadata: { name, bindings } }) => ({
					name,
					config: { name, bindings: Object.entries(bindings).map(([name, binding]) => ({ name, ...binding })) },
					isDisabled: false,
					language: "node",
				})),
			);

		const name = /^\/admin\/functions\/([^/]+)$/.exec(pathname)?.[1];
		const called = [...functions.values()].find(({ metadata }) => metadata.name.toLowerCase() === name?.toLowerCase());
		if (request.method !== "POST" || !called) return { status: 404 };
		let input: unknown;
		try {
			input = JSON.parse(request.body.toString("utf8") || "{}")?.input;
		} catch {
			return { status: 400, body: 'The body must be JSON like {"input":""}.' };
		}
		const { trigger } = triggerOf(called.metadata.bindings);
		if (run(called, trigger.type.toLowerCase(), input)) return { status: 202 };
		return { status: 400, body: `A ${trigger.type} cannot be run by hand on this host.` };
	};
}
