import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Password } from "../../../src/lib/domain/password.ts";
import { render } from "../../../src/lib/domain/render.ts";

const template = "postgresql://{role}:{password}@{host}:{port}/{database}?sslmode=require";
const at = { host: "titanic-db.postgres.database.azure.com", port: 5432, database: "titanic" };

test("a connection string has each part in its place", () => {
	const text = render(template, { ...at, role: "titanic_admin", password: new Password("s3cret") }).reveal();
	expect(text).toBe(`postgresql://titanic_admin:s3cret@${at.host}:5432/titanic?sslmode=require`);
});

test("no role, password or database, whatever it is made of, points the client to another host", () => {
	fc.assert(
		fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), fc.string(), (role, secret, database) => {
			const text = render(template, { ...at, role, password: new Password(secret), database }).reveal();
			const url = new URL(text);
			expect(url.hostname).toBe(at.host);
			expect(decodeURIComponent(url.username)).toBe(role);
			expect(decodeURIComponent(url.password)).toBe(secret);
		}),
	);
});

test("what looks like a placeholder in a value is not replaced again", () => {
	const text = render("{role}:{password}", { ...at, role: "{password}", password: new Password("p") }).reveal();
	expect(text).toBe("%7Bpassword%7D:p");
});
