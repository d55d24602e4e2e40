// What an orchestrator asked for, walked through as the real host does it.
// An orchestrator's answer lists all its actions since its beginning. The real host runs through that list with the
// history beside it: it awaits each action, whether it ends well or not, before the next one. What it meets for the
// first time is what is to be done now.
// A1. Numbers are given in the order in which tasks are met, depth first; waits for events take none; every failed
//     attempt of a retried call takes one for its timer, the last attempt included. `durable-functions` counts in the
//     same way: otherwise a result would reach another task.
// A2. An execution ends only when each task it began has ended. A cancelled timer has.
import { EventType, type HistoryEvent } from "./history.ts";

interface RetryOptions {
	firstRetryIntervalInMilliseconds: number;
	maxNumberOfAttempts: number;
	backoffCoefficient?: number;
	maxRetryIntervalInMilliseconds?: number;
	retryTimeoutInMilliseconds?: number;
}

/** As durable-functions 3 sends them. */
export interface Action {
	actionType: number;
	functionName?: string;
	input?: unknown;
	instanceId?: string;
	retryOptions?: RetryOptions;
	fireAt?: string;
	isCanceled?: boolean;
	externalEventName?: string;
	compoundActions?: Action[];
}

/** Something to begin, under its number within the execution. */
export type Decision = { id: number } & (
	| { kind: "activity"; name: string; input: string | null }
	| { kind: "child"; name: string; input: string | null; instanceId: string | undefined }
	| { kind: "timer"; fireAt: number }
);

export interface Walk {
	decisions: Decision[];
	/** Whether the end of the list was reached and no task is open. */
	finished: boolean;
	/** JSON text of the next execution's input, if the orchestrator continues as new. */
	continueWith: { input: string } | undefined;
	/** Why code and history cannot belong together. */
	mismatch: string | undefined;
}

interface Task {
	ended: boolean;
	failed: boolean;
	waiting: (() => void)[];
}
type Steps = Generator<Task, void>;

const longTimer = { least: 6 * 24 * 3600_000, step: 3 * 24 * 3600_000 };

/**
 * @param exists whether a function is registered; a call of one that is not hangs, as on the real host
 * @throws Error for an action that this host does not do (entities, durable HTTP)
 */
