// Rotations and deliveries: asked for, and looked at.

import type { HttpRequest } from "@azure/functions";
import type * as z from "zod";
import { Fault } from "../domain/fault.ts";
import type { Wish } from "../domain/requests/index.ts";
import { waitingStatus } from "../domain/rotation.ts";
import { asFault } from "../steps/boundary.ts";
import { recordRefusal, requestRotation, type Trigger, unnamed } from "../triggers/request.ts";
import { statusOf } from "../triggers/status.ts";
import { authenticated, type Handler, json, onlyQuery, readable, rotationIdIn, secretNameIn } from "./answer.ts";
import { authorize } from "./authorization.ts";
import { DeliveryBody, ReconciliationBody, RollbackBody, RotationBody, readBody } from "./body.ts";

const pollSeconds = "5";
const locationOf = (rotationId: string) => `/api/rotations/${rotationId}`;

/** `POST /api/secrets/{name}/rotations` */
export const startRotation: Handler = starting(RotationBody, (secret, body) => ({ kind: "rotate", secret, ...body }));

/** `POST /api/secrets/{name}/deliveries`: the live version once more, without a new password. */
export const startDelivery: Handler = starting(DeliveryBody, (secret, body) => ({
	kind: "deliver",
	secret,
	...body,
}));

/** `POST /api/secrets/{name}/reconciliations`: what has drifted is put right, in the direction that the operator says. */
export const startReconciliation: Handler = starting(ReconciliationBody, (secret, body) => ({
	kind: "reconcile",
	secret,
	...body,
}));

/** `POST /api/secrets/{name}/rollbacks`: an earlier value becomes a new version, by the steps of a rotation. */
export const startRollback: Handler = starting(RollbackBody, (secret, body) => ({ kind: "rollback", secret, ...body }));

function starting<T>(schema: z.ZodType<T>, wishOf: (secret: string, body: T) => Wish): Handler {
	return authenticated(async (request, { ports, rotations, attempt, log, warn, tell }, operator) => {
		const actor = { kind: "operator", id: operator.id, appId: operator.appId } as const;
		const trigger: Trigger = { ports, rotations, actor, attempt, log, warn, tell };
		let secret = unnamed;
		const accept = async () => {
			authorize(operator, "Rotation.Operate");
			secret = secretNameIn(request);
			onlyQuery(request);
			const body = await readBody(request, schema);
			const { config, hash } = await ports.configuration();
			if (!Object.hasOwn(config.secrets, secret)) throw new Fault("secret-not-configured", { secret });
			return { hash, wish: wishOf(secret, body) };
		};
		const accepted = await accept().catch((error) => asFault(error, "trigger"));
		if (accepted instanceof Fault) {
			await recordRefusal(trigger, secret, accepted.code, accepted.sentence);
			throw accepted;
		}
		const { request: requested, served } = await requestRotation(trigger, accepted.hash, accepted.wish);
		// Of somebody else's request no more than where it is to be seen.
		return pending(served ? { ...served, alreadyRunning: true } : waitingStatus(requested));
	});
}

function pending(status: { rotationId?: string; alreadyRunning?: true }) {
	const { rotationId } = status;
	return json(
		202,
		status,
		rotationId === undefined ? {} : { Location: locationOf(rotationId), "Retry-After": pollSeconds },
	);
}

/** `GET /api/rotations/{id}` */
export const showRotation: Handler = readable(async (request: HttpRequest, { ports, rotations }) => {
	const { rotationId, secret } = rotationIdIn(request);
	const status = await statusOf({ ports, rotations }, rotationId, secret);
	if (status) return json(200, status, status.outcome === undefined ? { "Retry-After": pollSeconds } : {});
	throw new Fault("rotation-unknown", { rotationId });
});
