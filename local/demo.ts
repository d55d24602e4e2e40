// `npm run demo`: a near-expiry event rotates db-password, and everything is proved from outside.
// DM1. Exit 0 only when every proof holds.
// DM2. However it ends, no process and no folder stays behind. Kept by: demo.test.ts.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { addresses, narrator, ofBoth, resultObject, verdicts } from "./demo-report.ts";
import { codeOf, interruption, leave } from "./interruption.ts";
import { keep } from "./keep.ts";
import { nextRun } from "./next-run.ts";
import { prove } from "./proof.ts";
import { follow, rotationOf, type Status } from "./rotation-watch.ts";
import { defaultScenario, type ScenarioName, scenarioCalled, scenarioList, scenarios, secretOf } from "./scenarios.ts";
import { type Stack, startStack } from "./stack.ts";
import { together } from "./together.ts";
import { traffic } from "./traffic.ts";
import { until } from "./until.ts";

const help = `Brings up the whole local stack, lets Key Vault report that a secret is near its expiry, and proves the rotation.

Usage: npm run demo -- [options]

  --scenario NAME           which strategy, delivery path and kind of workload (default ${defaultScenario}); list prints all
  --keep                    leave everything running afterwards, with what is needed to go on: addresses, a file of
                            tokens for each role, commands to begin with; Ctrl-C ends it
  --json                    print one JSON object as the last line (progress goes to standard error)
  --driver 1.5|1.6          which generation of the Secrets Store CSI driver (default 1.5)
  --host-command COMMAND    run the app on another Functions host; $PORT is replaced by the port to listen on
  --eventgrid-key KEY       that host's system key of the Event Grid webhook
  --function-key KEY        that host's function key
  --help

Examples:
  npm run demo
  npm run demo -- --keep
  npm run demo -- --scenario list
  npm run demo -- --host-command 'func start --port $PORT'

Exit code: 0 proved, 1 not proved, 2 wrong options, 130 interrupted before it was proved or not.
`;

const appDir = fileURLToPath(new URL("../dist/app", import.meta.url));

const signal = interruption();
await leave(await main());

async function main(): Promise<number> {
	const options = given();
	if (options === undefined) return 2;
	if (options.help) {
		process.stdout.write(help);
		return 0;
	}
	if (options.scenario === "list") {
		process.stdout.write(scenarioList());
		return 0;
	}
	if (!existsSync(join(appDir, "host.json"))) {
		process.stderr.write(`The app is not built: there is no ${appDir}. Run: npm run build\n`);
		return 1;
	}
	signal.addEventListener("abort", () => process.stderr.write("\nStopping everything…\n"));
	try {
		const { proved, object } = await demo(options, options.scenario);
		// After everything has been stopped: nothing can come behind the last line.
		if (options.json && !options.keep) process.stdout.write(`${object}\n`);
		return proved ? 0 : 1;
	} catch (error) {
		if (signal.aborted) return codeOf(signal);
		process.stderr.write(`\n${(error as Error).message}\n`);
		return 1;
	}
}

function given() {
	try {
		const { values } = parseArgs({
			options: {
				keep: { type: "boolean", default: false },
				json: { type: "boolean", default: false },
				help: { type: "boolean", default: false },
				scenario: { type: "string", default: defaultScenario },
				driver: { type: "string", default: "1.5" },
				"host-command": { type: "string" },
				"eventgrid-key": { type: "string" },
				"function-key": { type: "string" },
			},
		});
		const { driver } = values;
		const scenario = values.scenario === "list" ? values.scenario : scenarioCalled(values.scenario);
		if (driver !== "1.5" && driver !== "1.6") throw new Error(`--driver is "${driver}"; give 1.5 or 1.6`);
		return { ...values, driver, scenario } as const;
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${help}`);
		return undefined;
	}
}

async function demo(
	options: NonNullable<ReturnType<typeof given>>,
	name: ScenarioName,
): Promise<{ proved: boolean; object: string }> {
	const scenario = scenarios[name];
	const say = narrator(scenario, options.json ? process.stderr : process.stdout);
	say.title("Bringing up the local stack");
	const eventGrid = options["eventgrid-key"];
	const functionKey = options["function-key"];
	await using stack = await startStack({
		appDir,
		scenario,
		driver: options.driver,
		hostCommand: options["host-command"],
		keys: {
			...(eventGrid !== undefined && { eventGrid }),
			...(functionKey !== undefined && { function: functionKey }),
		},
		onUp: say.up,
		signal,
	});
	// A key without fallbacks ends the sessions that it signed.
	await using calls = traffic(stack.service.url, { hasSession: scenario.together === undefined });
	const answered = (count: number) => async () => (calls.requests - calls.failed > count ? true : undefined);
	await until("the client's first answers", 60, answered(20), signal);
	say.note("a client calls titanic-api from now on, and counts what fails");

	const secret = secretOf(scenario);
	const besides = scenario.together && (await together(stack, scenario.together, signal));
	const due = scenario.together ? `${secret} and ${scenario.together} expire` : `${secret} expires`;
	say.title(`${due} in 29 days: Key Vault reports it near expiry`);
	stack.vault.fireDueEvents();
	const rotationId = await until("the rotation's start", 120, () => rotationOf(stack, secret), signal);
	const watch = (id: string) => follow(stack, id, { seconds: 300, signal, onStatus: say.status });
	let status = await watch(rotationId);
	let old = stack.firstPassword;
	if (scenario.rollsBack) {
		old = stack.vault.owner.get("db-password")?.value ?? "";
		say.title("An operator goes back to the value from before");
		status = await watch(await rollsBack(stack, status));
	}

	const awaited = status.consumers?.filter(({ awaits }) => awaits).length ?? 0;
	if (scenario.kind === "CronJob") {
		say.title("A person begins the CronJob's next run, and the sweep looks at it");
		status = await nextRun(stack, status.rotationId, signal);
	}

	say.title("Proving it from outside");
	await until("requests after the rotation", 60, answered(calls.requests - calls.failed + 40), signal);
	const other = await besides?.(status.rotationId);
	const proof = await prove(stack, old);
	signal.throwIfAborted();
	const checks = [...verdicts(scenario, status, proof, calls, awaited), ...(other ? ofBoth(other) : [])];
	say.result(status, proof, calls, checks);
	const proved = checks.every(({ holds }) => holds);
	const object = JSON.stringify({ ...resultObject(name, status, proof, calls), ...(other && { together: other }) });
	if (options.keep) {
		say.addresses(addresses(stack), await keep(stack));
		if (options.json) process.stdout.write(`${object}\n`);
		await new Promise((resolve) => signal.addEventListener("abort", resolve));
	}
	return { proved, object };
}

/** As the runbook says: from the version that was seen. Once the rotation has put its own things away: one runs at a time. */
function rollsBack(stack: Stack, { version }: Status): Promise<string> {
	return until("the rollback's start", 60, async () => {
		const body = { version, dryRun: false, reason: "an application cannot use the new password" };
		const answer = await stack.api("secrets/db-password/rollbacks", { method: "POST", body });
		if (answer.status === 409) return undefined;
		const { rotationId, code } = (await answer.json()) as { rotationId: string; code?: string };
		if (answer.status !== 202) throw new Error(`POST rollbacks: ${answer.status} ${code}`);
		return rotationId;
	});
}
