// How the app gets into the database to set a password: as another role, or as the role itself.
// LG1. `self` probes by login only where it must: the live password first, which is right unless a rotation was cut short.
//      A rejected password is never tried twice in one run. Otherwise: servers that count failures lock the role.

import type { Ports } from "../app.ts";
import type { ManagedSecret } from "../config/configuration.ts";
import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { DatabaseSession, SessionOptions } from "../ports/database.ts";
import type { Managed } from "./managed.ts";

/**
 * Opens the session that may set the managed role's password.
 * @param candidates for `self`: what the role's password may be, likeliest first
 * @param allowed a reconciliation may use `login.recovery` where none of them is right
 * @param further what it may be besides, read only where none of them is right
 * @throws Fault `password-rejected` when none is right, and whatever `Database.open` throws
 */
export async function openSession(
	ports: Ports,
	target: Managed,
	candidates: readonly Password[],
	allowed: "without-recovery" | "with-recovery" = "without-recovery",
	further: () => Promise<readonly Password[]> = async () => [],
): Promise<DatabaseSession> {
	const database = await ports.database(target.secret.server);
	const { login, role, server } = target.secret;
	if (login.mode === "admin-secret") return asAdmin(ports, target, login);
	const tried: Password[] = [];
	for (const more of [async () => candidates, further]) {
		for (const password of await more()) {
			if (tried.some((other) => other.equals(password))) continue;
			tried.push(password);
			try {
				return await database.open({ role, password });
			} catch (error) {
				if (!(error instanceof Fault) || error.code !== "password-rejected") throw error;
			}
		}
	}
	if (allowed === "with-recovery" && login.recovery)
		return asAdmin(ports, target, login.recovery, { roleMayRotateItself: true });
	throw new Fault("password-rejected", { server, role });
}

/** The role that such a session is of. */
export const loginRole = ({ login, role }: ManagedSecret, candidates: readonly Password[]): string =>
	login.mode === "admin-secret" ? login.role : candidates.length > 0 ? role : (login.recovery?.role ?? role);

async function asAdmin(
	ports: Ports,
	{ secret: { server, vault: own } }: Managed,
	{ vault = own, secret, role }: { readonly vault?: string; readonly secret: string; readonly role: string },
	options?: SessionOptions,
): Promise<DatabaseSession> {
	const admin = await (await ports.store(vault)).latest(secret);
	if (admin.state === "absent") throw new Fault("secret-missing", { vault, secret });
	if (admin.state === "disabled") throw new Fault("secret-disabled", { vault, secret });
	return (await ports.database(server)).open({ role, password: admin.value }, options);
}
