import { spawnSync } from "node:child_process";
import { parseEnv } from "node:util";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Password } from "../../../src/lib/domain/password.ts";
import {
	canBeRead,
	type Format,
	formatOf,
	formats,
	hasForm,
	likelyFormat,
	passwordIn,
	render,
} from "../../../src/lib/domain/render.ts";

const url = (template: string) => ({ template, format: "url" }) as const;
const template = "postgresql://{role}:{password}@{host}:{port}/{database}?sslmode=require";
const at = { host: "titanic-db.postgres.database.azure.com", port: 5432, database: "titanic" };

test("a connection string has each part in its place", () => {
	const text = render(url(template), { ...at, role: "titanic_admin", password: new Password("s3cret") }).reveal();
	expect(text).toBe(`postgresql://titanic_admin:s3cret@${at.host}:5432/titanic?sslmode=require`);
});

test("no role, password or database, whatever it is made of, points the client to another host", () => {
	fc.assert(
		fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), fc.string(), (role, secret, database) => {
			const text = render(url(template), { ...at, role, password: new Password(secret), database }).reveal();
			const { hostname, username, password } = new URL(text);
			expect(hostname).toBe(at.host);
			expect(decodeURIComponent(username)).toBe(role);
			expect(decodeURIComponent(password)).toBe(secret);
		}),
	);
});

test("what looks like a placeholder in a value is not replaced again", () => {
	const text = render(url("{role}:{password}"), { ...at, role: "{password}", password: new Password("p") }).reveal();
	expect(text).toBe("%7Bpassword%7D:p");
});

/** What people may call a role or a database, and a password that somebody made by hand: quotation marks of all kinds. */
const text = fc
	.stringMatching(/^[ -~\u00a0-\u017f]{1,63}$/)
	.map((some) => some.slice(0, 63))
	.filter((some) => some.trim() !== "");
