// The events of an execution, named and shaped as the Durable Task framework writes them: `durable-functions`
// replays an orchestrator from exactly these.
// Invariant: an event, once written, is never changed. What was decided from it could not be replayed otherwise.

export const EventType = {
	ExecutionStarted: 0,
	ExecutionCompleted: 1,
	ExecutionTerminated: 3,
	TaskScheduled: 4,
	TaskCompleted: 5,
	TaskFailed: 6,
	SubOrchestrationInstanceCreated: 7,
	SubOrchestrationInstanceCompleted: 8,
	SubOrchestrationInstanceFailed: 9,
	TimerCreated: 10,
	TimerFired: 11,
	OrchestratorStarted: 12,
	OrchestratorCompleted: 13,
	EventRaised: 15,
	ExecutionSuspended: 19,
	ExecutionResumed: 20,
} as const;

export interface HistoryEvent {
	EventType: (typeof EventType)[keyof typeof EventType];
	/** ISO 8601, UTC. */
	Timestamp: string;
	/** Number of the task within the execution; -1 if it is about none. */
	EventId: number;
	/** Function or external event. */
	Name?: string;
	/** JSON text. */
	Input?: string | null;
	/** JSON text; of a termination the reason as it is. */
	Result?: string | null;
	TaskScheduledId?: number;
	TimerId?: number;
	FireAt?: string;
	InstanceId?: string;
	Reason?: string;
	Details?: string;
	OrchestrationStatus?: RuntimeStatus;
}

export type RuntimeStatus = "Pending" | "Running" | "Suspended" | "Completed" | "Failed" | "Terminated";

export const isOver = (status: RuntimeStatus) => ["Completed", "Failed", "Terminated"].includes(status);

type Details = Omit<HistoryEvent, "EventType" | "Timestamp" | "EventId"> & { EventId?: number };

export function event(kind: keyof typeof EventType, at: number, details: Details = {}): HistoryEvent {
	return { EventType: EventType[kind], EventId: -1, Timestamp: new Date(at).toISOString(), ...details };
}

/** What a failure looks like to the orchestrator that waited: `Reason \n Details`. */
export function failure(reason: string, error: Error): Pick<HistoryEvent, "Reason" | "Details"> {
	const details = {
		$type: "System.Exception",
		ClassName: "System.Exception",
		Message: error.message,
		StackTraceString: error.stack,
	};
	return { Reason: reason, Details: JSON.stringify(details) };
}

const names = new Map(Object.entries(EventType).map(([name, type]) => [type, name]));

/**
 * The history as the HTTP API shows it: an end says also when and of what it was the beginning.
 * @param withOutput show inputs and results too
 */
export function shownHistory(history: HistoryEvent[], withOutput: boolean): Record<string, unknown>[] {
	const hidden: number[] = [
		EventType.TaskScheduled,
		EventType.SubOrchestrationInstanceCreated,
		EventType.TimerCreated,
		EventType.OrchestratorStarted,
		EventType.OrchestratorCompleted,
	];
	const begun = new Map(
		history.filter((e) => hidden.includes(e.EventType) && e.EventId >= 0).map((e) => [e.EventId, e]),
	);
	return history
		.filter((e) => !hidden.includes(e.EventType))
		.map((e) => {
			const beginning = begun.get(e.TaskScheduledId ?? e.TimerId ?? -1);
			const started = e.EventType === EventType.ExecutionStarted;
			return {
				EventType: names.get(e.EventType),
				...(started || beginning?.Name ? { FunctionName: beginning?.Name ?? e.Name } : { Name: e.Name }),
				...(withOutput && e.Result !== undefined ? { Result: parsed(e.Result) } : {}),
				...(withOutput && e.Input !== undefined ? { Input: parsed(e.Input) } : {}),
				...(beginning ? { ScheduledTime: beginning.Timestamp } : {}),
				FireAt: e.FireAt,
				Reason: e.Reason,
				Details: withOutput ? e.Details : undefined,
				OrchestrationStatus: e.OrchestrationStatus,
				Timestamp: e.Timestamp,
			};
		});
}

/** JSON text as its value; text that is no JSON as it is. */
export function parsed(text: string | null | undefined): unknown {
	if (text === null || text === undefined || text === "") return null;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
