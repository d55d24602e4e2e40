import { expect, test } from "@jest/globals";
import type { SecretVersion } from "../../../src/lib/domain/secret-version.ts";
import { keptTags, type Tie, tieOf } from "../../../src/lib/domain/tags.ts";

const claim = { credentialId: "db-password.b", baseVersion: "v1" };
const version = (tags: SecretVersion["tags"], id = "v2"): SecretVersion => ({
	...{ version: id, created: new Date(0), enabled: true, tags },
});

test.each<{ title: string; live: SecretVersion; tie: Tie }>([
	{ title: "the version that the rotation replaces", live: version({}, "v1"), tie: "replaced" },
	{
		title: "its own version",
		live: version({ "rotation-id": "db-password.b", "previous-version": "v1" }),
		tie: "published",
	},
	{
		title: "another rotation's",
		live: version({ "rotation-id": "db-password.a", "previous-version": "v1" }),
		tie: "none",
	},
	{
		title: "its own of another version than that one",
		live: version({ "rotation-id": "db-password.b", "previous-version": "v0" }),
		tie: "none",
	},
	{ title: "one that takes it back", live: version({ "taken-back": "db-password.b" }), tie: "taken-back" },
	{ title: "one that takes another one back", live: version({ "taken-back": "db-password.a" }), tie: "none" },
	{
		title: "a later rotation's that kept the tag of one that takes it back",
		live: version({ "taken-back": "db-password.b", "rotation-id": "db-password.c" }),
		tie: "none",
	},
	{ title: "somebody's", live: version({ application: "titanic-api" }), tie: "none" },
])("$title", ({ live, tie }) => {
	expect(tieOf(live, claim)).toBe(tie);
});

test("a first version of all is published where nothing was there before", () => {
	expect(tieOf(version({ "rotation-id": "db-password.b" }), { ...claim, baseVersion: "" })).toBe("published");
});

test("the next version keeps a version's own tags, and does not say that it takes anything back", () => {
	expect(keptTags(version({ application: "titanic-api", "taken-back": "db-password.a" }))).toEqual({
		application: "titanic-api",
	});
	expect(keptTags(undefined)).toEqual({});
});
