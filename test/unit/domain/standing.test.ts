// The table of domain/standing.ts, row by row; and that each combination of what can be seen has one state.

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
	type Claim,
	isCutShort,
	liveLogsIn,
	type Standing,
	type StandingFacts,
	standingOf,
} from "../../../src/lib/domain/standing.ts";

const claimed = { version: "p2", credentialId: "db-password.b", baseVersion: "v1" };
const older = { version: "p1", credentialId: "db-password.a", baseVersion: "v1" };
const claim = (changes: Partial<Claim> = {}): Claim => ({
	...{ ...claimed, tie: "none", isLive: false, isAccepted: false, isOver: false, isStored: false },
	...changes,
});
const facts = (changes: Partial<StandingFacts> = {}): StandingFacts => ({
	live: "v2",
	database: { accepts: "live" },
	...changes,
});
const notAsked = { accepts: "not-asked" } as const;
const none = { accepts: "none" } as const;
const pending = { accepts: "pending", claim: older } as const;

/** A state without a sentence does not compile. */
const cases: Record<Standing["state"], Record<string, StandingFacts>> = {
	"in-database": {
		"after ALTER": facts({ database: pending, claim: claim({ tie: "replaced" }) }),
		"whatever is live, published though it says it is": facts({
			database: pending,
			claim: claim({ tie: "published", isLive: true }),
		}),
		"also where the live secret cannot be read": facts({ live: undefined, database: pending }),
		"also where its rotation is over by the records": facts({ database: pending, claim: claim({ isOver: true }) }),
	},
	unreadable: {
		"the database has no pending password": facts({ live: undefined, database: none, claim: claim() }),
		"nobody claims anything": facts({ live: undefined, database: notAsked }),
	},
	"database-restored": {
		"an earlier version's password": facts({ database: { accepts: "earlier", version: "v1" } }),
		"although the live version is a pending one's": facts({
			database: { accepts: "earlier", version: "v1" },
			claim: claim({ tie: "published", isLive: true }),
		}),
	},
	"pending-deleted": {
		"nothing that can be read": facts({ database: none, unread: { deleted: true, disabled: [] } }),
	},
	"pending-disabled": {
		"nothing that can be read": facts({ database: none, unread: { deleted: false, disabled: ["p2", "p1"] } }),
	},
	"nobody-knows": {
		"nothing at all": facts({ database: none, unread: { deleted: false, disabled: [] } }),
		"although a rotation was cut short before ALTER": facts({ database: none, claim: claim({ tie: "replaced" }) }),
	},
	published: {
		"by tag and value": facts({ claim: claim({ tie: "published", isLive: true }) }),
		"as far as can be told while nobody asks the database": facts({
			database: notAsked,
			claim: claim({ tie: "published", isLive: true }),
		}),
		"by one that something covers": facts({ claim: claim({ tie: "published" }), covered: older }),
		"the first of two steps came late, to a derived secret": facts({ derivedBack: older }),
		"it came late there, and what it claims is still to be put away": facts({
			claim: claim({ tie: "published", isAccepted: true, isOver: true }),
			derivedBack: older,
		}),
	},
	"left-over": {
		"its rotation is over": facts({ claim: claim({ tie: "replaced", isOver: true }) }),
		"it says that its key is to be next, and it is over": facts({
			claim: claim({ tie: "published", isAccepted: true, isOver: true }),
		}),
		"it says that it was published, and was not": facts({ claim: claim({ tie: "published", isOver: true }) }),
	},
	accepted: {
		"between two steps": facts({ claim: claim({ tie: "published", isAccepted: true }) }),
		"as far as can be told while nobody asks": facts({
			database: notAsked,
			claim: claim({ tie: "published", isAccepted: true }),
		}),
		"the first of two steps came late": facts({ steppedBack: older }),
		"it came late, and what it claims is still to be put away": facts({
			claim: claim({ tie: "published", isAccepted: true, isOver: true }),
			steppedBack: older,
		}),
	},
	"taken-back": { "on the way back": facts({ claim: claim({ tie: "taken-back" }) }) },
	stored: {
		"before ALTER": facts({ claim: claim({ tie: "replaced" }) }),
		"as far as tags tell, while nobody can read the live secret": facts({
			live: undefined,
			database: notAsked,
			claim: claim(),
		}),
	},
	"in-order": {
		"after a rotation": facts(),
		"a claim of a version that is not live": facts({ claim: claim() }),
		"a claim of a version that is not live, whose rotation is over": facts({ claim: claim({ isOver: true }) }),
		"one that says it was published, with another value": facts({ claim: claim({ tie: "published" }) }),
		"one whose key is accepted by another rotation's version": facts({ claim: claim({ isAccepted: true }) }),
		"one with the live value that does not say so": facts({ claim: claim({ isLive: true }) }),
	},
};

