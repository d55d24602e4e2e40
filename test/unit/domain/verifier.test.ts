import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import pg from "pg";
import { type Postgres, startPostgres } from "../../../local/postgres/postgres.ts";
import { newPassword, Password } from "../../../src/lib/domain/password.ts";
import { unsuited, verifierOf } from "../../../src/lib/domain/verifier.ts";

let postgres: Postgres;
beforeAll(async () => {
	postgres = await startPostgres({ settings: { log_statement: "none" } });
});
afterAll(async () => postgres.stop());

const stored = async (role: string): Promise<string> => {
	const [row] = await postgres.query<{ rolpassword: string }>("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [
		role,
	]);
	return row!.rolpassword;
};

async function logsIn(user: string, password: string): Promise<boolean> {
	const client = new pg.Client({ host: postgres.host, port: postgres.port, database: "postgres", user, password });
	try {
		await client.connect();
		return true;
	} catch (error) {
		expect(error).toMatchObject({ code: "28P01" });
		return false;
	} finally {
		await client.end();
	}
}

test("the verifier of RFC 7677's example is the one that follows from it", () => {
	const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
	expect(verifierOf(new Password("pencil"), "x", salt)).toBe(
		"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
	);
});

test("with the same salt it is, to the letter, what PostgreSQL makes of the password", async () => {
	for (const [index, text] of [
		"pencil",
		" spaces inside ",
		"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
		newPassword().reveal(),
	].entries()) {
		const role = `clear_${index}`;
		await postgres.query(`CREATE ROLE ${role} PASSWORD ${pg.escapeLiteral(text)}`);
		const theirs = await stored(role);
		const salt = Buffer.from(/:([^$]+)\$/.exec(theirs)![1]!, "base64");
		expect(verifierOf(new Password(text), "x", salt)).toBe(theirs);
	}
});

test("PostgreSQL stores it as it is, and then lets in who has the password, and nobody else", async () => {
	const password = newPassword();
	const verifier = verifierOf(password, "x");
	await postgres.query(`CREATE ROLE app LOGIN PASSWORD '${verifier}'`);
	expect(await stored("app")).toBe(verifier);
	expect(await logsIn("app", password.reveal())).toBe(true);
	expect(await logsIn("app", newPassword().reveal())).toBe(false);
	expect(await logsIn("app", verifier)).toBe(false);
});

test("every printable ASCII password has one in PostgreSQL's format, new salt each time, without the password", () => {
	const ascii = fc.string({
		minLength: 1,
		maxLength: 40,
		unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
	});
	fc.assert(
		fc.property(ascii, (text) => {
			const password = new Password(text);
			const verifier = verifierOf(password, "x");
			expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/);
			expect(verifierOf(password, "x")).not.toBe(verifier);
		}),
		{ numRuns: 30 },
	);
});

test.each([
	["ends with a newline", "password\n"],
	["has a tab", "pass\tword"],
	["has control and delete characters", "\x01pass\x7fword"],
	["has an umlaut", "pässwörd"],
	["has an umlaut and a tab, which SASLprep refuses", "päss\tword"],
	["is Greek", "κωδικός"],
	["is Chinese", "密码密码"],
	["has an emoji, which SASLprep does not know", "pass😀word"],
	["mixes directions of writing, which SASLprep refuses", "passאword"],
	["has a character for private use", "pass\ue000word"],
	["looks like a verifier of MD5", "md5 of nothing"],
	["is long", "päß".repeat(400)],
])("a password that %s has the verifier that PostgreSQL makes, and logs in by it", async (name, text) => {
	const role = pg.escapeIdentifier(`hurt ${name}`.slice(0, 60));
	await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(text)}`);
	const theirs = await stored(`hurt ${name}`.slice(0, 60));
	const salt = Buffer.from(/:([^$]+)\$/.exec(theirs)![1]!, "base64");
	expect(verifierOf(new Password(text), "x", salt)).toBe(theirs);
	await postgres.query(`ALTER ROLE ${role} PASSWORD '${verifierOf(new Password(text), "x")}'`);
	expect(await logsIn(`hurt ${name}`.slice(0, 60), text)).toBe(true);
	expect(await logsIn(`hurt ${name}`.slice(0, 60), text.trim() === text ? `${text}\n` : text.trim())).toBe(false);
});

test("what has a verifier is what PostgreSQL stores as it is: tried on any characters", async () => {
	await postgres.query("CREATE ROLE any_text");
	let tried = 0;
	const letters = fc.oneof(
		fc.integer({ min: 1, max: 0x24f }),
		fc.integer({ min: 0x300, max: 0x36f }),
		fc.integer({ min: 0x1100, max: 0x11ff }),
		fc.integer({ min: 0x1e00, max: 0x206f }),
		fc.integer({ min: 1, max: 0xd7ff }),
		fc.integer({ min: 0xe000, max: 0x1ffff }),
	);
	const unit = letters.map((code) => String.fromCodePoint(code));
	await fc.assert(
		fc.asyncProperty(fc.string({ minLength: 1, maxLength: 5, unit }), async (text) => {
			if (unsuited(new Password(text), "x")) return;
			tried++;
			await postgres.query(`ALTER ROLE any_text PASSWORD ${pg.escapeLiteral(text)}`);
			const theirs = await stored("any_text");
			const salt = Buffer.from(/:([^$]+)\$/.exec(theirs)![1]!, "base64");
			expect(verifierOf(new Password(text), "x", salt)).toBe(theirs);
		}),
		{ numRuns: 60 },
	);
	expect(tried).toBeGreaterThan(10);
});

test.each([
	["is empty", ""],
	["has a no-break space", "pass\u00a0word"],
	["has a soft hyphen", "pass\u00adword"],
	["has an umlaut in two characters", "pa\u0308ssword"],
	["has a ligature", "\ufb01rst"],
	["has a full-width letter", "\uff30assword"],
	["has an emoji with a variation selector", "\u2764\ufe0f"],
	["has half a character", "pass\ud83dword"],
	["has a NUL", "pass\0word"],
])("a password that %s has none, and the fault names the secret only", (_, text) => {
	let fault: unknown;
	try {
		verifierOf(new Password(text), "db-password");
	} catch (error) {
		fault = error;
	}
	expect(fault).toMatchObject({ code: "password-ambiguous", names: { secret: "db-password" }, transient: false });
	if (text) expect(String((fault as Error).stack)).not.toContain(text);
});
