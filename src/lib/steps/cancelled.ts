// An order that an operator takes back: each step before the switch asks for it, and the switch itself while nothing is changed.
// CAN1. Whether it is in time follows from what vault and database have, and from nothing that a status says: an earlier run may have
//       left a password in the database that only this one publishes. Otherwise: a run ends as cancelled, and nobody gets in.
// CAN2. The switch asks under the role's lock. Otherwise: a try that hangs sets the password when the run has ended as cancelled.
// Both kept by: cancel.test.ts.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { Ids } from "./boundary.ts";

/** A rotation that waits for the records may be one that somebody needs now. */
export const isCancelled = (ports: Ports, { rotationId }: Pick<Ids, "rotationId">): Promise<boolean> =>
	ports
		.records()
		.then((records) => records.isCancelled(rotationId))
		.catch(() => false);

/**
 * @param isUnchanged asked only where the order was taken back
 * @throws Fault `cancelled`
 */
export async function expectWanted(ports: Ports, ids: Ids, isUnchanged: () => Promise<boolean>): Promise<void> {
	if ((await isCancelled(ports, ids)) && (await isUnchanged())) throw cancelled(ids);
}

export const cancelled = ({ rotationId }: Ids): Fault => new Fault("cancelled", { rotationId });
