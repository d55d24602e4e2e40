// `npm run demo`: a near-expiry event rotates db-password, and everything is proved from outside.
// DM1. Exit 0 only when every proof holds. DM2. However it ends, no process and no folder stays behind.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { addresses, narrator, resultObject, verdicts } from "./demo-report.ts";
import { prove } from "./proof.ts";
import { follow, rotationOf, until } from "./rotation-watch.ts";
import { scope } from "./scope.ts";
import { bringUp } from "./stack.ts";
import { traffic } from "./traffic.ts";

const help = `Brings up the whole local stack, lets Key Vault report that db-password is near its expiry, and proves the rotation.

Usage: npm run demo -- [options]

  --keep                    leave everything running afterwards and print the addresses; Ctrl-C ends it
  --json                    print one JSON object as the last line (progress goes to standard error)
  --driver 1.5|1.6          which generation of the Secrets Store CSI driver (default 1.5)
  --host-command COMMAND    run the app on another Functions host; $PORT is replaced
  --eventgrid-key KEY       that host's system key of the Event Grid webhook
  --function-key KEY        that host's function key
  --help

Examples:
  npm run demo
  npm run demo -- --keep
  npm run demo -- --host-command 'func start --port $PORT'

Exit code: 0 proved, 1 not proved, 2 wrong options, 130 interrupted.
`;

const interrupted = new AbortController();
// A second Ctrl-C changes nothing: what is being stopped must be stopped to the end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort());

process.exitCode = await main();

async function main(): Promise<number> {
	const options = given();
	if (options === undefined) return 2;
	if (options.help) {
		process.stdout.write(help);
		return 0;
	}
	const parts = scope();
	try {
		return await Promise.race([demo(options, parts), stopped()]);
	} catch (error) {
		process.stderr.write(`\n${(error as Error).message}\n`);
		return 1;
	} finally {
		await parts[Symbol.asyncDispose]();
	}
}

function given() {
	try {
		const { values } = parseArgs({
			options: {
				keep: { type: "boolean", default: false },
				json: { type: "boolean", default: false },
				help: { type: "boolean", default: false },
				driver: { type: "string", default: "1.5" },
				"host-command": { type: "string" },
				"eventgrid-key": { type: "string" },
				"function-key": { type: "string" },
			},
		});
		const { driver } = values;
		if (driver !== "1.5" && driver !== "1.6") throw new Error(`--driver is "${driver}"; give 1.5 or 1.6`);
		return { ...values, driver } as const;
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${help}`);
		return undefined;
	}
}

function stopped(): Promise<number> {
	return new Promise((resolve) => {
		interrupted.signal.addEventListener("abort", () => {
			process.stderr.write("\nStopping everything…\n");
			resolve(130);
		});
	});
}

async function demo(options: NonNullable<ReturnType<typeof given>>, parts: ReturnType<typeof scope>): Promise<number> {
	const say = narrator(options.json ? process.stderr : process.stdout);
	say.title("Bringing up the local stack");
	const eventGrid = options["eventgrid-key"];
	const functionKey = options["function-key"];
	const stack = await bringUp(
		{
			appDir: fileURLToPath(new URL("../dist/app", import.meta.url)),
			driver: options.driver,
			hostCommand: options["host-command"],
			keys: {
				...(eventGrid !== undefined && { eventGrid }),
				...(functionKey !== undefined && { function: functionKey }),
			},
			onUp: say.up,
		},
		parts,
	);
	const calls = await parts.use(async () => traffic(stack.service.url));
	await until("the client's first answers", 20, async () => (calls.requests - calls.failed > 20 ? true : undefined));

	say.title("db-password expires in 29 days: Key Vault reports it near expiry");
	stack.vault.fireDueEvents();
	const rotationId = await until("the rotation's start", 60, () => rotationOf(stack, "db-password"));
	const answers: string[] = [];
	const status = await follow(stack, rotationId, {
		seconds: 300,
		onStatus: (seen) => {
			answers.push(JSON.stringify(seen));
			say.status(seen);
		},
	});
	await stack.topic.idle();

	say.title("Proving it from outside");
	const served = calls.requests;
	await until("requests after the rotation", 20, async () => (calls.requests > served + 40 ? true : undefined));
	const proof = await prove(stack, answers);
	const checks = verdicts(status, proof, calls);
	say.result(status, proof, calls, checks);
	const proved = checks.every(({ holds }) => holds);
	if (options.keep) {
		say.addresses(addresses(stack));
		if (options.json) process.stdout.write(`${JSON.stringify(resultObject(status, proof, calls))}\n`);
		return stopped();
	}
	await calls[Symbol.asyncDispose]();
	const object = JSON.stringify(resultObject(status, proof, calls));
	await parts[Symbol.asyncDispose]();
	if (options.json) process.stdout.write(`${object}\n`);
	return proved ? 0 : 1;
}
