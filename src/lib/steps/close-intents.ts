// Gives every intent its outcome, also those of a process that died before it could write one.
// CI1. An intent is closed by others only when nothing of its rotation runs any more. Otherwise: a step that is under way
//      is called unknown, and then ends as something else.

import type { Ports } from "../app.ts";
import type { Entry } from "../domain/audit-entry.ts";
import { missingOutcomes } from "../domain/open-intents.ts";

/** @param isOver whether nobody will write this outcome any more; asked with the outcome that is lacking */
export async function closeIntents(ports: Ports, isOver: (outcome: Entry) => boolean): Promise<void> {
	const log = await ports.audit();
	const outcomes = missingOutcomes(await log.recent()).filter(isOver);
	if (outcomes.length > 0) await log.append(...outcomes);
}
