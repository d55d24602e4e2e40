// Ids of rotations and of the durable instances that run them, made from a managed secret's id: its key in the configuration.
// IS1. No instance id is longer than the narrowest back end takes (Durable Task Scheduler: 100 ASCII characters). Otherwise:
//      the password changes, and the delivery never starts. Kept by: ids.test.ts, names.test.ts.
// IS2. Two secrets never share an instance id: what stands for a long key has a dot in it, and no key has one. Otherwise: the
//      rotation of one keeps the other's from starting. Kept by: ids.test.ts.
// IS3. What fits is left as it is, for people to read, and so it is the id that earlier versions gave it.

import { createHash } from "node:crypto";

const most = 100;

/** @returns the three in a row, with the key shortened as far as it must be: its beginning, a dot, and 16 digits of its SHA-256 */
function instanceId(before: string, key: string, after = ""): string {
	const readable = `${before}${key}${after}`;
	if (readable.length <= most) return readable;
	const digest = createHash("sha256").update(key).digest("hex").slice(0, 16);
	const room = most - before.length - after.length - digest.length - 1;
	return `${before}${key.slice(0, room)}.${digest}${after}`;
}

/** The one instance of a secret. */
export const instanceIdOf = (secret: string): string => instanceId("rotate-", secret);

/** Is it a secret's own instance, no delivery and no sweep? */
export const isRotationInstance = (instanceId: string): boolean => instanceId.startsWith("rotate-");

/** What earlier versions called it, where that is something else: they knew no limit. */
export function formerInstanceIdOf(secret: string): string | undefined {
	const former = `rotate-${secret}`;
	return former === instanceIdOf(secret) ? undefined : former;
}

/** `<secret>.<uuid>`: no instance's id, so it has room for any key, and the secret can be read off it. */
export const rotationIdOf = (secret: string, unique: string): string => `${secret}.${unique}`;

/** The secret of a rotation id; `undefined` when it does not have the form of one. */
export const secretOfRotation = (rotationId: string): string | undefined =>
	/^([0-9a-zA-Z-]{1,119})\.[0-9a-f-]{36}$/.exec(rotationId)?.[1];

/** The instance that delivers to a rotation's n-th consumer. */
export function deliveryIdOf(rotationId: string, index: number): string {
	const dot = rotationId.lastIndexOf(".");
	return instanceId("deliver-", rotationId.slice(0, dot), `${rotationId.slice(dot)}-${index}`);
}

const delivery = /^deliver-([0-9a-zA-Z-]{1,119})(\.[0-9a-f]{16})?\.([0-9a-f-]{36})-(\d+)$/;

export const isDeliveryId = (instanceId: string): boolean => delivery.test(instanceId);

/**
 * The rotation that an instance delivers for.
 * @param told what the instance's input calls its rotation: believed where it makes this id
 * @returns `undefined` for no delivery, and for one whose shortened id nothing explains
 */
export function rotationOfDelivery(instanceId: string, told?: unknown): string | undefined {
	const [, key = "", digest, unique = "", index] = delivery.exec(instanceId) ?? [];
	if (key === "") return undefined;
	if (digest === undefined) return rotationIdOf(key, unique);
	return typeof told === "string" && deliveryIdOf(told, Number(index)) === instanceId ? told : undefined;
}