export function walk(
	actions: Action[],
	history: HistoryEvent[],
	exists: (kind: "activity" | "child", name: string) => boolean,
): Walk {
	const decisions = new Map<number, Decision>();
	const open = new Map<number, Task>();
	const cancelled = new Set<Task>();
	const waiters = new Map<string, Task[]>();
	const buffered = new Map<string, number>();
	let continueWith: Walk["continueWith"];
	let mismatch: string | undefined;
	let main: Task | undefined;
	let count = 0;
	let now = 0;

	type Wanted = Decision extends infer D ? (D extends Decision ? Omit<D, "id"> : never) : never;
	function begin(wanted: Wanted): Task {
		const id = count++;
		const task = pending();
		decisions.set(id, { ...wanted, id } as Decision);
		open.set(id, task);
		return task;
	}

	function call(action: Action): Task {
		const name = action.functionName!;
		const kind = action.actionType <= 1 ? "activity" : "child";
		if (!exists(kind, name)) return end(pending(), true);
		if (kind === "child") return begin({ kind, name, input: asJson(action.input), instanceId: action.instanceId });
		// The package has already written a text as JSON.
		const input = typeof action.input === "string" ? action.input : asJson(action.input);
		return begin({ kind, name, input });
	}

	function* retried(action: Action): Steps {
		const options = action.retryOptions!;
		const first = now;
		for (let attempt = 0; attempt < options.maxNumberOfAttempts; attempt++) {
			const task = call(action);
			yield task;
			if (!task.failed) return;
			if (now >= first + (options.retryTimeoutInMilliseconds ?? Number.POSITIVE_INFINITY)) return;
			const pause = options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** attempt;
			const longest = options.maxRetryIntervalInMilliseconds ?? longTimer.least;
			yield begin({ kind: "timer", fireAt: now + Math.min(pause, longest) });
		}
	}

	function* timer({ fireAt, isCanceled }: Action): Steps {
		const end = Date.parse(fireAt!);
		for (;;) {
			const last = end - now <= longTimer.least;
			const task = begin({ kind: "timer", fireAt: last ? end : now + longTimer.step });
			if (isCanceled) cancelled.add(task);
			yield task;
			if (last) return;
		}
	}

	function waitFor(name: string): Task {
		const task = pending();
		const kept = buffered.get(name) ?? 0;
		if (kept > 0) {
			buffered.set(name, kept - 1);
			return end(task, false);
		}
		waiters.set(name, [...(waiters.get(name) ?? []), task]);
		return task;
	}

	function invoke(action: Action): Task {
		switch (action.actionType) {
			case 0:
			case 2:
				return call(action);
			case 1:
			case 3:
				return follow(retried(action));
			case 4:
				continueWith = { input: typeof action.input === "string" ? action.input : (asJson(action.input) ?? "null") };
				return end(pending(), false);
			case 5:
				return follow(timer(action));
			case 6:
				return waitFor(action.externalEventName!.toLowerCase());
			case 11:
				return ofMany(action.compoundActions!.map(invoke), (tasks) => tasks.some(({ ended }) => ended));
			case 12:
				return ofMany(action.compoundActions!.map(invoke), (tasks) => tasks.every(({ ended }) => ended));
			default:
				throw new Error(
					`This host does not do the orchestrator's action ${action.actionType} (entities, durable HTTP).`,
				);
		}
	}

	function* inOrder(): Steps {
		for (const action of actions) yield invoke(action);
	}

	for (const past of history) {
		const { EventId: id, TaskScheduledId, TimerId } = past;
		switch (past.EventType) {
			case EventType.OrchestratorStarted:
				now = Date.parse(past.Timestamp);
				break;
			case EventType.ExecutionStarted:
				main = follow(inOrder());
				break;
			case EventType.TaskScheduled:
			case EventType.SubOrchestrationInstanceCreated:
			case EventType.TimerCreated:
				if (!isSame(decisions.get(id), past)) mismatch ??= mismatchText(id, past);
				decisions.delete(id);
				break;
			case EventType.TaskCompleted:
			case EventType.TaskFailed:
			case EventType.SubOrchestrationInstanceCompleted:
			case EventType.SubOrchestrationInstanceFailed:
			case EventType.TimerFired: {
				const task = open.get((TaskScheduledId ?? TimerId)!);
				open.delete((TaskScheduledId ?? TimerId)!);
				if (task)
					end(task, [EventType.TaskFailed, EventType.SubOrchestrationInstanceFailed].includes(past.EventType as 6));
				break;
			}
			case EventType.EventRaised: {
				const name = past.Name!.toLowerCase();
				const waiter = waiters.get(name)?.pop();
				if (waiter) end(waiter, false);
				else buffered.set(name, (buffered.get(name) ?? 0) + 1);
				break;
			}
		}
	}
	const finished = main?.ended === true && [...open.values()].every((task) => cancelled.has(task));
	return { decisions: [...decisions.values()], finished, continueWith, mismatch };
}

const asJson = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
const pending = (): Task => ({ ended: false, failed: false, waiting: [] });

function end(task: Task, failed: boolean): Task {
	task.ended = true;
	task.failed = failed;
	for (const resume of task.waiting.splice(0)) resume();
	return task;
}

/** Runs the steps, each after the task that the one before yielded. */
function follow(steps: Steps): Task {
	const all = pending();
	const advance = () => {
		for (let next = steps.next(); ; next = steps.next()) {
			if (next.done) {
				end(all, false);
				return;
			}
			if (!next.value.ended) {
				next.value.waiting.push(advance);
				return;
			}
		}
	};
	advance();
	return all;
}

function ofMany(tasks: Task[], enough: (tasks: Task[]) => boolean): Task {
	const all = pending();
	const check = () => {
		if (!all.ended && enough(tasks)) end(all, false);
	};
	for (const task of tasks) if (!task.ended) task.waiting.push(check);
	check();
	return all;
}

function isSame(decision: Decision | undefined, past: HistoryEvent): boolean {
	if (past.EventType === EventType.TimerCreated) return decision?.kind === "timer";
	const kind = past.EventType === EventType.TaskScheduled ? "activity" : "child";
	return decision?.kind === kind && decision.name === past.Name;
}

function mismatchText(id: number, past: HistoryEvent): string {
	const what = past.Name ? `the task '${past.Name}'` : "a timer";
	return (
		`Non-Deterministic workflow detected: A previous execution of this orchestration scheduled ${what} with sequence ID ${id}, ` +
		"but the current replay execution hasn't (yet?) scheduled this task. Was a change made to the orchestrator code after this instance had already started running?"
	);
}
