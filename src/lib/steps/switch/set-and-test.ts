// The database's half of the critical section: the password is set, and proved by a login.

import { Fault } from "../../domain/fault.ts";
import { takesTurns } from "../../strategies/index.ts";
import { type Managed, namesOf, roleIn } from "../managed.ts";
import { notApplied } from "../turns.ts";
import type { Section, Switch } from "./at.ts";
import { wayBack } from "./way-back.ts";

/** What a rollback brings back of two roles may be in force all along. */
export const bringsTurnBack = ({ content: { account } }: Managed, { bringsBack }: Switch): boolean =>
	account !== undefined && takesTurns(account) && bringsBack !== undefined;

/** It is asked before it is set. */
export const mayBeInForce = ({ state, target }: Section, input: Switch): boolean =>
	state === "published" || bringsTurnBack(target, input);

interface Proved {
	/** Since when the password before it is not in force any more, if that came of this run's ALTER ROLE. */
	readonly alteredAt?: Date;
	/** When the new password was seen to log in. */
	readonly provedAt?: Date;
}

export async function setAndTest(at: Section, input: Switch, rehearsing?: Promise<void>): Promise<Proved> {
	const { ports, target, journal, session, times, wanted, state, accepts, gap } = at;
	const { account } = target.content;
	if (!account) return {};
	const displaces = !takesTurns(account);
	const { server = "", role = "" } = namesOf(target.content, wanted);
	const isPublished = state === "published";
	if (mayBeInForce(at, input) && (await accepts(wanted))) {
		journal.done("setSecret", "already-set", { role });
		journal.done("testSecret", "login-accepted", { role });
		return {};
	}
	await (rehearsing ?? rehearse(at));
	await session.set(journal.intent("setSecret"), wanted);
	const alteredAt = ports.clock.now();
	if (!isPublished && displaces) gap.open(alteredAt);
	journal.done("setSecret", "password-set", { role });
	times.lap("setSecret");
	const accepted = await accepts(wanted).catch(async (error) => {
		// Nobody can tell, perhaps for long, and everybody else has the old one. This session needs no login.
		if (!isPublished) await wayBack(at, "altered").catch(() => {});
		throw error;
	});
	if (!accepted) {
		const safe = !isPublished && (await wayBack(at, "altered"));
		throw safe
			? new Fault("new-password-rejected", { server, role })
			: new Fault("database-unknown", { server, role, statement: "a login with the new password", sqlState: "28P01" });
	}
	const provedAt = ports.clock.now();
	const fault = await notApplied(ports, target, wanted);
	if (fault) throw fault;
	times.lap("testSecret");
	journal.done("testSecret", "login-accepted", { role });
	return { provedAt, ...(displaces && { alteredAt }) };
}

/**
 * A proof that failed for a reason that stays, such as a database that nobody may connect to any more, is not met by another
 * change: what is in force has to get in first.
 */
export async function rehearse({ session, latest, wanted, state, target, accepts }: Section): Promise<void> {
	const { account } = target.content;
	if (!account) return;
	const { role = "" } = namesOf(target.content, wanted);
	const live = state !== "published" && latest.state === "present" ? latest.value : undefined;
	const alternates = takesTurns(account);
	// ALU1 of strategies/alternating-users, once more: by what is live now.
	if (alternates && live && roleIn(target.content, live) === role && (await accepts(live)))
		throw new Fault("role-in-turn", { server: account.server, role, secret: target.name });
	// Where ours is live already, it was just found not to be what is in force. Nobody knows the password of a role whose turn it is.
	const inForce = state === "published" || alternates ? [] : live ? [live, wanted] : [wanted];
	const refusal = await session.refusal(role, inForce);
	if (refusal) throw refusal;
}
