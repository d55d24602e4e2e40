// The stand-in for `@azure/functions-core`, the module that the real worker gives to an app.
// Invariant: there is one of it in the process, the same for CommonJS, ES modules and bundles (app.ts sees to
// that). Were there two, functions would register with the one and be looked for in the other.
import { log } from "./log.ts";

/** One binding of a function as the app declared it: `type` is `httpTrigger`, `durableClient`, .. */
export interface Binding {
	type: string;
	direction: "in" | "out";
	[option: string]: unknown;
}

export interface FunctionMetadata {
	name: string;
	bindings: Record<string, Binding>;
}

/** What crosses between host and app: exactly one of the fields is set. Source: FunctionRpc.proto, `TypedData`. */
export interface TypedData {
	string?: string;
	json?: string;
	bytes?: Uint8Array;
	int?: number;
	double?: number;
	http?: HttpData;
}

export type Nullable<T> = { value: T } | undefined;

export interface Cookie {
	name: string;
	value: string;
	domain?: Nullable<string>;
	path?: Nullable<string>;
	expires?: Nullable<{ seconds: number }>;
	secure?: Nullable<boolean>;
	httpOnly?: Nullable<boolean>;
	sameSite?: "none" | "lax" | "strict" | "explicitNone";
	maxAge?: Nullable<number>;
}

export interface HttpData {
	method?: string;
	url?: string;
	nullableHeaders?: Record<string, { value: string }>;
	nullableQuery?: Record<string, { value: string }>;
	nullableParams?: Record<string, { value: string }>;
	body?: TypedData | null;
	statusCode?: string;
	headers?: Record<string, string>;
	cookies?: Cookie[];
}

export type Callback = (...args: unknown[]) => unknown;

export interface InvocationModel {
	getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
	invokeFunction(context: unknown, inputs: unknown[], handler: Callback): Promise<unknown>;
	getResponse(context: unknown, result: unknown): Promise<{ returnValue?: TypedData | null }>;
}

export interface CoreContext {
	invocationId: string;
	metadata: FunctionMetadata;
	request: {
		inputData: { name: string; data: TypedData | null }[];
		triggerMetadata?: Record<string, TypedData>;
		traceContext?: { traceParent: string; traceState: string };
	};
	state?: "preInvocationHooks" | "invocation" | "postInvocationHooks";
	log(level: string, category: string, message: string): void;
}

interface ProgrammingModel {
	name: string;
	version: string;
	getInvocationModel(context: CoreContext): InvocationModel;
	getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

export interface RegisteredFunction {
	metadata: FunctionMetadata;
	callback: Callback;
}

type HookName = "preInvocation" | "postInvocation" | "appStart" | "appTerminate" | "log";
type Hook = (context: Record<string, unknown>) => unknown;

const functions = new Map<string, RegisteredFunction>();
const hooks: Record<HookName, Set<Hook>> = {
	preInvocation: new Set(),
	postInvocation: new Set(),
	appStart: new Set(),
	appTerminate: new Set(),
	log: new Set(),
};
let model: ProgrammingModel | undefined;
let locked = false;

// ---- what the app's packages call ---------------------------------------------------------------------------

export const version = "3.12.0";
export const hostVersion = "4.1037.0";

export class Disposable {
	#release: () => void;
	constructor(release: () => void) {
		this.#release = release;
	}
	dispose(): void {
		this.#release();
	}
}

export function registerFunction(metadata: FunctionMetadata, callback: Callback): Disposable {
	if (locked) throw systemError(new Error("A function can only be registered during app startup."));
	if (functions.has(metadata.name)) throw systemError(new Error(`Function "${metadata.name}" is registered twice.`));
	functions.set(metadata.name, { metadata, callback });
	return new Disposable(() => {
		if (locked) throw systemError(new Error("A function can only be disposed during app startup."));
		functions.delete(metadata.name);
	});
}

export function setProgrammingModel(given: ProgrammingModel): void {
	model = given;
}

export function getProgrammingModel(): ProgrammingModel | undefined {
	return model;
}

export function registerHook(name: HookName, callback: Hook): Disposable {
	const callbacks = hooks[name];
	if (!callbacks) throw systemError(new RangeError(`Unrecognized hook "${name}"`));
	callbacks.add(callback);
	return new Disposable(() => callbacks.delete(callback));
}

export { writeLog as log };

// ---- what the host calls ------------------------------------------------------------------------------------

/** No registration from here on. @returns the functions in the order of their names: the host's order everywhere. */
export function lockRegistration(): RegisteredFunction[] {
	locked = true;
	const names = [...functions.keys()].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
	return names.map((name) => functions.get(name)!);
}

export async function runHooks(name: HookName, context: Record<string, unknown>): Promise<void> {
	for (const hook of hooks[name]) await hook(context);
}

/** A line of the app or of its packages, after the app's log hooks had their say. */
function writeLog(level: string, category: string, message: string, source = "app", invocationContext?: unknown): void {
	const context = { level, category, message, invocationContext, hookData: {} };
	for (const hook of hooks.log) hook(context);
	log(context.level, source, context.message);
}

/** The mark by which the packages tell the host's own errors from the app's. */
function systemError<E extends Error>(error: E): E {
	return Object.assign(error, { isAzureFunctionsSystemError: true });
}
