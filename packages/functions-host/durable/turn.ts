// One turn of an orchestration: what happened since the last one goes into the history, the orchestrator runs through
// all of it, what it newly asks for is begun.
// T1. A turn is one transaction. Otherwise: a kill between "the activity is scheduled" and "it is in the history"
//     runs the activity twice, or never.
// T2. A turn counts only if no other one was committed meanwhile; it changes nothing but the hub, so it may be lost.
// T3. One host at a time makes a turn of an instance: it holds a lease, which ends with the turn, or by itself if the host
//     was killed. A host that stands still for longer has lost it, and then T2 makes its turn void.
import type { RegisteredFunction } from "../core-api.ts";
import { asError, type Invoke, logFailure } from "../invoke.ts";
import { log } from "../log.ts";
import { type Action, type Decision, type Walk, walk } from "./actions.ts";
import { asEvent, begin, continueAsNew, finish, type Outcome } from "./execution.ts";
import { EventType, event, type HistoryEvent, isOver } from "./history.ts";
import type { Instance, Message, Store } from "./store.ts";

export interface TurnParts {
	store: Store;
	invoke: Invoke;
	orchestrators: Map<string, RegisteredFunction>;
	activities: Map<string, RegisteredFunction>;
}

/** What an orchestrator gives back after running through its history. */
interface State {
	isDone: boolean;
	actions: Action[][];
	output?: unknown;
	customStatus?: unknown;
	error?: string;
}

type Ending = Outcome | { continueWith: string };

/** How long nobody else makes a turn of an instance. Milliseconds; a turn takes a few. */
const leaseTime = 5000;

interface Begun {
	before: Instance;
	all: Message[];
	messages: Message[];
	history: HistoryEvent[];
}

/** Makes the turn of an instance, if it has something to hear of and no other host is at it. */
export async function takeTurn(parts: TurnParts, id: string): Promise<void> {
	const { store } = parts;
	const begun = store.atomic(() => beginTurn(store, id));
	if (!begun) return;
	try {
		await makeTurn(parts, begun);
	} catch (error) {
		store.endTurn(id);
		throw error;
	}
}

function beginTurn(store: Store, id: string): Begun | undefined {
	const now = Date.now();
	const before = store.instance(id);
	if (!before || !store.leaseTurn(id, now, now + leaseTime)) return undefined;
	const all = store.messages(id, now);
	const messages = all.filter(({ execution }) => execution === null || execution === before.execution);
	if (!isOver(before.status) && messages.length > 0) return { before, all, messages, history: store.history(id) };
	store.dropMessages(all);
	store.endTurn(id);
	return undefined;
}

async function makeTurn(parts: TurnParts, { before, all, messages, history }: Begun): Promise<void> {
	const { store } = parts;
	const { id } = before;
	const stale = all.filter((message) => !messages.includes(message));
	const now = laterThan(history);

	const terminated = messages.find((message) => message.event.EventType === EventType.ExecutionTerminated);
	const control = messages.filter((message) => isControl(message.event));
	const lastWord = control.at(-1)?.event.EventType;
	const suspended = lastWord === undefined ? before.status === "Suspended" : lastWord === EventType.ExecutionSuspended;
	const news = messages.filter((message) => !control.includes(message));

	if (terminated || suspended || news.length === 0) {
		const heard = terminated ? all : [...stale, ...control];
		const told = control.map((message) => message.event);
		const quiet: Instance = {
			...before,
			status: suspended ? "Suspended" : "Running",
			updated: now,
			turn: before.turn + 1,
		};
		commit(store, before, heard, () => {
			store.append(id, told);
			if (!terminated) store.saveInstance(quiet);
			else
				finish(store, before, now, { status: "Terminated", output: JSON.stringify(terminated.event.Result ?? null) });
		});
		return;
	}

	// A start comes first, even if events for the new execution were there before it.
	const started = (message: Message) => (message.event.EventType === EventType.ExecutionStarted ? 0 : 1);
	news.sort((a, b) => started(a) - started(b) || a.id - b.id);
	const added = [event("OrchestratorStarted", now), ...control.map((m) => m.event), ...news.map((m) => m.event)];
	const { state, ending, decisions } = await decide(parts, before, history, added);

	commit(store, before, all, () => {
		store.append(id, [
			...added,
			...decisions.map((decision) => asEvent(decision, before, now)),
			event("OrchestratorCompleted", now),
		]);
		for (const decision of decisions) begin(store, before, decision, now);
		const customStatus = state?.customStatus === undefined ? before.customStatus : JSON.stringify(state.customStatus);
		const after: Instance = { ...before, customStatus, status: "Running", updated: now, turn: before.turn + 1 };
		if (!ending) store.saveInstance(after);
		else if ("continueWith" in ending) continueAsNew(store, after, ending.continueWith, now);
		else finish(store, after, now, ending);
	});
}

