// Whether a server has what a secret needs: asks its catalogs, as the role that PGUSER names.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Password } from "../../lib/domain/password.ts";
import { isMet, type Requirement, requirementsOf, type ServerFacts } from "../../lib/targets/postgres/requirements.ts";
import type { Server } from "../../lib/targets/postgres/schema.ts";
import { openConnection } from "../../lib/targets/postgres/settings.ts";
import { Unusable } from "../support/run.ts";
import { accountsOf, type DatabaseSecret } from "./accounts.ts";

export interface Checked {
	/** The server's own. */
	readonly version: number;
	readonly checks: readonly (Requirement & { readonly met: boolean })[];
}

export interface Asker {
	readonly role?: string;
	readonly password?: string;
	readonly isToken: boolean;
}

/** @throws Fault what a login throws; Unusable where no role is given to log in as */
export async function checkedOn(
	{ secret, facts }: { readonly secret: DatabaseSecret; readonly facts: ServerFacts },
	server: Server,
	folder: string,
	{ role, password, isToken }: Asker,
): Promise<Checked> {
	if (!role || !password)
		throw new Unusable(
			"no-login",
			"--check needs a login.",
			"Set PGUSER and PGPASSWORD; with --token that is an access token.",
		);
	const { ca: file } = server.tls;
	const at = {
		name: secret.server,
		server,
		...(file !== undefined && { ca: await readFile(resolve(folder, file), "utf8") }),
	};
	const login = { role, password: new Password(password) };
	await using connection = await openConnection(at, isToken ? { ...login, isToken } : login);
	const [row] = await connection.ask<{ version: number }>(
		"SELECT current_setting",
		"SELECT current_setting('server_version_num')::int / 10000 AS version",
	);
	const version = row?.version ?? facts.version;
	const checks: Checked["checks"][number][] = [];
	for (const one of requirementsOf(accountsOf(secret), { ...facts, version }))
		checks.push({ ...one, met: await isMet(connection, one) });
	return { version, checks };
}
