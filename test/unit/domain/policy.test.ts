import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { type Decision, decide, dueOf, expiryOf, type Facts } from "../../../src/lib/domain/policy.ts";

const day = 86_400_000;
const now = new Date("2026-11-23T12:00:00Z");
const inDays = (days: number) => new Date(now.getTime() + days * day);
const dayOf = (time: Date) => Math.floor(time.getTime() / day);
const secret = { vault: "main", secret: "db-password" };

const live = { state: "present", version: "v1", created: inDays(-100), expires: inDays(29) } as const;
const fresh = { ...live, expires: inDays(120) };
const claim = { version: "p1", credentialId: "db-password.a", baseVersion: "v1" };
const nowhere = { state: "stored", claim } as const;
const inDerived = { state: "taken-back", claim } as const;
const inDatabase = { state: "in-database", claim, source: { secret: "pending", version: "p1" } } as const;
const published = { state: "published", claim, source: { secret: "live", version: "v1" } } as const;
const accepted = { state: "accepted", claim, source: { secret: "pending", version: "p1" } } as const;
const disabled = { state: "disabled", fault: new Fault("secret-disabled", secret) } as const;
const absent = { state: "absent", fault: new Fault("secret-missing", secret) } as const;
const empty = { state: "unusable", fault: new Fault("secret-empty", secret) } as const;
const paused = new Fault("workload-paused", { workload: "Deployment titanic-api/titanic-api" });
const pinned = new Fault("object-pinned", { providerClass: "titanic-kv-secrets", object: "db-password" });

const facts = (changes: Partial<Facts>): Facts => ({
	now,
	trigger: { force: false },
	live,
	standing: { state: "in-order" },
	obstacles: [],
	rotateEveryDays: 90,
	expiryMarginDays: 30,
	spread: { days: 0, phase: 0 },
	...changes,
});

type Code = Exclude<Decision, { act: "refuse" }>["code"] | "refused";

