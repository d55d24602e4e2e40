// What a drill is: a disaster, what is done about it step by step, and what proves that the service is whole again.

import type { Stack } from "../stack.ts";

export const drillNames = ["lost-secret", "restored-database", "lost-task-hub"] as const;
export type DrillName = (typeof drillNames)[number];

export interface Step {
	readonly says: string;
	/** Who has to do it; `rotator`: nobody. */
	readonly by: "rotator" | "person";
	readonly seconds: number;
}

export interface Verdict {
	readonly says: string;
	readonly holds: boolean;
}

export interface Drilled {
	readonly drill: DrillName;
	readonly disaster: string;
	readonly steps: readonly Step[];
	/** From the disaster to the last proof. */
	readonly seconds: number;
	readonly verdicts: readonly Verdict[];
}

export interface Scene {
	readonly stack: Stack;
	readonly signal: AbortSignal;
	/** Times a step and reports it. */
	step<T>(by: Step["by"], says: string, work: () => Promise<T>): Promise<T>;
}

export interface Drill {
	readonly disaster: string;
	/** Makes the world that the disaster meets. @returns what does the rest: disaster, repair, proof */
	prepare(scene: Scene): Promise<() => Promise<readonly Verdict[]>>;
}
