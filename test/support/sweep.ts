// A whole sweep in memory, as the durable host does it: its orchestrator, replayed at each suspension, and its own activities.

import { sweepActivities } from "../../src/lib/compliance/index.ts";
import type { ComplianceReport } from "../../src/lib/domain/compliance.ts";
import { type Sweep, sweepAll } from "../../src/lib/orchestrators/sweep.ts";
import type { Trigger } from "../../src/lib/triggers/request.ts";
import { type Perform, play } from "./replayed.ts";

/** One execution of one of its activities. @param call `attempt` is the sweep's id */
export const performed =
	(call: Omit<Trigger, "actor">): Perform =>
	async (command) => {
		if (command.ask !== "activity") return undefined;
		const activity = sweepActivities[command.name as keyof typeof sweepActivities];
		return (activity as (ports: object, input: unknown, run: object) => Promise<unknown>)(
			call.ports,
			command.input,
			call,
		);
	};

/** @throws StepFailed where an activity fails: none is tried again here */
export async function sweep(call: Omit<Trigger, "actor">): Promise<ComplianceReport> {
	const now = () => call.ports.clock.now();
	const input: Sweep = { sweep: { id: call.attempt, startedAt: now().toISOString() } };
	await play("replayed", sweepAll, input, performed(call), now, 1);
	const report = await (await call.ports.records()).lastReport();
	if (!report) throw new Error("The sweep left no report.");
	return report;
}