/** Runs the orchestrator and finds out what follows from its answer. Changes nothing. */
async function decide(
	{ orchestrators, activities, invoke }: TurnParts,
	instance: Instance,
	history: HistoryEvent[],
	added: HistoryEvent[],
): Promise<{ state?: State; ending?: Ending; decisions: Decision[] }> {
	const { name } = instance;
	const fail = (message: string): Ending => {
		const output = `Orchestrator function '${name}' failed: ${message}`;
		log("error", name, `${instance.id}: ${output}`);
		return { status: "Failed", output: JSON.stringify(output) };
	};
	const called = orchestrators.get(name);
	if (!called) {
		const what = `The function '${name}' doesn't exist, is disabled, or is not an orchestrator function.`;
		const known = [...orchestrators.keys()].map((known) => `'${known}'`).join(", ") || "none";
		return {
			ending: fail(`${what} Additional info: The following are the known orchestrator functions: ${known}.`),
			decisions: [],
		};
	}

	let state: State;
	try {
		const returned = await invoke(called, { string: contextOf(instance, history, added) });
		state = JSON.parse(returned?.json ?? "null");
	} catch (error) {
		const [text, data] = asError(error).message.split("\n\n$OutOfProcData$:");
		if (data === undefined) return { ending: fail(text!), decisions: [] };
		state = JSON.parse(data);
		// An orchestrator that throws something without a message hangs on the real host, too; say so at least.
		if (state.error === undefined)
			logFailure(name, new Error("it threw something that is not an Error: the instance stays Running"));
	}

	let walked: Walk;
	try {
		const exists = (kind: string, wanted: string) => {
			const found = (kind === "activity" ? activities : orchestrators).has(wanted);
			if (!found)
				log("error", name, `${instance.id}: the ${kind} '${wanted}' is not registered: the instance stays Running`);
			return found;
		};
		walked = walk(state.actions.flat(), [...history, ...added], exists);
	} catch (error) {
		return { state, ending: fail((error as Error).message), decisions: [] };
	}
	const { decisions, finished, continueWith, mismatch } = walked;
	if (mismatch) return { state, ending: fail(mismatch), decisions: [] };
	if (finished && state.error !== undefined) return { state, ending: fail(state.error), decisions };
	if (finished && continueWith) return { state, ending: { continueWith: continueWith.input }, decisions };
	if (finished && state.isDone)
		return { state, ending: { status: "Completed", output: JSON.stringify(state.output ?? null) }, decisions };
	return { state, decisions };
}

/** The orchestrator's input. Written by hand: an input that is no JSON must reach the package, which refuses it. */
function contextOf(instance: Instance, history: HistoryEvent[], added: HistoryEvent[]): string {
	const played = [
		...history.map((past) => ({ ...past, IsPlayed: true })),
		...added.map((past) => ({ ...past, IsPlayed: false })),
	];
	const rest = {
		history: played,
		instanceId: instance.id,
		isReplaying: history.length > 0,
		parentInstanceId: instance.parent?.id ?? null,
		upperSchemaVersion: 1,
		upperSchemaVersionNew: 3,
		longRunningTimerIntervalDuration: "3.00:00:00",
		maximumShortTimerDuration: "6.00:00:00",
		defaultHttpAsyncRequestSleepTimeMillseconds: 30000,
	};
	return `{"input":${instance.input ?? "null"},${JSON.stringify(rest).slice(1)}`;
}

function commit(store: Store, before: Instance, heard: Message[], change: () => void): void {
	store.atomic(() => {
		store.endTurn(before.id);
		const current = store.instance(before.id);
		if (current?.execution !== before.execution || current.turn !== before.turn) return;
		store.dropMessages(heard);
		change();
	});
}

const isControl = ({ EventType: type }: HistoryEvent) =>
	type === EventType.ExecutionSuspended ||
	type === EventType.ExecutionResumed ||
	type === EventType.ExecutionTerminated;

/** The orchestrator's clock moves on with each turn, also if two come within one millisecond. */
function laterThan(history: HistoryEvent[]): number {
	const last = history.findLast((past) => past.EventType === EventType.OrchestratorStarted);
	return Math.max(Date.now(), last ? Date.parse(last.Timestamp) + 1 : 0);
}
