// Whatever would stop a rotation later, found before anything is changed: at the database first, then in the vault, then at
// each consumer.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { Account } from "../strategies/index.ts";
import type { Checklist } from "./checklist.ts";
import { impossible } from "./consumers.ts";
import { type Allowed, openSession } from "./login.ts";
import type { Managed } from "./managed.ts";
import { writesRefusal } from "./writes.ts";

/** @param role whose password is to be set; empty where only consumers know the value */
export async function obstacles(
	ports: Ports,
	target: Managed,
	role: string,
	candidates: readonly Password[],
	checks: Checklist,
	allowed: Allowed = {},
): Promise<Fault[]> {
	const { vault } = target.secret;
	const { account } = target.content;
	const atDatabase = `The password of role ${role} on server ${account?.server} can be changed, and changed back.`;
	const inVault = `Vault ${vault} can take every version that the rotation writes.`;
	return [
		...(account
			? await checks.look(atDatabase, () => refusalOf(ports, target, account, role, candidates, allowed))
			: []),
		...(await checks.look(inVault, () => writesRefusal(ports, target))),
		...(await impossible(ports, target, checks)),
	];
}

async function refusalOf(
	ports: Ports,
	target: Managed,
	{ server }: Account,
	role: string,
	candidates: readonly Password[],
	allowed: Allowed,
): Promise<Fault | undefined> {
	await using session = await openSession(ports, target, candidates, allowed);
	const refusal = await session.refusal(role, candidates);
	if (refusal) return refusal;
	const holder = await session.lockHolder();
	if (holder === undefined) return undefined;
	return new Fault("role-busy", { server, role, holder });
}

/** A derived secret that is disabled stays so (PB2), and its consumers would be left without. */
export async function unwritable(
	ports: Ports,
	{ secret: { vault, derived } }: Managed,
	checks: Checklist,
): Promise<Fault[]> {
	const store = await ports.store(vault);
	const faults: Fault[] = [];
	for (const { secret } of derived) {
		const look = async () =>
			(await store.latest(secret)).state === "disabled" ? new Fault("secret-disabled", { vault, secret }) : undefined;
		faults.push(...(await checks.look(`Derived secret ${secret} of vault ${vault} is not disabled.`, look)));
	}
	return faults;
}
