// The status of a rotation while it goes: each step with its time, and what is going on now.

import type { RotationRequest } from "../domain/requests/index.ts";
import type { RotationStatus, StepTime } from "../domain/rotation.ts";
import type { Durable, Process } from "./process.ts";

export interface Progress {
	readonly durable: Durable;
	/** Runs one step under its name and reports before and after. */
	during<T>(name: string, now: string, process: Process<T>): Process<T>;
	/** Adds what became known. */
	know(facts: Partial<RotationStatus>): void;
	/** Replaces the last step by its parts, as the step itself measured them. */
	split(parts: readonly StepTime[]): void;
	/** How it ended. Not reported yet: a rotation with an outcome is over, its record written and the next one welcome. */
	end(facts: Partial<RotationStatus> & Pick<RotationStatus, "outcome" | "code">): RotationStatus;
}

export function progressOf(durable: Durable, request: RotationRequest): Progress {
	let status: RotationStatus = {
		rotationId: request.rotationId,
		secret: request.secret,
		kind: request.kind,
		...(request.kind === "reconcile" && { direction: request.direction }),
		requestedBy: request.actor,
		requestedAt: request.requestedAt,
		...(request.expectedBy !== undefined && { expectedBy: request.expectedBy }),
		...(request.reason !== undefined && { reason: request.reason }),
		...(request.orderDigest !== undefined && { orderDigest: request.orderDigest }),
		...(request.approval !== undefined && { approval: { id: request.approval } }),
		...(request.dryRun && { dryRun: true as const }),
		steps: [],
	};
	const set = (facts: Partial<RotationStatus>) => {
		status = { ...status, ...facts };
		durable.report(status);
	};
	return {
		durable,
		*during(name, now, process) {
			const from = durable.now().getTime();
			const before = durable.failedTries.count;
			set({ now });
			try {
				return yield* process;
			} finally {
				const { count, code } = durable.failedTries;
				const tries = count > before ? { failedTries: count - before, lastCode: code } : {};
				set({ steps: [...status.steps, { name, ms: durable.now().getTime() - from, ...tries }] });
			}
		},
		know: set,
		split(parts) {
			const { name: _, ms: __, ...tries } = status.steps.at(-1) ?? { name: "", ms: 0 };
			set({
				steps: [...status.steps.slice(0, -1), ...parts.map((part, at) => (at === 0 ? { ...part, ...tries } : part))],
			});
		},
		end(facts) {
			set({ now: `Ended as ${facts.outcome} (${facts.code}); writing that down` });
			const { now: _, expectedBy: __, ...rest } = status;
			return { ...rest, ...facts, endedAt: durable.now().toISOString() };
		},
	};
}
