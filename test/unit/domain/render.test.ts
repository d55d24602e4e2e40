import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Password } from "../../../src/lib/domain/password.ts";
import { type Format, formatOf, hasForm, likelyFormat, render } from "../../../src/lib/domain/render.ts";

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
	["jdbc:postgresql://{host}:{port}/{database}?user={role}&password={password}", "url"],
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
])("no template of format %s: %s", (format, of) => {
	expect(hasForm(of, format)).toBe(false);
});
