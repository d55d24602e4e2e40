// host.json with its overrides from the environment.
// Invariant: a setting that is there but cannot be understood stops the host with its path and value.
// Otherwise: a mistyped time-out is silently the default one.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

export interface Settings {
	/** First part of each HTTP route; may be empty. */
	routePrefix: string;
	logLevel: string;
	durable: {
		hubName: string;
		maxConcurrentActivities: number;
		maxConcurrentOrchestrators: number;
		/** How long nobody else may take an activity that was begun. Milliseconds. */
		visibilityTimeout: number;
		/** Whether an instance that is not over may be started again. */
		overridesRunning: boolean;
	};
}

/** A mistake of the one who starts the host: reported in one sentence, without a stack. */
export class UsageError extends Error {}

type Json = { [key: string]: Json | string | number | boolean | null };
const prefix = "AzureFunctionsJobHost__";

/**
 * @param appDir the folder with host.json
 * @param env `AzureFunctionsJobHost__a__b` overrides `a.b`; `%NAME%` in a text stands for the variable NAME
 * @throws UsageError names file, setting and what is allowed
 * @see https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values
 */
export function readSettings(appDir: string, env: NodeJS.ProcessEnv): Settings {
	const file = join(appDir, "host.json");
	const root = parse(file);
	for (const [name, value] of Object.entries(env)) {
		if (name.toLowerCase().startsWith(prefix.toLowerCase()) && value !== undefined)
			put(root, name.slice(prefix.length).split("__"), value);
	}
	const at = <T>(path: string, fallback: T, read: (value: unknown) => T | undefined): T => {
		const value = path.split(".").reduce<unknown>((node, key) => child(node, key), root);
		if (value === undefined || value === null) return fallback;
		const understood = read(typeof value === "string" ? resolveNames(value, env) : value);
		if (understood === undefined)
			throw new UsageError(`${file}: ${path} is ${JSON.stringify(value)}, which is not allowed.`);
		return understood;
	};
	const task = "extensions.durableTask";
	return {
		routePrefix: at("extensions.http.routePrefix", "api", text).replace(/^\/+|\/+$/g, ""),
		logLevel: at("logging.logLevel.Function", at("logging.logLevel.default", "Information", text), text),
		durable: {
			hubName: at(`${task}.hubName`, "TestHubName", hubName),
			maxConcurrentActivities: at(`${task}.maxConcurrentActivityFunctions`, 10 * availableParallelism(), count),
			maxConcurrentOrchestrators: at(`${task}.maxConcurrentOrchestratorFunctions`, 10 * availableParallelism(), count),
			visibilityTimeout: at(`${task}.storageProvider.workItemQueueVisibilityTimeout`, 300_000, timeSpan),
			overridesRunning: at(`${task}.overridableExistingInstanceStates`, false, (value) =>
				value === "NonRunningStates" ? false : value === "AnyState" ? true : undefined,
			),
		},
	};
}

/** Replaces each `%NAME%` by the variable NAME, or leaves it if there is none. */
export function resolveNames(value: string, env: NodeJS.ProcessEnv): string {
	return value.replace(/%([^%]+)%/g, (whole, name: string) => env[name] ?? whole);
}

/** `[d.]hh:mm:ss[.fff]` in milliseconds, or undefined. */
function timeSpan(value: unknown): number | undefined {
	const found = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?$/.exec(String(value));
	if (!found) return undefined;
	const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0)) as [
		number,
		number,
		number,
		number,
	];
	return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

const text = (value: unknown) => (typeof value === "string" ? value : undefined);
const count = (value: unknown) => (Number.isInteger(Number(value)) && Number(value) > 0 ? Number(value) : undefined);
const hubName = (value: unknown) =>
	typeof value === "string" && /^[A-Za-z][A-Za-z0-9]{2,44}$/.test(value) ? value : undefined;

function parse(file: string): Json {
	let content: string;
	try {
		content = readFileSync(file, "utf8");
	} catch {
		throw new UsageError(`${file} cannot be read: give the folder of a Functions app, which has a host.json.`);
	}
	try {
		return JSON.parse(content.replace(/^\uFEFF/, ""));
	} catch (error) {
		throw new UsageError(`${file} is not JSON: ${(error as Error).message}.`);
	}
}

function keyIn(node: object, key: string): string {
	return Object.keys(node).find((name) => name.toLowerCase() === key.toLowerCase()) ?? key;
}

function child(node: unknown, key: string): unknown {
	return typeof node === "object" && node !== null ? (node as Json)[keyIn(node, key)] : undefined;
}

function put(node: Json, [key, ...rest]: string[], value: string): void {
	const name = keyIn(node, key!);
	if (rest.length === 0) {
		node[name] = value;
		return;
	}
	if (typeof node[name] !== "object" || node[name] === null) node[name] = {};
	put(node[name], rest, value);
}
