// What every request has, whichever trigger makes it. Names, ids and texts of the operator only: it lies readable in durable
// history.

import type { Actor } from "../audit-entry.ts";
import type { Place } from "../log-blobs.ts";

export interface Asked {
	/** `<secret>.<uuid>` (ids.ts). */
	readonly rotationId: string;
	/** The managed secret's id: its key in the configuration. */
	readonly secret: string;
	readonly actor: Actor;
	/** Answer with the plan and change nothing. */
	readonly dryRun: boolean;
	/** An operator's own words, at most 200 characters. */
	readonly reason?: string;
	readonly requestedAt: string;
	/** When it should be over, ISO 8601; absent where the configuration could not be read (expectation.ts). */
	readonly expectedBy?: string;
	/** Of what was ordered, where the caller gave it a key: a repeated order is recognized by it. SHA-256, hex. */
	readonly orderDigest?: string;
	/** The order whose approval has started this run: its id (approval.ts). The audit log shows whether that was given. */
	readonly approval?: string;
	/** It goes on without the approval that it needs; the audit log shows whether that was ordered. */
	readonly breakGlass?: boolean;
	/** Where the order is on the audit log, at the earliest. */
	readonly loggedAfter?: Place;
}

/** What runs, as a request that comes meanwhile finds it. */
export interface Running {
	/** Of any kind, with what its kind has. */
	readonly request: Asked & {
		readonly kind: string;
		readonly force?: boolean;
		readonly compromised?: boolean;
		readonly seenVersion?: string;
		readonly direction?: string;
		readonly version?: string;
		readonly to?: string;
	};
	/** As its status says. Nothing is known of one that has not begun. */
	readonly status?: { readonly steps: readonly unknown[]; readonly version?: string };
}

/** One that needs an approval, has one, or goes without does not do what another one is about. */
export const isAllowedAlike = (one: Pick<Asked, "approval" | "breakGlass">, other: typeof one): boolean =>
	one.approval === other.approval && (one.breakGlass ?? false) === (other.breakGlass ?? false);

/** Until its plan is over it may end without having done anything. */
export const hasBegun = ({ status }: Running): boolean => (status?.steps.length ?? 0) > 1;
