// What every activity of the sweep has and does.

import type { Ports } from "../app.ts";
import type { SweepId } from "../domain/compliance.ts";
import type { Rotations } from "../ports/orchestration.ts";
import type { Run } from "../steps/boundary.ts";
import type { Trigger } from "../triggers/request.ts";

/** One execution of it: it starts rotations, and asks what runs. */
export interface SweepRun extends Run {
	readonly rotations: Rotations;
	readonly log: (line: string) => void;
	readonly warn: (line: string) => void;
}

/** The timer's, whichever execution it is: a page that comes again adds no note to the log a second time. */
export const triggerOf = (ports: Ports, { id }: SweepId, { rotations, log, warn, tell }: SweepRun): Trigger => ({
	ports,
	rotations,
	log,
	warn,
	tell,
	attempt: id,
	actor: { kind: "timer" },
});
