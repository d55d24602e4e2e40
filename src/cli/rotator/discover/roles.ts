// Roles that may log in to a configured server, and that no configured secret is of.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Configuration } from "../../../lib/config/configuration.ts";
import { Fault } from "../../../lib/domain/fault.ts";
import { Password } from "../../../lib/domain/password.ts";
import type { Environment } from "../around.ts";
import type { Unseen } from "./look.ts";

/** @param unseen gets what could not be asked */
export async function unownedRoles(
	{ servers, secrets }: Configuration,
	folder: string,
	{ PGUSER: role, PGPASSWORD: password }: Environment,
	unseen: Unseen[],
): Promise<readonly { readonly server: string; readonly role: string }[]> {
	const found: { server: string; role: string }[] = [];
	if (!role || !password) {
		if (Object.keys(servers).length > 0)
			unseen.push({ says: "Login roles of servers: set PGUSER and PGPASSWORD to have them listed." });
		return found;
	}
	const { openConnection } = await import("../../../lib/targets/postgres/settings.ts");
	for (const [name, server] of Object.entries(servers)) {
		const owned = Object.values(secrets).flatMap((entry) => {
			if (!("server" in entry) || entry.server !== name) return [];
			const { login } = entry;
			const other = login.mode === "self" ? login.recovery?.role : login.role;
			return [...("roles" in entry ? entry.roles : [entry.role]), ...(other === undefined ? [] : [other])];
		});
		try {
			const { ca: file } = server.tls;
			const ca = file === undefined ? {} : { ca: await readFile(resolve(folder, file), "utf8") };
			await using connection = await openConnection(
				{ name, server, ...ca },
				{ role, password: new Password(password) },
			);
			const rows = await connection.ask<{ rolname: string }>(
				"SELECT pg_roles",
				"SELECT rolname FROM pg_catalog.pg_roles WHERE rolcanlogin ORDER BY rolname",
			);
			for (const { rolname } of rows)
				if (!owned.includes(rolname) && !/^(pg_|azure)/.test(rolname)) found.push({ server: name, role: rolname });
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			unseen.push({ says: `Login roles of ${name}: ${error.sentence}` });
		}
	}
	return found;
}