describe.each(Object.entries(cases))("%s", (state, sentences) => {
	test.each(Object.entries(sentences))("%s", (_, seen) => {
		expect(standingOf(seen).state).toBe(state);
	});
});

test("whose claim it is, and where its password is", () => {
	expect(standingOf(facts({ database: pending, claim: claim({ tie: "replaced" }) }))).toEqual({
		...{ state: "in-database", claim: older, source: { secret: "pending", version: "p1" } },
	});
	const live = { secret: "live", version: "v2" };
	expect(standingOf(facts({ claim: claim({ tie: "published", isLive: true }) }))).toEqual({
		...{ state: "published", claim: claimed, source: live },
	});
	expect(standingOf(facts({ claim: claim({ tie: "published" }), covered: older }))).toEqual({
		...{ state: "published", claim: older, source: live },
	});
	expect(standingOf(facts({ claim: claim({ tie: "replaced", isStored: true }) }))).toEqual({
		...{ state: "stored", claim: claimed, source: { secret: "pending", version: "p2" } },
	});
	expect(standingOf(facts({ claim: claim({ tie: "replaced" }) }))).not.toHaveProperty("source");
	expect(standingOf(facts({ steppedBack: { ...older, version: "v1" } }))).toEqual({
		...{ state: "accepted", claim: { ...older, version: "v1" }, source: { secret: "live", version: "v1" } },
	});
});

const bool = fc.boolean();
const anyClaim = fc.record({
	...{ version: fc.constant("p2"), credentialId: fc.constant("db-password.b"), baseVersion: fc.constant("v1") },
	...{
		tie: fc.constantFrom("replaced", "published", "taken-back", "none"),
		isLive: bool,
		isAccepted: bool,
		isOver: bool,
		isStored: bool,
	},
}) as fc.Arbitrary<Claim>;
const anything: fc.Arbitrary<StandingFacts> = fc.record(
	{
		live: fc.constant("v2"),
		claim: anyClaim,
		covered: fc.constant(older),
		steppedBack: fc.constant(older),
		derivedBack: fc.constant(older),
		database: fc.constantFrom<StandingFacts["database"]>(
			...[{ accepts: "live" } as const, none, notAsked, pending, { accepts: "earlier", version: "v1" } as const],
		),
		unread: fc.record({ deleted: bool, disabled: fc.constantFrom([], ["p1"]) }),
	},
	{ requiredKeys: ["database"] },
);

test("each combination has one state, and what it says of the database is what the database said", () => {
	fc.assert(
		fc.property(anything, (seen) => {
			const standing = standingOf(seen);
			const { accepts } = seen.database;
			expect(Object.keys(cases)).toContain(standing.state);
			expect(standing.state === "in-database").toBe(accepts === "pending");
			if (seen.live === undefined) return;
			// Nothing is gone on with by tags where the database has said otherwise.
			if (accepts === "none" || accepts === "earlier") expect(isCutShort(standing)).toBe(false);
			if (accepts !== "not-asked") expect(liveLogsIn(standing)).toBe(accepts === "live");
			// Nothing counts as published whose value nobody has compared.
			if (standing.state === "published" && standing.claim.version === "p2") expect(seen.claim?.isLive).toBe(true);
		}),
		{ numRuns: 2_000 },
	);
});
