// What the parts of the critical section work with.

import type { Ports } from "../../app.ts";
import { Fault } from "../../domain/fault.ts";
import type { Gap } from "../../domain/gap.ts";
import type { StepTime } from "../../domain/rotation.ts";
import type { Latest, VersionId } from "../../domain/secret-version.ts";
import type { Source } from "../../domain/standing.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import type { Ids, Journal } from "../boundary.ts";
import type { Accepts } from "../in-force.ts";
import type { Session } from "../login.ts";
import type { Managed } from "../managed.ts";
import type { Found } from "./found.ts";

export interface Switch extends Ids {
	readonly credentialId: string;
	readonly baseVersion: string;
	/** Where the password is that is to be in force. */
	readonly source: Source;
	/** The first of two steps: the live key signs as before, and the one of `source` is accepted. */
	readonly accepts?: true;
	/** In the second step: the version that the first one published. */
	readonly acceptedBy?: VersionId;
	/** A rollback's: the version that had its value. Of roles that take turns, it may be in force still. */
	readonly bringsBack?: VersionId;
	/** A reconciliation's: what the database has is not what it should have, so more than the usual is tried to get in. */
	readonly reconciles?: { readonly loginWith?: Source };
}

export interface SwitchOptions {
	/** With what earlier tries say of theirs. Default: none was open. */
	readonly gap?: Gap | Promise<Gap>;
	/** The mark of the open switch: it is there before anything is changed, or cannot be written. */
	readonly marking?: Promise<unknown>;
	/** It waits for no turn at the vault or the server. */
	readonly atOnce?: boolean;
}

export interface Switched {
	readonly version: string;
	readonly previousVersion: string;
	/** When the live version expires, ISO 8601. */
	readonly expires?: string;
	readonly derived: readonly { readonly secret: string; readonly version: string }[];
	/** The secret's name in its vault; absent in histories of the version before, where it was its id. */
	readonly name?: string;
	/** From ALTER ROLE committed to the new version readable, over all tries (domain/gap.ts); absent where that never was. */
	readonly gapMs?: number;
	/** When ALTER ROLE was committed, ISO 8601; absent when an earlier run had done it. */
	readonly alteredAt?: string;
	readonly steps: readonly StepTime[];
}

export interface Way {
	readonly store: SecretStore;
	readonly target: Managed;
	readonly journal: Journal;
	readonly credentialId: string;
	/** Asks the database. */
	readonly accepts: Accepts;
	/** The derived secrets as they were before this run. */
	readonly before: ReadonlyMap<string, Latest>;
	readonly clock: Clock;
	readonly gap: Gap;
}

export type Section = Found &
	Way & {
		readonly ports: Ports;
		readonly session: Session;
		readonly times: ReturnType<typeof stopwatch>;
	};

/** @throws Fault `role-lock-lost`, and what a dead session throws */
export async function provesLock({ session, target: { content } }: Section): Promise<void> {
	const { account } = content;
	if (!account) return;
	const { server, roles } = account;
	if (!(await session.holdsLock())) throw new Fault("role-lock-lost", { server, role: roles[0] });
}

export function stopwatch({ clock }: Ports) {
	const laps: StepTime[] = [];
	let from = clock.now().getTime();
	return {
		laps,
		lap(name: string) {
			const now = clock.now().getTime();
			laps.push({ name, ms: now - from });
			from = now;
		},
	};
}
