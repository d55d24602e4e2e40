// The host as a program. stdout gets one line, the address, once it answers; all else goes to stderr.
import { Console } from "node:console";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { log } from "./log.ts";
import { UsageError } from "./settings.ts";

const help = `Runs a Node.js Azure Functions app (programming model v4) with Durable Functions on this machine.

npm run -s local:host -- APP_DIR --port N --state DIR --function-key K --master-key K --eventgrid-key K --durable-key K

  APP_DIR            folder with host.json and package.json
  --port N           port on 127.0.0.1; 0 = any free one
  --state DIR        where the durable task hub is kept; survives kill -9
  --function-key K   for HTTP functions of the level "function"
  --master-key K     for everything
  --eventgrid-key K  for /runtime/webhooks/eventgrid
  --durable-key K    for /runtime/webhooks/durabletask

Example:
  npm run -s local:host -- dist/app --port 7071 --state .state --function-key f1 --master-key m1 --eventgrid-key e1 --durable-key d1

Prints "Listening on http://127.0.0.1:PORT" when it is ready. AzureFunctionsJobHost__a__b=value in the environment overrides a.b of host.json.`;

// Before anything else: a signal ends the host with 0 also while it starts, and at once when it is sent again.
let stop = (): void => process.exit(0);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop());
// A starter that keeps a channel to us (start.ts) may be killed: we end with it.
process.once("disconnect", () => stop());

// What an app prints must not get among what the host says on stdout.
globalThis.console = new Console(process.stderr, process.stderr);

try {
	const options = readArguments(process.argv.slice(2));
	if (!options) process.stdout.write(`${help}\n`);
	else {
		// Loaded now, as a signal that comes while it loads must find its handler above.
		const { runHost } = await import("./host.ts");
		const host = await runHost(options);
		stop = () => {
			stop = () => process.exit(0);
			host[Symbol.asyncDispose]().then(
				() => process.exit(0),
				(error) => fail(error, 1),
			);
		};
		process.stdout.write(`Listening on ${host.url}\n`);
	}
} catch (error) {
	fail(error, error instanceof UsageError ? 2 : 1);
}

function fail(error: unknown, code: number): never {
	const { code: kind, message, stack } = error as NodeJS.ErrnoException;
	const plain = error instanceof UsageError || kind === "EADDRINUSE";
	log("error", "host", plain ? message : String(stack));
	process.exit(code);
}

function readArguments(args: string[]) {
	const text = { type: "string" } as const;
	const options = {
		port: text,
		state: text,
		"function-key": text,
		"master-key": text,
		"eventgrid-key": text,
		"durable-key": text,
	};
	let parsed: ReturnType<typeof parse>;
	const parse = () => parseArgs({ args, options: { ...options, help: { type: "boolean" } }, allowPositionals: true });
	try {
		parsed = parse();
	} catch (error) {
		throw new UsageError(`${(error as Error).message} (--help shows an example)`);
	}
	const { values, positionals } = parsed;
	if (values.help) return undefined;
	const missing = Object.keys(options).filter((name) => !values[name as keyof typeof options]);
	if (positionals.length !== 1)
		throw new UsageError("Give one APP_DIR, the folder of the app (--help shows an example).");
	if (missing.length > 0)
		throw new UsageError(`Missing: ${missing.map((name) => `--${name}`).join(" ")} (--help shows an example).`);
	const port = Number(values.port);
	if (!Number.isInteger(port) || port < 0 || port > 65535)
		throw new UsageError(`--port is "${values.port}"; give 0 to 65535.`);
	return {
		appDir: resolve(positionals[0]!),
		stateDir: resolve(values.state!),
		port,
		keys: {
			function: values["function-key"]!,
			master: values["master-key"]!,
			eventGrid: values["eventgrid-key"]!,
			durable: values["durable-key"]!,
		},
	};
}