const odd = fc.oneof(text, fc.stringMatching(/^[a-z '"\\=;{}%@/:]{1,20}$/));
const rendered = (format: Format, of: string, role: string, secret: string, database: string) =>
	render({ template: of, format }, { ...at, role, password: new Password(secret), database }).reveal();

/** `key=value;...` as System.Data.Common.DbConnectionOptions reads it: a second quotation mark is one, and `;` ends the rest. */
function adoNetPairs(given: string): Record<string, string> {
	const read: Record<string, string> = {};
	for (let at = 0; at < given.length; at++) {
		const equals = given.indexOf("=", at);
		const key = given.slice(at, equals).trim().toLowerCase();
		at = equals + 1;
		while (/\s/.test(given[at] ?? "")) at++;
		const mark = given[at] === '"' || given[at] === "'" ? given[at++] : undefined;
		let value = "";
		for (; at < given.length; at++) {
			if (mark === undefined ? given[at] === ";" : given[at] === mark && given[at + 1] !== mark) break;
			if (mark !== undefined && given[at] === mark) at++;
			value += given[at];
		}
		if (mark !== undefined) while (at < given.length && given[at] !== ";") at++;
		read[key] = mark === undefined ? value.trimEnd() : value;
	}
	return read;
}

test.each([
	"Host={host};Port={port};Username={role};Password={password};Database={database};SSL Mode=VerifyFull",
	"Host = {host} ; Port={port};Username='{role}';Password=\"{password}\";Database=x{database}; SSL Mode=VerifyFull;",
])("an ADO.NET connection string is read back as it was meant: %s", (of) => {
	fc.assert(
		fc.property(odd, odd, odd, (role, secret, database) => {
			const {
				host,
				port,
				username,
				password,
				database: name,
				...rest
			} = adoNetPairs(rendered("ado-net", of, role, secret, database));
			expect({ host, port, rest }).toEqual({ host: at.host, port: "5432", rest: { "ssl mode": "VerifyFull" } });
			expect([username, password]).toEqual([role, secret]);
			expect(name).toBe(of.includes("x{") ? `x${database}` : database);
		}),
	);
});

test("a JSON text is read back as it was meant, with the port as a number", () => {
	const of = '{"db": {"user": "{role}", "password": "{password}", "port": {port}}, "name": "x {database}"}';
	fc.assert(
		fc.property(odd, odd, odd, (role, secret, database) => {
			expect(JSON.parse(rendered("json", of, role, secret, database))).toEqual({
				db: { user: role, password: secret, port: 5432 },
				name: `x ${database}`,
			});
		}),
	);
});

test.each<[Format, string, string]>([
	["libpq", "host={host}  user={role} password='{password}'", `host=${at.host}  user=app password='s3cret'`],
	["ado-net", "Host = {host} ;User={role};Password={password};", `Host = ${at.host} ;User=app;Password=s3cret;`],
	["raw", "{role}:{password}", "app:s3cret"],
])("%s: what needs no quotation marks gets none, and all else stays as it is written", (format, of, text) => {
	expect(rendered(format, of, "app", "s3cret", "titanic")).toBe(text);
});

test.each<[string, Format | undefined]>([
	[template, "url"],
	["jdbc:postgresql://{host}:{port}/{database}?user={role}&password={password}", "jdbc"],
	["jdbc:sqlserver://{host}:{port}/{database}?user={role}&password={password}", "url"],
	["postgresql://{role}:{password}@a:1,b:2/{database}", "url"],
	["{password}", "raw"],
	["Host={host};Password={password}", undefined],
	["host={host} password={password}", undefined],
	['{"password": "{password}"}', undefined],
	["PGPASSWORD={password}", undefined],
	["Server=tcp://{host};Password={password}", undefined],
])("the form of %s says %s", (of, format) => {
	expect(formatOf(of)).toBe(format);
});

test.each<[string, Format | undefined]>([
	["Host={host};Password={password}", "ado-net"],
	["host={host} password={password}", "libpq"],
	['{"password": "{password}"}', "json"],
	["PGPASSWORD={password}", "env"],
	["{role} {password}", undefined],
])("%s looks like %s", (of, format) => {
	expect(likelyFormat(of)).toBe(format);
});

test.each<[Format, string]>([
	["libpq", "user {password}"],
	["libpq", "{role}={password}"],
	["libpq", "password='{password}"],
	["ado-net", 'Password="{password}'],
	["ado-net", "{password}"],
	["json", '{"password": {password}}'],
	["json", '{"user": {role}, "password": "{password}"}'],
	["jdbc", "jdbc:postgresql://{role}:{password}@{host}/{database}"],
	["jdbc", "postgresql://{host}/{database}?user={role}&password={password}"],
	["env", "PGUSER={role} PGPASSWORD={password}"],
	["env", "PGPASSWORD='{password}'"],
	["env", "{role}={password}"],
	["env", "PGPASSWORD=a {password}"],
])("no template of format %s: %s", (format, of) => {
	expect(hasForm(of, format)).toBe(false);
});

const templates: readonly (readonly [Format, string])[] = [
	["raw", "{password}"],
	["raw", "{role}:{password}"],
	["raw", "$({password}) and again {password}"],
	["url", template],
	["url", "postgresql://{host}/{database}?user={role}&password={password}&options=-c%20x%3Dy"],
	["jdbc", "jdbc:postgresql://{host}:{port}/{database}?user={role}&password={password}&ssl=true"],
	["libpq", "host={host} user={role} password={password}"],
	["libpq", "host='{host}' user = 'x {role}' password='{password}'"],
	["ado-net", "Host={host};Username={role};Password={password};SSL Mode=VerifyFull"],
	["ado-net", "Host={host};Username=\"{role}\";Password='{password}';"],
	["json", '{"db": [{"user": "{role}", "password": "a{password}"}, {port}], "url": "x"}'],
	["env", "# who\nPGHOST={host}\nexport PGUSER={role}\n\nPGPASSWORD={password} # it\nPGSSLMODE='require'\n"],
];

test("each form has templates here", () => {
	expect(new Set(templates.map(([format]) => format))).toEqual(new Set(formats));
});

test.each(templates)("%s: the password is read back from what is rendered: %s", (format, of) => {
	expect(canBeRead({ template: of, format })).toBe(true);
	fc.assert(
		fc.property(odd, fc.oneof(odd, fc.string({ minLength: 1, unit: "binary" })), odd, (role, secret, database) => {
			fc.pre(secret.isWellFormed());
			const who = { ...at, role, database };
			const value = new Password(rendered(format, of, role, secret, database));
			expect(passwordIn({ template: of, format }, value, who)?.reveal()).toBe(secret);
			if (of.includes("{role}"))
				expect(passwordIn({ template: of, format }, value, { ...who, role: `${role}2` })).toBeUndefined();
		}),
	);
});

test.each<[Format, string, string, string | undefined]>([
	["url", template, "postgresql://app:s3%20cret@elsewhere:1/other?connect_timeout=3", "s3 cret"],
	["url", template, "postgresql://app:s3%cret@db/titanic", undefined],
	["url", template, "postgresql://app:s3@cret@db/titanic", undefined],
	["url", template, "s3cret", undefined],
	["jdbc", templates[5]![1], "jdbc:postgresql://db/x?password=s3+cret&user=app", "s3 cret"],
	["libpq", templates[6]![1], "password='s3 \\' cret' user=app", "s3 ' cret"],
	["libpq", templates[6]![1], "password='s3cret user=app", undefined],
	["libpq", templates[6]![1], "password=s3cret", undefined],
	["ado-net", templates[8]![1], 'password="s3;""cret" ; USERNAME = app', 's3;"cret'],
	["json", '{"password":"{password}"}', '{ "password": "s3\\u0063ret", "note": 1 }', "s3cret"],
	["json", '{"password":"{password}"}', '{"password": ["s3cret"]}', undefined],
	["json", '{"password":"{password}"}', "s3cret", undefined],
	["env", "A={role}\nP={password}", 'P="s3\\" \'cret"\nA=app', "s3\" 'cret"],
	["raw", "key-{password}", "s3cret", undefined],
	["raw", "key-{password}", "key-", undefined],
	["raw", "{password} {password}", "s3cret another", undefined],
	["json", '["{password}", "{password}"]', '["s3cret", "another"]', undefined],
])("%s: what a person wrote by hand is read by its parts: %s", (format, of, value, secret) => {
	expect(passwordIn({ template: of, format }, new Password(value), { ...at, role: "app" })?.reveal()).toBe(secret);
});

test.each<[Format, string]>([
	["url", "{role}:{password}"],
	["url", "postgresql://{role}@{host}/{database}"],
	["libpq", "user={role}"],
])("no password can be read back from what %s makes of %s", (format, of) => {
	expect(canBeRead({ template: of, format })).toBe(false);
});

test("NAME=value lines are read back by node and by a shell, but for what only a shell can say", () => {
	const one = fc.stringMatching(/^[ -~]{1,40}$/);
	fc.assert(
		fc.property(one, (secret) => {
			const text = rendered("env", "A=1\nPGPASSWORD={password}\nB=2\n", "app", secret, "titanic");
			const inShell = spawnSync("sh", ["-c", `set -a\n${text}\nprintf %s "$PGPASSWORD"`], { encoding: "utf8" });
			expect(inShell.stdout).toBe(secret);
			if (!/'/.test(secret) || !/["\\$`!]/.test(secret))
				expect(parseEnv(text)).toEqual({ A: "1", PGPASSWORD: secret, B: "2" });
		}),
		{ numRuns: 50 },
	);
});
