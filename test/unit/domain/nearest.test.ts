import { expect, test } from "@jest/globals";
import { nearest } from "../../../src/lib/domain/nearest.ts";

const names = ["db-password", "db-connection-string", "flask-secret-key"];

test.each([
	["db-pasword", "db-password"],
	["DB-Password", "db-password"],
	["dbpassword", "db-password"],
	["flask-secret", "flask-secret-key"],
	["x", undefined],
	["", undefined],
	["something-else", undefined],
])("%j is probably meant as %j", (asked, meant) => {
	expect(nearest(asked, names)).toBe(meant);
});

test("of no names none is near", () => {
	expect(nearest("a", [])).toBeUndefined();
});
