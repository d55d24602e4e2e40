// How the app gets into the database to set a password: as another role, or as the role itself.
// L1. `self` probes by login only where it must: the live password first, which is right unless a rotation was cut short.
//     A rejected password is never tried twice in one run. Otherwise: servers that count failures lock the role.

import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { DatabaseSession } from "../ports/database.ts";
import type { Ports } from "../ports/ports.ts";
import type { Managed } from "./managed.ts";

/**
 * Opens the session that may set the managed role's password.
 * @param candidates for `self`: what the role's password may be, likeliest first
 * @throws Fault `password-rejected` when none is right, and whatever `Database.open` throws
 */
export async function openSession(
	ports: Ports,
	target: Managed,
	candidates: readonly Password[],
): Promise<DatabaseSession> {
	const database = await ports.database(target.secret.server);
	const { login, role, server } = target.secret;
	if (login.mode === "admin-secret") {
		const vault = login.vault ?? target.secret.vault;
		const admin = await (await ports.store(vault)).latest(login.secret);
		if (admin.state === "absent") throw new Fault("secret-missing", { vault, secret: login.secret });
		if (admin.state === "disabled") throw new Fault("secret-disabled", { vault, secret: login.secret });
		return database.open({ role: login.role, password: admin.value });
	}
	const tried: Password[] = [];
	for (const password of candidates) {
		if (tried.some((other) => other.equals(password))) continue;
		tried.push(password);
		try {
			return await database.open({ role, password });
		} catch (error) {
			if (!(error instanceof Fault) || error.code !== "password-rejected") throw error;
		}
	}
	throw new Fault("password-rejected", { server, role });
}
