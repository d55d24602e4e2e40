// How one rotation stands, for anyone who asks by its id: as it reports, as it was recorded, or as it was cut short.
// ROS1. One that is over without a record is reported as interrupted, and never as unknown. Otherwise: anyone who follows it up at
//       night is told that it never was. Kept by: cancel.test.ts, api.test.ts.

import type { Ports } from "../app.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import type { Rotations } from "../ports/orchestration.ts";

/** @returns `undefined` where nobody knows it */
export async function statusOf(
	{ ports, rotations }: { readonly ports: Ports; readonly rotations: Rotations },
	rotationId: string,
	secret: string,
): Promise<RotationStatus | undefined> {
	const running = await rotations.running(secret);
	if (running?.rotationId === rotationId) return running;
	const finished = await (await ports.records()).rotation(rotationId);
	if (finished) return finished;
	// Ended from outside, or by a new deployment. The next trigger or sweep goes on with it.
	const latest = await rotations.latest(secret);
	if (latest?.rotationId !== rotationId) return undefined;
	const { now: _, outcome = "interrupted", code = "ended-early", ...rest } = latest;
	return { ...rest, outcome, code };
}
