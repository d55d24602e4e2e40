// What the server has to give for one entry: asked in the session that a rotation would set the password in.
// DDB1. A password that is rejected is tried once, as a rotation would. Otherwise: a server that counts failures locks the role.

import type { Ports } from "../app.ts";
import type { FoundRight, FoundSystem } from "../domain/diagnosis.ts";
import type { Fault } from "../domain/fault.ts";
import type { RoleNeed } from "../ports/database.ts";
import type { AppIdentity } from "../ports/identity.ts";
import { asFault } from "../steps/boundary.ts";
import { openSession } from "../steps/login.ts";
import { type Managed, nextRole } from "../steps/managed.ts";
import type { Account } from "../strategies/index.ts";
import { ofFault, ok, silent, unknown } from "./found.ts";

export async function askDatabase(ports: Ports, target: Managed, app: AppIdentity): Promise<FoundSystem[]> {
	const { account } = target.content;
	if (!account) return [];
	const system = `PostgreSQL ${account.server}`;
	const accounts = {
		roles: account.roles.filter((role) => role !== undefined),
		owner: account.owner,
		login: account.login,
		objectId: app.objectId,
	};
	try {
		const live = await (await ports.store(target.secret.vault)).latest(target.name);
		const candidates = live.state === "present" ? [live.value] : [];
		await using session = await openSession(ports, target, candidates);
		const { version, needs } = await session.given(accounts);
		const rights = [ok(`PostgreSQL ${version} lets the app in.`), ...needs.map(ofNeed)];
		// It would say the same again.
		if (needs.some(({ isMet, optional }) => !isMet && !optional)) return [{ system, rights }];
		const role = nextRole(target.content, live.state === "present" ? live.value : undefined);
		const changes = `The password of role ${role} can be set, proved and set back.`;
		const refusal = await session.refusal(role, candidates);
		return [{ system, rights: [...rights, refusal ? ofFault(changes, refusal) : ok(changes)] }];
	} catch (error) {
		const fault = asFault(error, "doctor");
		if (isOfVault(fault)) return [{ system, rights: [unknown("A login", fault.sentence, fault.next)] }];
		const database = await ports.database(account.server).catch(() => undefined);
		const needs = database ? await database.needs(accounts) : [];
		return [keptOut(system, account, fault, needs)];
	}
}

/** What is pasted into psql. No name of a role has a line's end in it. */
const oneLine = (sql: string): string => sql.replaceAll(/\s*\n\s*/g, " ");

const isOfVault = ({ code }: Fault): boolean => /^(vault|secret|value|token)-/.test(code);

const ofNeed = ({ says, sql, isMet, optional }: RoleNeed & { readonly isMet: boolean }): FoundRight => ({
	...(isMet ? ok(says) : { right: says, result: "missing", code: "role-not-permitted", next: oneLine(sql) }),
	...(optional && { optional }),
});

/** Of a login that is refused, the server says what for: the rest cannot be asked. */
function keptOut(system: string, { login, roles: [first] }: Account, fault: Fault, needs: readonly RoleNeed[]) {
	const lacks = { "role-cannot-login": "LOGIN", "role-not-permitted": "CONNECT" }[fault.code as string];
	if (lacks === undefined && (fault.transient || fault.code.startsWith("tls-"))) return silent(system, fault);
	const role = login.mode === "self" ? first : login.role;
	const is = needs.find(({ right, role: whose }) => right === lacks && whose === role);
	const why = "It is not known while the login is refused.";
	return {
		system,
		rights: [
			is ? { ...ofFault(is.says, fault), next: oneLine(is.sql) } : ofFault("The app's login is taken.", fault),
			...needs
				.filter((need) => need !== is)
				.map(({ says, optional }): FoundRight => ({ ...unknown(says, why), ...(optional && { optional }) })),
		],
	};
}
