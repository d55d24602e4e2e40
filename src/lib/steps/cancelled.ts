// An order that an operator takes back: each step before the switch asks for it, and the switch itself while nothing is changed.
// CAN1. Whether it is in time is told by what vault and database have, and by nothing that a status says. Otherwise: a switch whose
//      process died after ALTER ROLE ends as cancelled, and nobody gets in. Kept by: cancel.test.ts.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { Ids } from "./boundary.ts";

/** @throws Fault `cancelled` */
export const expectWanted = (ports: Ports, ids: Ids): Promise<void> => expectUnchanged(ports, ids, async () => true);

/**
 * @param isUnchanged asked only where the order was taken back
 * @throws Fault `cancelled`
 */
export async function expectUnchanged(
	ports: Ports,
	{ rotationId }: Ids,
	isUnchanged: () => Promise<boolean>,
): Promise<void> {
	// A rotation that waits for the records may be one that somebody needs now.
	const isCancelled = await ports
		.records()
		.then((records) => records.isCancelled(rotationId))
		.catch(() => false);
	if (isCancelled && (await isUnchanged())) throw new Fault("cancelled", { rotationId });
}
