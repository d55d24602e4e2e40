// How an execution begins, what it begins, and how it ends. Everything here runs inside one transaction of the store.
// Invariant: an end leaves no message for its execution behind, and its parent hears of it in the same transaction.
// Otherwise: a kill between the two leaves a parent that waits for ever.
import { randomUUID } from "node:crypto";
import { log } from "../log.ts";
import type { Decision } from "./actions.ts";
import { event, failure, type HistoryEvent, isOver } from "./history.ts";
import type { Instance, Store } from "./store.ts";

export interface Outcome {
	status: "Completed" | "Failed" | "Terminated";
	/** JSON text. */
	output: string | null;
}

/** Begins what the orchestrator newly asked for. */
export function begin(store: Store, instance: Instance, decision: Decision, now: number): void {
	const { id, execution } = instance;
	if (decision.kind === "activity") {
		store.addWork({ instance: id, execution, task: decision.id, name: decision.name, input: decision.input }, now);
	} else if (decision.kind === "timer") {
		const FireAt = new Date(decision.fireAt).toISOString();
		store.send(id, execution, event("TimerFired", decision.fireAt, { TimerId: decision.id, FireAt }), decision.fireAt);
	} else {
		const child = childId(instance, decision);
		const existing = store.instance(child);
		if (existing && !isOver(existing.status)) {
			log(
				"warning",
				instance.name,
				`${id}: the child ${child} is already running: it is not started, and never answers`,
			);
			return;
		}
		createInstance(
			store,
			{ id: child, name: decision.name, input: decision.input, parent: { id, execution, task: decision.id } },
			now,
		);
	}
}

/** The decision as the history keeps it. */
export function asEvent(decision: Decision, instance: Instance, now: number): HistoryEvent {
	const { id: EventId } = decision;
	if (decision.kind === "timer")
		return event("TimerCreated", now, { EventId, FireAt: new Date(decision.fireAt).toISOString() });
	const { name: Name, input: Input } = decision;
	if (decision.kind === "activity") return event("TaskScheduled", now, { EventId, Name, Input });
	return event("SubOrchestrationInstanceCreated", now, {
		EventId,
		Name,
		Input,
		InstanceId: childId(instance, decision),
	});
}

const childId = ({ execution }: Instance, { id, instanceId }: Decision & { kind: "child" }) =>
	instanceId || `${execution}:${id}`;

/** Puts a new instance, and the message that starts it, in the place of whatever had its id. */
export function createInstance(
	store: Store,
	given: Pick<Instance, "id" | "name" | "input" | "parent">,
	now: number,
): void {
	const execution = randomUUID().replaceAll("-", "");
	store.forget(given.id);
	store.saveInstance({
		...given,
		execution,
		output: null,
		customStatus: null,
		status: "Pending",
		created: now,
		updated: now,
		turn: 0,
	});
	sendStart(store, { ...given, execution }, now);
}

/** The custom status stays, unheard events of the old execution go: as on the real host. */
export function continueAsNew(store: Store, old: Instance, input: string, now: number): void {
	store.dropMessagesOf(old.id, old.execution);
	store.dropHistory(old.id);
	const next = { ...old, execution: randomUUID().replaceAll("-", ""), input, created: now };
	store.saveInstance(next);
	sendStart(store, next, now);
}

function sendStart(
	store: Store,
	{ id, execution, name, input }: Pick<Instance, "id" | "execution" | "name" | "input">,
	now: number,
): void {
	store.send(id, execution, event("ExecutionStarted", now, { Name: name, Input: input }), now);
}

/** Ends an instance, and notifies its parent. */
export function finish(store: Store, instance: Instance, now: number, { status, output }: Outcome): void {
	const { id, name, parent, execution } = instance;
	store.append(id, [event("ExecutionCompleted", now, { OrchestrationStatus: status, Result: output })]);
	store.dropMessagesOf(id, execution);
	store.saveInstance({ ...instance, status, output, updated: now, turn: instance.turn + 1 });
	if (!parent || !store.instance(parent.id)) return;
	const TaskScheduledId = parent.task;
	const reason = String(JSON.parse(output ?? "null"));
	const told =
		status === "Completed"
			? event("SubOrchestrationInstanceCompleted", now, { TaskScheduledId, Result: output })
			: event("SubOrchestrationInstanceFailed", now, { TaskScheduledId, ...failure(reason, new Error(reason)) });
	log("debug", name, `${id}: ${status}, told to ${parent.id}`);
	store.send(parent.id, parent.execution, told, now);
}
