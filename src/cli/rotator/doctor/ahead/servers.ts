// What the servers of a configuration lack of what postgres:setup gives: asked as PGUSER with PGPASSWORD, no matter who that is.

import { connect } from "node:net";
import type { Configuration } from "../../../../lib/config/configuration.ts";
import { ofFault, ok, silent, unknown } from "../../../../lib/doctor/found.ts";
import type { FoundRight, FoundSystem } from "../../../../lib/domain/diagnosis.ts";
import { Fault } from "../../../../lib/domain/fault.ts";
import { asFault } from "../../../../lib/steps/boundary.ts";
import type { Managed } from "../../../../lib/steps/managed.ts";
import { checkedOn } from "../../../postgres-setup/check.ts";
import type { Environment } from "../../around.ts";

/** @returns what was found for each entry, by its id */
export async function askServers(
	config: Configuration,
	folder: string,
	targets: readonly Managed[],
	env: Environment,
): Promise<ReadonlyMap<string, readonly FoundSystem[]>> {
	const found = new Map<string, readonly FoundSystem[]>();
	const dead = new Map<string, FoundSystem>();
	// One after the other: a password that is rejected is not tried again at once by all of them.
	for (const target of targets) {
		const { secret } = target;
		if (!("server" in secret)) continue;
		const system = dead.get(secret.server) ?? (await ofServer(config, folder, secret, env, dead));
		found.set(target.id, [system]);
	}
	return found;
}

type InDatabase = Extract<Managed["secret"], { server: string }>;

async function ofServer(
	{ servers }: Configuration,
	folder: string,
	secret: InDatabase,
	{ PGUSER: role, PGPASSWORD: password }: Environment,
	dead: Map<string, FoundSystem>,
): Promise<FoundSystem> {
	const system = `PostgreSQL ${secret.server}`;
	const server = servers[secret.server]!;
	const { database, host, port } = server;
	if (!role || !password) {
		const answers = (await listens(host, port))
			? ok(`Something listens at ${host}, port ${port}.`)
			: silent(system, new Fault("server-unreachable", { server: secret.server })).rights[0]!;
		const says = "PGUSER and PGPASSWORD are not set. Any role that may log in and see pg_roles will do.";
		return { system, rights: [answers, unknown("What its roles lack", says, asAnybody)] };
	}
	try {
		// An access token of Entra's is a JWT; no password begins so by chance.
		const login = { role, password, isToken: /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(password) };
		const { version, checks } = await checkedOn({ secret, facts: { version: 18, database } }, server, folder, login);
		return { system, rights: [ok(`PostgreSQL ${version} lets ${role} in.`), ...checks.map(ofCheck)] };
	} catch (error) {
		const fault = asFault(error, "doctor");
		const found = fault.transient
			? silent(system, fault)
			: { system, rights: [ofFault(`It lets ${role} in.`, fault), unknown("What its roles lack", "It is not asked.")] };
		dead.set(secret.server, found);
		return found;
	}
}

const asAnybody = "PGUSER='<role>' PGPASSWORD='<password>' rotator doctor --config '<file>'";

const ofCheck = ({ says, sql, met }: { says: string; sql: string; met: boolean }): FoundRight =>
	met ? ok(says) : { right: says, result: "missing", code: "role-not-permitted", next: oneLine(sql) };

/** What is pasted into psql. No name of a role has a line's end in it. */
const oneLine = (sql: string): string => sql.replaceAll(/\s*\n\s*/g, " ");

const patienceMs = 5_000;

const listens = (host: string, port: number): Promise<boolean> =>
	new Promise((resolve) => {
		const socket = connect({ host, port, timeout: patienceMs });
		const end = (answer: boolean) => () => {
			socket.destroy();
			resolve(answer);
		};
		socket.once("connect", end(true)).once("timeout", end(false)).once("error", end(false));
	});
