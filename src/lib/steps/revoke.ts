// Once another value is live, a compromised one opens nothing any more: there is no grace, and no client that still uses it is waited
// for.
// RVK1. A login with it is refused before its sessions are ended. Otherwise: anyone who has it comes back at once.
// RVK2. Of one user, sessions that began before its password was changed; of two, all of the role whose turn it was, and only
//       once each consumer has proved the other one. Otherwise: pods that do not have it yet are locked out.
// RVK3. What may not be ended is reported, with whose it is: to end another role's sessions takes a separate right. All
// kept by: revoke.test.ts.

import type { Ports } from "../app.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import type { Compromise } from "../domain/rotation.ts";
import type { VersionId } from "../domain/secret-version.ts";
import type { Intent } from "../ports/audit-log.ts";
import type { EndedSessions } from "../ports/database.ts";
import { type Account, takesTurns } from "../strategies/index.ts";
import { type Activity, audited, type Ids } from "./boundary.ts";
import { openSession } from "./login.ts";
import { type Managed, managed } from "./managed.ts";
import { retirable } from "./retirable.ts";
import { disabled, makeUnknown, opensNothing } from "./retire.ts";
import { whenGone } from "./switch/found.ts";
import { told } from "./turns.ts";

export interface Revoke extends Ids {
	/** What is live now, and what was before. */
	readonly version: VersionId;
	readonly previousVersion: VersionId;
	/** Why some consumer does not have the live version. */
	readonly undelivered?: Problem;
}

export type Revoked = Omit<Compromise, "closedAfterSeconds">;

/** Idempotent. */
export const revoke: Activity<Revoke, Revoked> = async (ports, input, run) => {
	const target = await managed(ports, input.secret);
	const { account } = target.content;
	const facts = { vault: target.secret.vault, oldVersion: input.previousVersion, newVersion: input.version };
	return audited(ports, run, input, ["retire"], { ...facts, server: account?.server }, async (journal) => {
		const intent = journal.intent("retire");
		const revoked = account && (await revokedOf(ports, target, account, input, intent));
		const { endedSessions = 0, versions = [], left } = revoked ?? {};
		const done = `Sessions ended: ${endedSessions}. Disabled: ${versions.join(", ") || "none"}.`;
		journal.done("retire", left?.code ?? "retired", { message: left ? `${done} ${left.message}` : done });
		return { endedSessions, versions, ...(left && { left }) };
	});
};

async function revokedOf(
	ports: Ports,
	target: Managed,
	account: Account,
	input: Revoke,
	intent: Intent,
): Promise<Revoked> {
	if (!takesTurns(account)) return ofOne(ports, target, account, input, intent);
	const { undelivered } = input;
	return undelivered ? { endedSessions: 0, versions: [], left: undelivered } : ofTwo(ports, target, input, intent);
}

/** Clocks differ. A session that began so soon after the change can be opened again. */
const marginMs = 60_000;

async function ofOne(
	ports: Ports,
	target: Managed,
	{ server, roles: [role] }: Account,
	{ version, previousVersion, undelivered }: Revoke,
	intent: Intent,
): Promise<Revoked> {
	const { name, secret } = target;
	const store = await ports.store(secret.vault);
	const live = await store.latest(name);
	if (live.state !== "present" || live.secret.version !== version) throw changed(target);
	const old = previousVersion === "" ? undefined : await store.version(name, previousVersion).catch(whenGone);
	const before = old?.equals(live.value) ? undefined : old;
	await opensNothing(ports, target, { server, role, live: live.value, before });
	await using session = await openSession(ports, target, [live.value]);
	const cutoff = new Date(live.secret.created.getTime() + marginMs);
	const sessions = await session.endSessions(intent, role, cutoff);
	const earlier = before && !undelivered ? [{ version: previousVersion, value: before }] : [];
	return endOf(server, role, sessions, await disabled(ports, target, { earlier }, intent));
}

async function ofTwo(ports: Ports, target: Managed, { version }: Revoke, intent: Intent): Promise<Revoked> {
	await using session = await openSession(ports, target, []);
	await session.lock();
	const found = await retirable(ports, target);
	if (found?.live !== version) throw changed(target);
	const { server, role } = found;
	const refusal = await session.refusal(role, []);
	if (refusal) throw refusal;
	if (!(await makeUnknown(ports, target, session, found, intent))) throw changed(target);
	const sessions = await session.endSessions(intent, role);
	return endOf(server, role, sessions, await disabled(ports, target, found, intent));
}

const changed = ({ name, secret: { vault } }: Managed) => new Fault("live-changed", { vault, secret: name });

function endOf(server: string, role: string, { ended, left }: EndedSessions, versions: readonly VersionId[]): Revoked {
	const { count, some } = left;
	const problem = count > 0 && new Fault("sessions-left", { server, role, count, some: told(some, count) });
	return { endedSessions: ended, versions, ...(problem && { left: problemOf(problem) }) };
}
