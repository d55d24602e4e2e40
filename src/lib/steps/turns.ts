// Two roles that take turns: what has to be right before one of them gets a new password.
// TU1. A forced rotation goes on in spite of it, and says so: a password that leaked is worse than what is found here.
//      Kept by: alternating-users.test.ts.
// TU2. That a role acts as the owner is seen at a login, not in the catalogs: some versions of PostgreSQL do not apply what these
//      say. Kept by: alternating-users.test.ts.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import { takesTurns } from "../strategies/index.ts";
import type { Checklist } from "./checklist.ts";
import { openSession, type Session } from "./login.ts";
import { type Managed, nextRole } from "./managed.ts";

/**
 * @param live what is live, and lets its role in
 * @param of.bringsBack the value that is to be live is in force already, so that anyone who uses it may go on
 */
export async function turns(
	ports: Ports,
	target: Managed,
	live: Password,
	checks: Checklist,
	{ force, bringsBack }: { readonly force: boolean; readonly bringsBack: boolean },
): Promise<Fault[]> {
	const { content } = target;
	const { account } = content;
	if (!account || !takesTurns(account)) return [];
	const { server, roles, owner } = account;
	const weigh = () => (force ? "warned" : "refused");
	const role = nextRole(content, live);
	await using session = await openSession(ports, target, []);
	return [
		...(await checks.look(
			`Roles ${roles.join(" and ")} on server ${server} differ in nothing that membership in ${owner} does not bring.`,
			() => session.pairRefusal(),
			weigh,
		)),
		...(await checks.look(
			`The live role on server ${server} acts as ${owner} at a login.`,
			() => notApplied(ports, target, live),
			weigh,
		)),
		...(bringsBack
			? []
			: await checks.look(
					`Nobody uses role ${role} on server ${server} any more.`,
					() => inUse(session, server, role),
					weigh,
				)),
	];
}

/** @returns Fault `role-in-use`, which says whose the sessions are */
export async function inUse(session: Session, server: string, role: string): Promise<Fault | undefined> {
	const { count, some } = await session.sessions(role);
	return count > 0 ? new Fault("role-in-use", { server, role, count, some: told(some, count) }) : undefined;
}

export const told = (some: readonly string[], count: number): string =>
	count > some.length ? `${some.join("; ")}; and ${count - some.length} more` : some.join("; ");

/** @returns Fault `role-not-applied` where anyone who logs in with this value acts as somebody else than the owner */
export async function notApplied(ports: Ports, { content }: Managed, value: Password): Promise<Fault | undefined> {
	const { account } = content;
	const login = content.read(value);
	if (account?.owner === undefined || !login || !("role" in login)) return undefined;
	const { server, owner } = account;
	const acts = await (await ports.database(server)).actsAs(login);
	return acts === owner ? undefined : new Fault("role-not-applied", { server, role: login.role, owner, acts });
}
