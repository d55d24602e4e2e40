// A rotation or a rollback that is under way is to stop before it changes anything.

import { Fault } from "../domain/fault.ts";
import { asFault } from "../steps/boundary.ts";
import { cancel } from "../triggers/cancel.ts";
import { recordRefusal, type Trigger, unnamed } from "../triggers/request.ts";
import { authenticated, type Handler, json, onlyQuery, rotationIdIn } from "./answer.ts";
import { authorize } from "./authorization.ts";
import { CancellationBody, readBody } from "./body.ts";

/** `POST /api/rotations/{id}/cancellations`: 200 once it is cancelled, 202 while that is open, 409 where it is too late. */
export const cancelRotation: Handler = authenticated(async (request, deps, operator) => {
	const { ports, rotations, attempt, log, warn, tell } = deps;
	const actor = { kind: "operator", id: operator.id, appId: operator.appId } as const;
	const trigger: Trigger = { ports, rotations, actor, attempt, log, warn, tell };
	let name = unnamed;
	const accept = async () => {
		authorize(operator, "Rotation.Operate");
		const { rotationId, secret } = rotationIdIn(request);
		onlyQuery(request);
		const { reason } = await readBody(request, CancellationBody);
		const { config, hash } = await ports.configuration();
		if (!Object.hasOwn(config.secrets, secret)) throw new Fault("secret-not-configured", { secret });
		name = secret;
		return { hash, order: { rotationId, secret, ...(reason !== undefined && { reason }) } };
	};
	const accepted = await accept().catch((error) => asFault(error, "trigger"));
	if (accepted instanceof Fault) {
		await recordRefusal(trigger, name, accepted.code, accepted.sentence);
		throw accepted;
	}
	const status = await cancel(trigger, accepted.hash, accepted.order);
	const isOver = status.outcome !== undefined;
	const where = { Location: `/api/rotations/${status.rotationId}`, "Retry-After": "5" };
	return json(isOver ? 200 : 202, status, isOver ? {} : where);
});
