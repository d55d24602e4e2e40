// `npm run postgres:setup -- FILE`: what the database needs, as SQL with the least rights; and whether a server has it.

import { dirname } from "node:path";
import { parseArgs } from "node:util";
import type { Configuration } from "../lib/config/configuration.ts";
import { checkFile } from "../lib/config/load.ts";
import { Fault } from "../lib/domain/fault.ts";
import { requirementsOf, type ServerFacts } from "../lib/targets/postgres/requirements.ts";
import { accountsOf, type DatabaseSecret } from "./postgres-setup/accounts.ts";
import { type Checked, checkedOn } from "./postgres-setup/check.ts";
import { textIn } from "./support/files.ts";
import { type Output, run, Unusable } from "./support/run.ts";

const help = `Prints the SQL by which a PostgreSQL server gets what the rotation of a secret needs, and no more; or checks a server against it.

  npm run -s postgres:setup -- FILE                       the SQL of each secret with a database, for PostgreSQL 16 to 18
  npm run -s postgres:setup -- FILE --check               what of it a server does not have; nothing is changed

  --secret ID       of this secret alone, by its key in the configuration
  --for VERSION     SQL for this major version of PostgreSQL (14 to 18; default 18)
  --object-id GUID  of the app's managed identity, for login mode entra-token
  --token           PGPASSWORD is an Entra access token
  --json            one JSON object
  --help

--check logs in to servers.<name> as PGUSER with PGPASSWORD: any role that may see pg_roles will do.

Examples:
  npm run -s postgres:setup -- rotation.config.yaml > setup.sql
  PGUSER=postgres PGPASSWORD=... npm run -s postgres:setup -- rotation.config.yaml --check

Exit code: 0 printed, or nothing is missing; 1 something is missing; 2 wrong arguments, no such file, or no login.
`;

