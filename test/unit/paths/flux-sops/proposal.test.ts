import { describe, expect, test } from "@jest/globals";
import { Password } from "../../../../src/lib/domain/password.ts";
import {
	branchesOf,
	branchFor,
	type Next,
	nextOf,
	type Standing,
	saidOf,
} from "../../../../src/lib/paths/flux-sops/proposal.ts";
import type { Published } from "../../../../src/lib/ports/delivery-path.ts";

const request = (state: "open" | "merged" | "closed") => ({ number: 7, state, url: "https://github.com/o/r/pull/7" });
const own = { name: "n", commit: "c", isOurs: true, isCurrent: true, hasThem: true };
const foreign = { ...own, isOurs: false, isCurrent: false };

const cases: Record<Next, Record<string, Partial<Standing>>> = {
	push: {
		"nothing has been proposed yet": {},
		"the host has no API, and nothing has been pushed": { request: undefined },
		"the branch was removed while its pull request is open": { request: request("open") },
		"the branch has the file changed since it was made": {
			own: { ...own, isCurrent: false },
			request: request("open"),
		},
		"it was merged, and the branch has lost it again": { own, request: request("merged") },
		"a person wants what people closed, and its branch is stale": {
			...{ own: { ...own, isCurrent: false }, request: request("closed"), isOrdered: true },
		},
	},
	open: {
		"the process died between the push and the pull request": { own },
		"a person wants what people closed": { own, request: request("closed"), isOrdered: true },
	},
	wait: {
		"it is open": { own, request: request("open") },
		"reviewers have brought its branch up to date": { own: foreign, request: request("open") },
	},
	closed: {
		"people closed it, and it is the sweep's turn": { own, request: request("closed") },
		"people closed it and removed its branch": { request: request("closed") },
		"people closed it, and something else is on its branch": { own: foreign, request: request("closed") },
	},
	taken: {
		"somebody else has a branch of this name": { own: foreign },
		"somebody has put another file on it": { own: { ...foreign, hasThem: false }, request: request("open") },
		"it was merged, with what reviewers added to it": { own: foreign, request: request("merged") },
		"a person wants it, and something else is on its branch": {
			own: foreign,
			request: request("closed"),
			isOrdered: true,
		},
	},
};

describe.each(Object.entries(cases))("%s:", (next, each) => {
	test.each(Object.entries(each))("%s", (_, standing) => {
		expect(nextOf({ isOrdered: false, ...standing })).toBe(next);
	});
});

const published = (version: string): Published[] => [
	{ vault: "main", secret: "db-password", version, value: new Password("p-secret") },
	{ vault: "main", secret: "db-connection-string", version: "9", value: new Password("postgresql://p-secret@db") },
];
const at = { branch: "main", file: "titanic/secret.sops.yaml" };

describe("A branch of the app's own", () => {
	test("is called the same for the same versions, and otherwise for others", () => {
		expect(branchFor(at, published("1"))).toBe(branchFor(at, published("1").toReversed().toReversed()));
		expect(branchFor(at, published("1"))).not.toBe(branchFor(at, published("2")));
	});
	test("begins as all of this file's do, and no other file's or branch's", () => {
		const prefix = branchesOf(at, "db-password");
		expect(branchFor(at, published("1")).startsWith(prefix)).toBe(true);
		for (const other of [
			{ ...at, file: "other.yaml" },
			{ ...at, branch: "release" },
		])
			expect(branchFor(other, published("1")).startsWith(prefix)).toBe(false);
	});
	test("is a name that every git server takes, whatever the vault calls the secret", () => {
		const [first] = published("1");
		expect(branchFor(at, [{ ...first!, secret: "Db-Password" }])).toMatch(
			/^titanic-secret-rotator\/db-password-[0-9a-f]{8}\/[0-9a-f]{16}$/,
		);
	});
});

test("Nothing of a value is said to people, and what it is for is", () => {
	const said = saidOf({ ...at, secret: "titanic-api-secrets" }, published("1"), "db-password.0001");
	expect(said.title).toBe("titanic-api-secrets: version 1 of db-password");
	expect(said.body).toContain("titanic/secret.sops.yaml");
	expect(JSON.stringify(said)).not.toContain("p-secret");
});
