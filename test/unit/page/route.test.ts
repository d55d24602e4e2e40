import { expect, test } from "@jest/globals";
import { hashOf, routeOf } from "../../../src/page/route.ts";

test.each([
	["", { view: "secrets", id: "", query: {} }],
	["#/", { view: "secrets", id: "", query: {} }],
	["#/?text=db&state=due", { view: "secrets", id: "", query: { text: "db", state: "due" } }],
	["#/secrets/db-password", { view: "secret", id: "db-password", query: {} }],
	["#/rotations/db-password.1", { view: "rotation", id: "db-password.1", query: {} }],
	["#/history?outcome=refused", { view: "history", id: "", query: { outcome: "refused" } }],
	["#/compliance", { view: "compliance", id: "", query: {} }],
	["#/secrets/%E0%A4%A", { view: "secret", id: "%E0%A4%A", query: {} }],
	["#/secrets/db%E2%80%AEdrowssap", { view: "secret", id: "db\\u202edrowssap", query: {} }],
	["#/nothing/of/the/kind", { view: "secrets", id: "", query: {} }],
])("%s leads to its view", (hash, route) => expect(routeOf(hash)).toEqual(route));

test("what a link is made of is what it leads to, filter and all", () => {
	const query = { text: "a&b=c?#/", continuation: "W10=" };
	expect(routeOf(hashOf("secrets", "", query))).toEqual({ view: "secrets", id: "", query });
	expect(routeOf(hashOf("secret", "a/b?c"))).toEqual({ view: "secret", id: "a/b?c", query: {} });
});

test("what is empty is left out of a link", () => {
	expect(hashOf("secrets", "", { text: "", state: undefined })).toBe("#/");
});
