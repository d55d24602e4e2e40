// Rotations and deliveries: asked for, and looked at.

import type { BodyOf } from "../../api/routes.ts";
import { secretOfRotation } from "../domain/ids.ts";
import type { Wish } from "../domain/requests/index.ts";
import { waitingStatus } from "../domain/rotation.ts";
import { begunBy, keyedOrder, notAnothers } from "../triggers/repeated.ts";
import { requestRotation, type Trigger } from "../triggers/request.ts";
import { statusOf } from "../triggers/status.ts";
import type { Operator } from "./authentication.ts";
import { authorize } from "./authorization.ts";
import { type Asked, configured, handle, orRecorded, reply } from "./handle.ts";
import { unknownRotation } from "./known.ts";
import { approvalPlaceOf, placeOf, pollSeconds, shown } from "./shown.ts";

type Order = "startRotation" | "startDelivery" | "startReconciliation" | "startRollback";

/** `POST /api/secrets/{name}/rotations` */
export const startRotation = starting("startRotation", (secret, body) => ({ kind: "rotate", secret, ...body }));

/** `POST /api/secrets/{name}/deliveries`: the live version once more, without a new password. */
export const startDelivery = starting("startDelivery", (secret, body) => ({ kind: "deliver", secret, ...body }));

/** `POST /api/secrets/{name}/reconciliations`: drift is repaired, in the direction that the operator gives. */
export const startReconciliation = starting("startReconciliation", (secret, body) => ({
	kind: "reconcile",
	secret,
	...body,
}));

/** `POST /api/secrets/{name}/rollbacks`: an earlier value becomes a new version, by the steps of a rotation. */
export const startRollback = starting("startRollback", (secret, body) => ({ kind: "rollback", secret, ...body }));

function starting<K extends Order>(id: K, wishOf: (secret: string, body: BodyOf<K>) => Wish) {
	return handle<Order>(id, async (asked) => {
		const { params, body, key, trigger, operator, request } = asked as Asked<K>;
		const secret = params.name;
		const now = () => trigger.ports.clock.now();
		const { hash, needsApproval } = await configured(trigger, secret);
		const ordered = wishOf(secret, body);
		if (ordered.breakGlass) await mayBreakGlass(trigger, secret, operator);
		// Where no approval is needed, and of a dry run, nothing is gone past.
		const { breakGlass, ...rest } = ordered;
		const goesPast = breakGlass && needsApproval && !rest.dryRun;
		const wish = { ...rest, ...(goesPast && { breakGlass }) } as Wish;
		const keyed = key === undefined ? undefined : keyedOrder(trigger.actor, wish, key);
		const begun = keyed && (await begunBy(trigger, keyed));
		if (begun) return reply(202, shown(begun, now()), placeOf(request, begun.rotationId));
		const { request: requested, served } = await requestRotation(trigger, hash, wish, keyed);
		if (keyed && !served) await notAnothers(trigger, keyed);
		// Of somebody else's request, it shows only where to look.
		if (!served) {
			const waits = needsApproval && !wish.dryRun && !wish.breakGlass && isApproved(wish);
			const place = placeOf(request, requested.rotationId);
			const headers = waits ? { ...place, ...approvalPlaceOf(request, requested.rotationId) } : place;
			return reply(202, shown(waitingStatus(requested), now()), headers);
		}
		const headers = served.rotationId === undefined ? {} : placeOf(request, served.rotationId);
		return reply(202, { ...served, alreadyRunning: true as const }, headers);
	});
}

/** Nothing else makes a password that somebody has to approve. */
const isApproved = ({ kind }: Wish): boolean => kind === "rotate" || kind === "rollback";

const mayBreakGlass = (trigger: Trigger, secret: string, operator: Operator): Promise<void> =>
	orRecorded(
		trigger,
		() => secret,
		async () => authorize(operator, "Rotation.BreakGlass"),
	);

/** `GET /api/rotations/{id}` */
export const showRotation = handle("showRotation", async ({ params }, { ports, rotations }) => {
	const rotationId = params.id;
	const secret = secretOfRotation(rotationId)!;
	const status = await statusOf({ ports, rotations }, rotationId, secret);
	if (status?.outcome !== undefined) return reply(200, shown(status, ports.clock.now()));
	if (status) return reply(200, shown(status, ports.clock.now()), { "Retry-After": pollSeconds });
	throw await unknownRotation(ports, rotationId);
});
