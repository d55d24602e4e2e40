// One call of a function, in the order of the real worker: arguments, pre hooks, function, post hooks, answer.
// Invariant: a hook may replace inputs, handler, result and error, and what it left there counts.
import { randomBytes, randomUUID } from "node:crypto";
import {
	log as appLog,
	type Binding,
	type Callback,
	type CoreContext,
	getProgrammingModel,
	type RegisteredFunction,
	runHooks,
	type TypedData,
} from "./core-api.ts";
import { log } from "./log.ts";

/** @returns what the function returned; throws what it threw */
export type Invoke = (
	called: RegisteredFunction,
	input: TypedData | null,
	triggerMetadata?: Record<string, TypedData>,
	invocationId?: string,
) => Promise<TypedData | null | undefined>;

/** @param extraInput the data of an input binding that is not the trigger, `durableClient` for example */
export function createInvoke(extraInput: (binding: Binding) => TypedData | null): Invoke {
	const appHookData = {};
	return async ({ metadata, callback }, input, triggerMetadata, invocationId = randomUUID()) => {
		const inputData = Object.entries(metadata.bindings)
			.filter(([, { direction }]) => direction === "in")
			.map(([name, binding]) => ({ name, data: /trigger$/i.test(binding.type) ? input : extraInput(binding) }));
		const core: CoreContext = {
			invocationId,
			metadata,
			request: { inputData, triggerMetadata: triggerMetadata ?? {}, traceContext: newTrace() },
			log: (level, category, message) => appLog(level, category, message, metadata.name, invocationContext),
		};
		let invocationContext: unknown;
		const model = getProgrammingModel()!.getInvocationModel(core);
		const { context, inputs } = await model.getArguments();
		invocationContext = context;
		const hookData = {};

		core.state = "preInvocationHooks";
		const pre = { hookData, appHookData, invocationContext: context, functionCallback: callback as Callback, inputs };
		await runHooks("preInvocation", pre);

		core.state = "invocation";
		let result: unknown;
		let error: unknown;
		try {
			result = await model.invokeFunction(context, pre.inputs, pre.functionCallback);
		} catch (thrown) {
			error = asError(thrown);
		}

		core.state = "postInvocationHooks";
		const post = { hookData, appHookData, invocationContext: context, inputs: pre.inputs, result, error };
		await runHooks("postInvocation", post);

		if (post.error !== undefined && post.error !== null) throw asError(post.error);
		return (await model.getResponse(context, post.result)).returnValue;
	};
}

/** Logs a failed call as the real host does. */
export function logFailure(name: string, error: unknown): void {
	const { stack, message } = asError(error);
	log("error", name, `Executed 'Functions.${name}' (Failed): ${stack ?? message}`);
}

export function asError(thrown: unknown): Error {
	if (thrown instanceof Error) return thrown;
	// An app's error may come from another realm: what counts is that it has a message.
	if (typeof thrown === "object" && thrown !== null && "message" in thrown) return thrown as Error;
	return new Error(typeof thrown === "string" ? thrown : (JSON.stringify(thrown) ?? "Unknown error"));
}

function newTrace() {
	return { traceParent: `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-00`, traceState: "" };
}
