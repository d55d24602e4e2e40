// The host: one app, one task hub, one HTTP address.
// Invariant: a request is answered only when the app is loaded and all it needs is there; one that comes before waits.
// Otherwise: an event that comes early is answered 404, and Event Grid drops it.
import { adminApi } from "./admin.ts";
import { loadApp } from "./app.ts";
import { runHooks } from "./core-api.ts";
import { startHub } from "./durable/hub.ts";
import { clientInput, webhook } from "./durable/links.ts";
import { openStore } from "./durable/store.ts";
import { eventGridWebhook } from "./event-grid.ts";
import { httpTriggers } from "./http.ts";
import { createInvoke, logFailure } from "./invoke.ts";
import { guards, type Keys } from "./keys.ts";
import { log, setLeastLevel } from "./log.ts";
import { managementApi } from "./management-api.ts";
import { type Handle, listen } from "./server.ts";
import { readSettings } from "./settings.ts";
import { timerTriggers } from "./timers.ts";

/** How long the end of the host waits for functions that still run. Milliseconds. */
const patience = 3000;

export interface RunningHost extends AsyncDisposable {
	url: string;
}

/**
 * Loads an app into this process and serves it.
 * @param port 0 = any free one
 * @throws UsageError in one sentence; EADDRINUSE; whatever the app throws while it loads
 */
export async function runHost(options: {
	appDir: string;
	stateDir: string;
	port: number;
	keys: Keys;
}): Promise<RunningHost> {
	const { appDir, stateDir, port, keys } = options;
	await using undo = new AsyncDisposableStack();
	const settings = readSettings(appDir, process.env);
	setLeastLevel(settings.logLevel);
	const store = undo.use(openStore(stateDir, settings.durable.hubName));

	// The port is taken before the app loads, as the app may want to know the address; its gate opens below.
	const gate = Promise.withResolvers<Handle>();
	const rpcGate = Promise.withResolvers<Handle>();
	const server = undo.use(await listen(port, async (request) => (await gate.promise)(request)));
	const rpc = undo.use(await listen(0, async (request) => (await rpcGate.promise)(request)));
	const url = `http://127.0.0.1:${server.port}`;
	process.env.WEBSITE_HOSTNAME = `127.0.0.1:${server.port}`;

	const { functions, httpUri } = await loadApp(appDir);
	const client = clientInput(url, settings.durable.hubName, keys.durable, `http://127.0.0.1:${rpc.port}/durabletask/`);
	const invoke = createInvoke((binding) => (binding.type === "durableClient" ? client : null));
	const timers = undo.use(timerTriggers(functions, invoke, store));
	const guard = guards(keys);
	const http = httpTriggers([...functions.values()], settings.routePrefix, invoke, guard.function, httpUri);
	await runHooks("appStart", { hookData: {}, appHookData: {} });
	undo.defer(() => runHooks("appTerminate", { hookData: {}, appHookData: {} }));
	const hub = undo.use(startHub(store, functions, invoke, settings.durable, patience));

	const parts = {
		store,
		wake: hub.wake,
		hubName: settings.durable.hubName,
		durableKey: keys.durable,
		overridesRunning: settings.durable.overridesRunning,
	};
	const durable = managementApi(parts, webhook, "null");
	const eventGrid = eventGridWebhook(functions, invoke, guard.eventGrid);
	const admin = adminApi(functions, guard.admin, (called, trigger, input) => {
		const { name } = called.metadata;
		if (trigger === "timertrigger") timers.runByHand(name);
		else if (trigger === "eventgridtrigger")
			void invoke(called, { json: typeof input === "string" ? input : JSON.stringify(input) }).catch((error) =>
				logFailure(name, error),
			);
		else return false;
		return true;
	});
	rpcGate.resolve(managementApi(parts, "/durabletask", '""'));
	gate.resolve((request) => {
		const path = request.url.pathname.toLowerCase();
		if (path.startsWith("/admin/")) return admin(request);
		if (path === "/runtime/webhooks/eventgrid") return eventGrid(request);
		if (path === webhook || path.startsWith(`${webhook}/`)) {
			const refused = guard.durable(request);
			return refused ? { status: refused } : durable(request);
		}
		return http(request);
	});
	undo.defer(() => server.drain(patience));
	timers.start();
	const names = [...functions.values()].map(({ metadata }) => metadata.name).join(", ");
	log("information", "host", `${functions.size} functions: ${names || "none; does package.json's main register any?"}`);

	const started = undo.move();
	return { url, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
