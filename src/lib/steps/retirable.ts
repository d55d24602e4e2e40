// Of two roles that take turns: the values of the one that the live version does not name, and whether they are to open nothing
// from now on.
// RTB1. Found by comparing: the live version is old enough, and one before it that can be read names the other role. No tag and
//       no record keeps a value alive. Kept by: retire.test.ts.
// RTB2. The version right before the live one is disabled, perhaps by a person because it leaked: then nobody can read whose it
//       is, and the database may accept it all the same. It counts, unless the last run has retired this very role for this very
//       live version. Otherwise: anyone who disables what leaked keeps it from being retired. Kept by: retire.test.ts.

import type { Ports } from "../app.ts";
import { driftIn } from "../domain/drift.ts";
import { type Fault, type Problem, problemOf } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { SecretVersion, VersionId } from "../domain/secret-version.ts";
import { compromisedSince } from "./compromised.ts";
import { gatherDrift } from "./drift.ts";
import type { Session } from "./login.ts";
import { type Managed, nextRole, roleIn } from "./managed.ts";
import { whenGone } from "./switch/found.ts";
import { inUse } from "./turns.ts";
import { credentialOf } from "./version.ts";

export interface Retirable {
	readonly server: string;
	/** Whose turn it is next: the live version does not name it. */
	readonly role: string;
	/** The live version. */
	readonly live: VersionId;
	/** Enabled versions before it with values of that role, newest first. */
	readonly earlier: readonly { readonly version: VersionId; readonly value: Password }[];
	readonly poolLifetimeMinutes: number;
}

/** More than there are, unless nothing was retired for long: what is older opens nothing anyway. */
const mostLookedAt = 10;

/** @returns `undefined` where there is nothing to retire, or not yet. There is no grace where the value before is compromised. */
export async function retirable(ports: Ports, target: Managed): Promise<Retirable | undefined> {
	const { id, name, content, secret } = target;
	const { account } = content;
	if (!account?.retire) return undefined;
	const { afterHours, poolLifetimeMinutes } = account.retire;
	const store = await ports.store(secret.vault);
	const live = await store.latest(name);
	if (live.state !== "present" || roleIn(content, live.value) === undefined) return undefined;
	const { version, created } = live.secret;
	const isNew = ports.clock.now().getTime() - created.getTime() < afterHours * 3_600_000;
	if (isNew && (await compromisedSince(ports, target, credentialOf(live))) === undefined) return undefined;
	const role = nextRole(content, live.value);
	const before = (await store.versions(name)).filter((one) => one.version !== version);
	const earlier: { version: VersionId; value: Password }[] = [];
	for (const one of before.slice(-mostLookedAt).reverse()) {
		if (!one.enabled) continue;
		const value = await store.version(name, one.version).catch(whenGone);
		if (value && roleIn(content, value) === role) earlier.push({ version: one.version, value });
	}
	if (earlier.length === 0 && !(await isHidden(ports, id, version, before.at(-1)))) return undefined;
	return { server: account.server, role, live: version, earlier, poolLifetimeMinutes };
}

async function isHidden(ports: Ports, id: string, live: VersionId, last?: SecretVersion): Promise<boolean> {
	if (last === undefined || last.enabled) return false;
	const run = await (await ports.records()).lastRun(id);
	const isRetired = run?.retired !== undefined || (run?.compromise && !run.compromise.left);
	return !isRetired || run?.version !== live;
}

/** @returns what keeps it waiting: a session, whosever it is; or what keeps its password from being set and proved */
export async function keptBy(session: Session, { server, role }: Retirable): Promise<Fault | undefined> {
	return (await inUse(session, server, role)) ?? session.refusal(role, []);
}

/** @returns what else comes first: something was changed by hand, or a pod does not have the live version */
export async function comesFirst(ports: Ports, target: Managed): Promise<Problem | "rotation" | undefined> {
	const { facts, problem } = await gatherDrift(ports, target);
	const found = driftIn(facts).map(problemOf)[0] ?? problem;
	return found ?? (facts.standing.state === "in-order" ? undefined : "rotation");
}
