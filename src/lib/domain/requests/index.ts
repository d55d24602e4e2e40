// What can be asked for: a file a kind, and a line here.
// RQ1. What runs answers a request only if it does all of what was asked for. Otherwise: "it leaked" is answered with somebody's
//      dry run, and a plan with a change. Kept by: serves.test.ts.

import type { Running } from "./asked.ts";
import * as deliver from "./deliver.ts";
import * as reconcile from "./reconcile.ts";
import * as retire from "./retire.ts";
import * as rollback from "./rollback.ts";
import * as rotate from "./rotate.ts";

export type { DeliverRequest } from "./deliver.ts";
export type { ReconcileRequest } from "./reconcile.ts";
export type { RetireRequest } from "./retire.ts";
export type { RollbackRequest } from "./rollback.ts";
export type { RotateRequest } from "./rotate.ts";

export type RotationRequest =
	| rotate.RotateRequest
	| deliver.DeliverRequest
	| reconcile.ReconcileRequest
	| retire.RetireRequest
	| rollback.RollbackRequest;
export type RequestKind = RotationRequest["kind"];

type Of<K extends RequestKind> = Extract<RotationRequest, { kind: K }>;
type OmitEach<R, K extends PropertyKey> = R extends unknown ? Omit<R, K> : never;

/** What a trigger wants, before it has an id. */
export type Wish = OmitEach<RotationRequest, "rotationId" | "actor" | "requestedAt" | "orderDigest" | "loggedAfter">;

const kinds: {
	readonly [K in RequestKind]: {
		isServed(asked: Of<K>, running: Running): boolean;
		told(wish: Extract<Wish, { kind: K }>): string | undefined;
	};
} = { rotate, deliver, reconcile, retire, rollback };

interface AnyKind {
	isServed(asked: RotationRequest, running: Running): boolean;
	told(wish: Wish): string | undefined;
}
const kindOf = (kind: RequestKind): AnyKind => kinds[kind] as AnyKind;

/** Does the one that runs make the other one needless? */
export const serves = (running: Running, asked: RotationRequest): boolean =>
	kindOf(asked.kind).isServed(asked, running);

/** `forced, dry run: it leaked`, for the audit log. */
export function messageOf(wish: Wish): string | undefined {
	const how = [
		kindOf(wish.kind).told(wish),
		wish.breakGlass ? "without approval" : undefined,
		wish.approval === undefined ? undefined : "approved",
		wish.dryRun ? "dry run" : undefined,
	].filter((part) => part !== undefined);
	return [how.join(", "), wish.reason].filter((part) => part).join(": ") || undefined;
}