const options = {
	secret: { type: "string" },
	for: { type: "string", default: "18" },
	"object-id": { type: "string" },
	token: { type: "boolean", default: false },
	check: { type: "boolean", default: false },
	json: { type: "boolean", default: false },
	help: { type: "boolean", short: "h" },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** @param args as after `postgres-setup.ts` on the command line */
export async function postgresSetup(args: readonly string[], env: Environment = process.env): Promise<Output> {
	const usage = (sentence: string): Output => ({ code: 2, stderr: `${sentence}\n\n${help}` });
	let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
	try {
		parsed = parseArgs({ args: [...args], options, allowPositionals: true });
	} catch (error) {
		return usage((error as Error).message);
	}
	const { values, positionals } = parsed;
	if (values.help) return { code: 0, stdout: help };
	const [file, ...more] = positionals;
	if (file === undefined || more.length > 0) return usage("Give one file.");
	if (!/^1[4-8]$/.test(values.for)) return usage("--for takes a major version from 14 to 18.");
	const objectId = values["object-id"];
	if (objectId !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(objectId))
		return usage("--object-id takes a GUID.");
	const { version, isToken } = { version: Number(values.for), isToken: values.token };
	try {
		const config = await configurationIn(file);
		const ids = wantedIn(config, values.secret);
		const of = (id: string): Setup => {
			const secret = config.secrets[id] as DatabaseSecret;
			const { database } = config.servers[secret.server]!;
			return { id, secret, facts: { version, database, ...(objectId !== undefined && { objectId }) } };
		};
		if (!values.check) return printed(ids.map(of), values.json);
		const login = { role: env.PGUSER, password: env.PGPASSWORD, isToken };
		const found: Found[] = [];
		for (const setup of ids.map(of)) {
			const server = config.servers[setup.secret.server]!;
			found.push({ ...setup, ...(await checkedOn(setup, server, dirname(file), login)) });
		}
		return told(found, values.json);
	} catch (error) {
		if (error instanceof Unusable) return { code: 2, stderr: `${error.message} ${error.next}\n` };
		if (error instanceof Fault) return { code: 2, stderr: `${error.sentence} ${error.next}\n` };
		throw error;
	}
}

/** Of one managed secret. */
export interface Setup {
	readonly id: string;
	readonly secret: DatabaseSecret;
	readonly facts: ServerFacts;
}
type Found = Setup & Checked;

/** Far more than any configuration has. */
const mostBytes = 4 * 1024 * 1024;

async function configurationIn(file: string): Promise<Configuration> {
	const text = await textIn(file, "Give a rotation configuration: one YAML file.", mostBytes);
	const result = await checkFile(file, text, new Date());
	if ("config" in result) return result.config;
	const next = `See npm run config:check -- ${file}.`;
	throw new Unusable("configuration-invalid", `The configuration ${file} is not valid.`, next);
}

function wantedIn({ secrets }: Configuration, id: string | undefined): string[] {
	const inDatabase = Object.entries(secrets).flatMap(([key, secret]) => ("server" in secret ? [key] : []));
	const known = inDatabase.length > 0 ? `Give one of ${inDatabase.join(", ")}.` : "A random value needs no database.";
	if (id === undefined && inDatabase.length === 0) throw new Unusable("none", "No secret is of a database.", known);
	if (id === undefined) return inDatabase;
	if (!inDatabase.includes(id))
		throw new Unusable("unknown", `No secret of a database is called ${JSON.stringify(id)}.`, known);
	return [id];
}

const asComment = (text: string): string => `-- ${text.replaceAll(/\s+/g, " ")}`;

function printed(setups: readonly Setup[], json: boolean): Output {
	const all = setups.map(({ id, secret, facts }) => ({
		...{ secret: id, server: secret.server, database: facts.database },
		requirements: requirementsOf(accountsOf(secret), facts).map(({ says, sql }) => ({ says, sql })),
		notes: notesOf(secret, facts),
	}));
	if (json) return { code: 0, stdout: `${JSON.stringify(all)}\n` };
	const texts = all.map(({ secret, server, database, requirements, notes }) =>
		[
			asComment(
				`Secret ${secret}, server ${server}. Run this as the server's administrator, in the database ${database}.`,
			),
			asComment("Running it again changes nothing. It sets no password."),
			...notes.map(asComment),
			"SET search_path = pg_catalog, pg_temp;",
			...requirements.map(({ says, sql }) => `\n${asComment(says)}\n${sql}`),
			"",
		].join("\n"),
	);
	return { code: 0, stdout: texts.join("\n") };
}

function notesOf(secret: DatabaseSecret, { version }: ServerFacts): string[] {
	const { login } = secret;
	const notes: string[] = [];
	if (login.mode === "admin-secret")
		notes.push(`Give ${login.role} a password by psql's \\password, and store it as secret ${login.secret}.`);
	if (login.mode !== "self" && version < 16)
		notes.push(
			`Before PostgreSQL 16, CREATEROLE lets ${login.role} set the password of every role that is not a superuser. For one role alone use login mode self.`,
		);
	return notes;
}

function told(found: readonly Found[], json: boolean): Output {
	const lacking = found.flatMap(({ checks }) => checks.filter(({ met }) => !met));
	const code = lacking.length === 0 ? 0 : 1;
	if (json) {
		const all = found.map(({ id, secret, facts, checks, version }) => ({
			...{ secret: id, server: secret.server, database: facts.database, version },
			checks: checks.map(({ says, sql, met }) => ({ says, met, ...(!met && { sql }) })),
		}));
		return { code, stdout: `${JSON.stringify(all)}\n` };
	}
	const texts = found.map(({ id, secret, facts, checks, version }) =>
		[
			`Secret ${id}: server ${secret.server} (PostgreSQL ${version}), database ${facts.database}`,
			...checks.map(({ says, sql, met }) => (met ? `  ✔ ${says}` : `  ✘ ${says}\n${sql.replaceAll(/^/gm, "      ")}`)),
			"",
		].join("\n"),
	);
	const end =
		code === 0
			? "Nothing is missing."
			: `${lacking.length} of ${found.flatMap(({ checks }) => checks).length} are missing.`;
	return { code, stdout: `${texts.join("\n")}\n${end}\n` };
}

if (import.meta.main) await run(postgresSetup);