/** A code without a sentence does not compile. */
const cases: Record<Code, Record<string, Partial<Facts> & { expectCode?: string }>> = {
	"pending-published": {
		"a rotation cut short after publishing only has to be ended": {
			standing: published,
		},
		"a consumer that is paused now does not keep it from being ended": {
			standing: published,
			live: fresh,
			obstacles: [paused],
		},
	},
	"pending-found": {
		"a rotation cut short goes on although a consumer is pinned now": { standing: inDatabase, obstacles: [pinned] },
		"one cut short on its way back does so too": { standing: inDerived, obstacles: [pinned] },
		"one whose key is accepted and does not sign yet": { standing: accepted, obstacles: [paused], live: fresh },
		"forced, but something is in the way of a new key": {
			standing: accepted,
			trigger: { force: true },
			obstacles: [paused],
		},
		"a rotation cut short goes on although its window is closed": {
			standing: inDatabase,
			held: { code: "window-closed" },
		},
		"one that nobody has the password of is done again, although its window is closed": {
			standing: nowhere,
			held: { code: "window-closed" },
		},
		"a rotation cut short goes on although it would not be due": { standing: inDatabase, live: fresh },
		"one that nobody has the password of is done again, although it would not be due": {
			standing: nowhere,
			live: fresh,
		},
		"a late event finds a rotation cut short and goes on with it": {
			standing: nowhere,
			trigger: { force: false, seenVersion: "v0" },
		},
		"the live secret was disabled, but the database has the pending password": {
			standing: inDatabase,
			live: disabled,
		},
		"forced, but something is in the way of a new password": {
			standing: inDatabase,
			trigger: { force: true },
			obstacles: [pinned],
		},
		"forced, but the live secret cannot be read": {
			standing: inDatabase,
			trigger: { force: true },
			live: disabled,
		},
	},
	superseded: {
		"an event for an older version is late": { trigger: { force: false, seenVersion: "v0" } },
		"an old event does not rotate even with force": { trigger: { force: true, seenVersion: "v0" } },
	},
	"not-due": {
		"a secret that expires in 31 days has a day left": { live: { ...live, expires: inDays(31) } },
		"a secret that is held back, and not due": { live: fresh, held: { code: "window-closed" } },
		"a secret that never expires is left alone within its period": {
			live: { ...live, expires: undefined, created: inDays(-89) },
		},
	},
	"people-only": {
		"a secret that is due, and that only people start": { held: { code: "people-only" } },
	},
	frozen: {
		"a secret that has expired, in a freeze": {
			held: { code: "frozen", until: "", reason: "" },
			live: { ...live, expires: now },
		},
		"what stands in its way is of no interest then": {
			held: { code: "frozen", until: "", reason: "" },
			obstacles: [paused],
		},
	},
	"awaiting-approval": {
		"a secret that is due, and was asked for": {
			held: { code: "awaiting-approval", id: "db-password.1", until: "2026-06-02T06:00:00Z" },
		},
	},
	"window-closed": {
		"a secret that is due, outside its window": { held: { code: "window-closed" } },
	},
	refused: {
		"a missing secret": { live: absent, expectCode: "secret-missing" },
		"a disabled secret, although forced": { live: disabled, trigger: { force: true }, expectCode: "secret-disabled" },
		"a secret without a value": { live: empty, expectCode: "secret-empty" },
		"a compromised key, while something is in the way: what accepts it is not gone on with": {
			standing: accepted,
			trigger: { force: true, compromised: true },
			obstacles: [paused],
			expectCode: "workload-paused",
		},
		"a compromised key, that a rotation cut short accepts": {
			standing: published,
			trigger: { force: true, compromised: true },
			obstacles: [paused],
			expectCode: "workload-paused",
		},
		"the first obstacle is told": { obstacles: [paused, pinned], expectCode: "workload-paused" },
	},
	forced: {
		"whatever holds back what nobody has ordered": { trigger: { force: true }, held: { code: "window-closed" } },
		"an operator may rotate early": { trigger: { force: true }, live: fresh },
		"the database has a pending password, which may have leaked": { standing: inDatabase, trigger: { force: true } },
		"a rotation cut short is accepted, and its key may have leaked": { standing: accepted, trigger: { force: true } },
		"a rotation cut short has published one, which may have leaked": { standing: published, trigger: { force: true } },
	},
	"rolled-back": {
		"an operator may go back early": { trigger: { force: true, rollsBack: true }, live: fresh },
		"the database has a pending password, which is not what was ordered": {
			standing: inDatabase,
			trigger: { force: true, rollsBack: true },
		},
	},
	expired: {
		"a secret that expired this very second": { live: { ...live, expires: now } },
	},
	"near-expiry": {
		"a secret due this very second is rotated": { live: { ...live, expires: inDays(30) } },
		"the event that saw this version": { trigger: { force: false, seenVersion: "v1" } },
	},
	overdue: {
		"a secret that is spread is due at any time of its day, and some days earlier than others": {
			live: { ...live, expires: undefined, created: inDays(-80.4) },
			spread: { days: 11, phase: dayOf(now) },
		},
		"a secret that never expires is due after its period": {
			live: { ...live, expires: undefined, created: inDays(-90) },
		},
	},
};

describe.each(Object.entries(cases))("%s", (code, sentences) => {
	test.each(Object.entries(sentences))("%s", (_, { expectCode = code, ...changes }) => {
		const decision = decide(facts(changes));
		expect(decision.code).toBe(expectCode);
		expect(decision.act === "refuse").toBe(code === "refused");
	});
});

test("a new version expires one period and one margin after it was made", () => {
	expect(expiryOf(now, 90, 30)).toEqual(inDays(120));
});

test("so that it is due exactly one period after it was made", () => {
	const at = { rotateEveryDays: 90, expiryMarginDays: 30, spread: { days: 0, phase: 0 } };
	expect(dueOf({ now, created: now, expires: expiryOf(now, 90, 30), ...at })).toEqual({
		state: "compliant",
		dueAt: inDays(90),
	});
});

test("no expiry is later than the vault's client can send", () => {
	expect(expiryOf(new Date("2037-12-01T00:00:00Z"), 730, 365).getTime() / 1000).toBe(2_147_483_647);
});
