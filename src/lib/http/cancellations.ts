// A rotation or a rollback that is under way is to stop before it changes anything.

import { secretOfRotation } from "../domain/ids.ts";
import { cancel } from "../triggers/cancel.ts";
import { configured, handle, reply } from "./handle.ts";
import { placeOf, shown } from "./shown.ts";

/** `POST /api/rotations/{id}/cancellations`: 200 once it is cancelled, 202 while that is open, 409 where it is too late. */
export const cancelRotation = handle("cancelRotation", async ({ params, body, trigger, request }) => {
	const rotationId = params.id;
	const secret = secretOfRotation(rotationId)!;
	const { hash } = await configured(trigger, secret);
	const { reason } = body;
	const status = await cancel(trigger, hash, { rotationId, secret, ...(reason !== undefined && { reason }) });
	if (status.outcome !== undefined) return reply(200, shown(status, trigger.ports.clock.now()));
	return reply(202, shown(status, trigger.ports.clock.now()), placeOf(request, rotationId));
});
