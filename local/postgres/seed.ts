// The seed world's database: `titanic`, one table of passengers, and the login role whose password is `db-password`.

import pg from "pg";
import { unseen } from "./activity.ts";
import type { Postgres } from "./postgres.ts";

export interface Seeded {
	database: string;
	role: string;
	/** The role's connection string: what the seed puts into `db-connection-string`. */
	url: string;
}

const passengers: [name: string, age: number | null, cabinClass: 1 | 2 | 3, survived: boolean][] = [
	["Allen, Miss Elisabeth Walton", 29, 1, true],
	["Allison, Master Hudson Trevor", 1, 1, true],
	["Andrews, Mr Thomas", 39, 1, false],
	["Astor, Colonel John Jacob", 47, 1, false],
	["Astor, Mrs Madeleine Talmage", 18, 1, true],
	["Brown, Mrs Margaret", 44, 1, true],
	["Butt, Major Archibald Willingham", 45, 1, false],
	["Duff Gordon, Lady Lucy Christiana", 48, 1, true],
	["Gracie, Colonel Archibald", 54, 1, true],
	["Guggenheim, Mr Benjamin", 46, 1, false],
	["Ismay, Mr Joseph Bruce", 49, 1, true],
	["Straus, Mr Isidor", 67, 1, false],
	["Straus, Mrs Rosalie Ida", 63, 1, false],
	["Thayer, Mr John Borland", 17, 1, true],
	["Beesley, Mr Lawrence", 34, 2, true],
	["Collyer, Mrs Charlotte", 31, 2, true],
	["Hart, Miss Eva Miriam", 7, 2, true],
	["Navratil, Master Michel", 3, 2, true],
	["Navratil, Master Edmond", 2, 2, true],
	["Hickman, Mr Leonard Mark", 24, 2, false],
	["Abelseth, Mr Olaus Jorgensen", 25, 3, true],
	["Dean, Miss Elizabeth Gladys", 0, 3, true],
	["Goodwin, Master Sidney Leslie", 1, 3, false],
	["Sage, Mr John George", 44, 3, false],
	["Sunderland, Mr Victor Francis", 20, 3, true],
	["Kelly, Mr James", null, 3, false],
];

/** Two users that take turns: members of one role that owns the table and never logs in. And the role that sets their passwords. */
export interface Turns {
	readonly roles: readonly [string, string];
	readonly owner: string;
	readonly rotator: string;
	/** Of the first of the two; the other one's is set by its first rotation. */
	readonly password: string;
	readonly rotatorPassword: string;
}

/** Of the database that `seedTitanic` has made. */
export async function seedTurns(postgres: Postgres, { roles, owner, rotator, ...passwords }: Turns): Promise<void> {
	const [first, second] = roles;
	const superuser = new pg.Client(postgres.url("titanic"));
	await superuser.connect();
	await superuser.query(unseen);
	await superuser.query(`
		CREATE ROLE ${owner} NOLOGIN;
		CREATE ROLE ${first} LOGIN PASSWORD ${pg.escapeLiteral(passwords.password)};
		CREATE ROLE ${second} LOGIN;
		GRANT ${owner} TO ${first}, ${second} WITH INHERIT TRUE, SET TRUE;
		ALTER ROLE ${first} SET role = ${owner};
		ALTER ROLE ${second} SET role = ${owner};
		CREATE ROLE ${rotator} LOGIN CREATEROLE PASSWORD ${pg.escapeLiteral(passwords.rotatorPassword)};
		GRANT ${first}, ${second} TO ${rotator} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
		ALTER TABLE passengers OWNER TO ${owner}`);
	await superuser.end();
}

/**
 * @param password of the role `titanic_admin`; the server's log does not have it
 */
export async function seedTitanic(postgres: Postgres, { password }: { password: string }): Promise<Seeded> {
	const database = "titanic";
	const role = "titanic_admin";
	const superuser = new pg.Client(postgres.url());
	await superuser.connect();
	await superuser.query(unseen);
	await superuser.query(`CREATE ROLE ${role} LOGIN CREATEROLE PASSWORD ${pg.escapeLiteral(password)}`);
	await superuser.end();
	await postgres.query(`CREATE DATABASE ${database} OWNER ${role}`);
	await postgres.query(
		`SET ROLE ${role};
		CREATE TABLE passengers (
			id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			name text NOT NULL,
			age integer,
			class smallint NOT NULL CHECK (class BETWEEN 1 AND 3),
			survived boolean NOT NULL
		);`,
		[],
		database,
	);
	await postgres.query(
		`INSERT INTO passengers (name, age, class, survived)
		SELECT * FROM unnest($1::text[], $2::integer[], $3::smallint[], $4::boolean[])`,
		[0, 1, 2, 3].map((column) => passengers.map((passenger) => passenger[column])),
		database,
	);
	const url = `postgresql://${role}:${encodeURIComponent(password)}@${postgres.host}:${postgres.port}/${database}`;
	return { database, role, url };
}
