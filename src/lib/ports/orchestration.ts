// Rotations as the triggers see them: started, or running already. One per secret, no matter who asks and how often.

import type { RotationRequest } from "../domain/requests/index.ts";
import type { RotationStatus } from "../domain/rotation.ts";

export type Started =
	| { readonly state: "started" }
	/** `covers`: what runs does what was asked, or would decide the same; else it may end without having done it. */
	| {
			readonly state: "already-running";
			readonly rotationId?: string;
			readonly kind?: RotationRequest["kind"];
			readonly covers: boolean;
	  }
	/** The start was accepted, but another rotation has its place and is over: this one lost to it, or was over before it. */
	| { readonly state: "overtaken"; readonly rotationId?: string };

/** Throws Fault `durable-unavailable` (transient): not started, or not known to be. */
export interface Rotations {
	/**
	 * Starts this request unless one of the same secret runs, a dry run included. A repeated start of the same
	 * `rotationId` whose first answer was lost says "started".
	 */
	start(request: RotationRequest): Promise<Started>;
	/** @returns `undefined` only if nothing runs for this secret */
	running(secret: string): Promise<RotationStatus | undefined>;
	/** What runs, of all secrets, as it reports itself; a delivery's own words are left out. */
	allRunning(): Promise<readonly RotationStatus[]>;
	/** The last one started, running or not, as it reported last; durable storage keeps no earlier one. */
	latest(secret: string): Promise<RotationStatus | undefined>;
	/**
	 * Whatever of this secret's is in a pause after a failed try is tried now: somebody has asked for it, perhaps because they
	 * have corrected what made it fail. What gives way ends. Changes nothing else.
	 */
	tryNow(secret: string): Promise<void>;
	/**
	 * Lets durable storage forget what is over and recorded.
	 * Throws Fault `history-unpurged` (transient) instead, and what `isRecorded` throws
	 */
	purge(now: Date, isRecorded: (rotationId: string) => Promise<boolean>): Promise<number>;
}
