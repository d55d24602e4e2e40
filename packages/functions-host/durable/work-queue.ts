// Activities: taken from the hub, run, their result sent to the orchestration.
// Invariant: the result and the end of the work are one transaction. Otherwise: a kill between the two runs a
// finished activity again.
import type { RegisteredFunction, TypedData } from "../core-api.ts";
import { asError, type Invoke, logFailure } from "../invoke.ts";
import { event, failure } from "./history.ts";
import type { Store, Work } from "./store.ts";

/** Runs one activity to its end and reports it to its orchestration. While it runs, its claim is renewed. */
export async function perform(
	{ store, invoke, activities }: { store: Store; invoke: Invoke; activities: Map<string, RegisteredFunction> },
	work: Work,
	visibilityTimeout: number,
): Promise<void> {
	const renewal = setInterval(() => store.renewWork(work, Date.now() + visibilityTimeout), visibilityTimeout / 2);
	const { name, task: TaskScheduledId, instance, execution } = work;
	const ended = await run().finally(() => clearInterval(renewal));
	store.atomic(() => {
		if (store.endWork(work) && store.instance(instance)) store.send(instance, execution, ended, Date.now());
	});

	async function run() {
		const called = activities.get(name);
		try {
			if (!called)
				throw new Error(`The function '${name}' doesn't exist, is disabled, or is not an activity function.`);
			const returned = await invoke(called, asInput(work.input), { instanceId: { string: instance } });
			return event("TaskCompleted", Date.now(), { TaskScheduledId, Result: asResult(returned) });
		} catch (error) {
			logFailure(name, error);
			const thrown = asError(error);
			const told = failure(`Activity function '${name}' failed:  ${thrown.message}`, thrown);
			return event("TaskFailed", Date.now(), { TaskScheduledId, ...told });
		}
	}
}

/**
 * JSON text, which the package parses: a text too, with its quotes. Otherwise: a text that looks like JSON becomes something
 * else. The real host writes true and false as .NET does.
 */
function asInput(input: string | null): TypedData | null {
	const value: unknown = input === null ? null : JSON.parse(input);
	if (value === null) return null;
	if (typeof value === "boolean") return { string: value ? "True" : "False" };
	return { string: input! };
}

/** JSON text. */
function asResult(returned: TypedData | null | undefined): string {
	if (!returned) return "null";
	if (returned.json !== undefined) return returned.json;
	if (returned.bytes !== undefined) return JSON.stringify(Buffer.from(returned.bytes).toString("base64"));
	return JSON.stringify(returned.string ?? returned.int ?? returned.double ?? null);
}
