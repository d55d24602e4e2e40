// An order that its caller sends again because the answer was lost: recognized by the caller's own key.
// RPT1. The same key of the same caller for the same secret is the same rotation, whichever instance of the app had it first: the
//       rotation's id is made of them, so nothing has to be kept. Otherwise: a network that loses an answer rotates twice.
// RPT2. The same key with another order is refused. Otherwise: somebody who uses a key twice is answered with what they did not ask for.
// RPT3. What has begun under the order's id is looked at once more: two at one instant both find that they are the first. Otherwise: the
//       second one is told that it has started, and nobody ever does it.
// All kept by: repeated.test.ts. An order that somebody else's run has answered is not kept: sent again when that is over, it is a
// new one.

import { createHash } from "node:crypto";
import type { Actor } from "../domain/audit-entry.ts";
import { canonical } from "../domain/audit-record.ts";
import { Fault } from "../domain/fault.ts";
import { rotationIdOf, secretOfRotation } from "../domain/ids.ts";
import type { Wish } from "../domain/requests/index.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import { noteOf, recordRefusal, type Trigger } from "./request.ts";
import { statusOf } from "./status.ts";

export interface KeyedOrder {
	readonly rotationId: string;
	/** Of what was ordered: SHA-256, hex. */
	readonly orderDigest: string;
}

const sha256 = (parts: object) => createHash("sha256").update(canonical(parts)).digest("hex");

/** @param key what the caller calls this order: the same again means the same order */
export function keyedOrder({ id, appId }: Actor, wish: Wish, key: string): KeyedOrder {
	const { secret, kind, ...order } = wish;
	const given = Object.fromEntries(Object.entries(order).filter(([, value]) => value !== undefined));
	const unique = uuidOf(sha256([id ?? "", appId ?? "", secret, key]));
	return { rotationId: rotationIdOf(secret, unique), orderDigest: sha256([kind, given]) };
}

/** Version 8: made of what its maker says. @see https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8 */
const uuidOf = (hex: string): string =>
	[hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");

/**
 * @returns how the rotation stands that the same order began; `undefined` where it is the first one
 * @throws Fault `idempotency-key-reused`, and what records, durable storage and the audit log throw
 */
export async function begunBy(trigger: Trigger, keyed: KeyedOrder): Promise<RotationStatus | undefined> {
	const { rotationId } = keyed;
	const before = await notAnothers(trigger, keyed);
	if (!before) return undefined;
	const log = await trigger.ports.audit();
	await log.append({
		...noteOf(trigger, secretOfRotation(rotationId)!),
		code: "redelivered",
		message: `The order is ${rotationId} already.`,
	});
	return before;
}

/**
 * @returns how what has the order's id stands
 * @throws as `begunBy`
 */
export async function notAnothers(
	trigger: Trigger,
	{ rotationId, orderDigest }: KeyedOrder,
): Promise<RotationStatus | undefined> {
	const secret = secretOfRotation(rotationId)!;
	const begun = await statusOf(trigger, rotationId, secret);
	if (!begun || begun.orderDigest === orderDigest) return begun;
	const fault = new Fault("idempotency-key-reused", { rotationId });
	await recordRefusal(trigger, secret, fault.code, fault.sentence);
	throw fault;
}
