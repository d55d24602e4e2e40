import { describe, expect, test } from "@jest/globals";
import { type DriftCode, type DriftFacts, driftIn, needsPerson } from "../../../src/lib/domain/drift.ts";

const facts = (changes: Partial<DriftFacts> = {}): DriftFacts => ({
	vault: "main",
	secret: "db-password",
	server: "titanic-db",
	role: "titanic_admin",
	live: { state: "present", version: "v2", origin: "rotation" },
	standing: { state: "in-order" },
	pendingName: "db-password-pending",
	derived: [],
	pods: [],
	...changes,
});
const made = (origin: "first" | "hand") => ({ live: { state: "present", version: "v2", origin } }) as const;
const claim = { version: "p1", credentialId: "db-password.b", baseVersion: "v2" };
const inDatabase = { state: "in-database", claim, source: { secret: "pending", version: "p1" } } as const;
const earlier = { state: "database-restored", version: "v1" } as const;
const none = { state: "nobody-knows" } as const;
const unreadable = { state: "unreadable" } as const;
const derived: DriftFacts["derived"] = [{ secret: "db-connection-string", state: "differs" }];
const pods = [{ workload: "Deployment titanic-api/titanic-api", pod: "titanic-api-1", detail: "it has v1" }];

/** A code without a sentence does not compile. The cause is told first; `and` is what is told besides. */
const cases: Record<DriftCode | "nothing", Record<string, Partial<DriftFacts> & { and?: DriftCode[] }>> = {
	nothing: {
		"a secret as the rotation left it": {},
		"a secret that was never rotated, and gets in": made("first"),
		"a rotation cut short before ALTER goes on by itself": { standing: { state: "stored", claim }, derived },
		"so does one that was published": { standing: { ...inDatabase, state: "published" }, derived },
		"so does one on its way back": { standing: { state: "taken-back", claim }, derived },
		"what a rotation that is over has left is put away": { standing: { state: "left-over", claim } },
		"the database has the pending password of a rotation cut short": {
			...made("hand"),
			standing: inDatabase,
		},
		"the live secret is gone, but a rotation was cut short that goes on": {
			live: { state: "deleted" },
			standing: inDatabase,
		},
		"a secret that is not there and never was is a fault of its own": {
			live: { state: "absent" },
			standing: unreadable,
		},
	},
	"live-deleted": {
		"the live secret is soft-deleted": { live: { state: "deleted" }, standing: unreadable },
	},
	"live-disabled": {
		"the newest version is disabled, even where an older one is not": {
			live: { state: "disabled" },
			standing: unreadable,
		},
	},
	"live-changed-by-hand": {
		"a version without our tags, and the database still has the one before": { ...made("hand"), standing: earlier },
		"a version without our tags, and the database has neither": { ...made("hand"), standing: none },
		"a second version of a secret that was never rotated, which the database does not know": {
			...made("first"),
			standing: earlier,
		},
		"the derived secrets still have the password before": {
			...made("hand"),
			standing: earlier,
			derived,
			and: ["derived-changed-by-hand"],
		},
	},
	"live-replaced-by-hand": {
		"a version without our tags that the database accepts: both were changed": made("hand"),
		"and the pods have not followed": { ...made("hand"), pods, and: ["pod-on-old-version"] },
	},
	"database-restored": { "the database accepts the version before the live one": { standing: earlier } },
	"database-changed-by-hand": {
		"the database accepts nothing that the vault knows": { standing: none },
		"also of a secret that was never rotated": { ...made("first"), standing: none },
	},
	"pending-deleted": {
		"the database accepts neither live nor earlier passwords, and a pending one was deleted": {
			standing: { state: "pending-deleted" },
		},
		"also where somebody changed the live secret since": { ...made("hand"), standing: { state: "pending-deleted" } },
	},
	"pending-disabled": {
		"the database accepts neither live nor earlier passwords, and a pending one was disabled": {
			standing: { state: "pending-disabled", versions: ["p2", "p1"] },
		},
	},
	"derived-changed-by-hand": { "a derived secret has another value": { derived } },
	"pod-on-old-version": { "a pod has an older version": { pods } },
};

describe.each(Object.entries(cases))("%s", (code, sentences) => {
	test.each(Object.entries(sentences))("%s", (_, { and = [], ...changes }) => {
		const found = driftIn(facts(changes)).map((finding) => finding.code);
		expect(found).toEqual(code === "nothing" ? [] : [code, ...and]);
	});
});

test("each derived secret and each workload is told by name", () => {
	const found = driftIn(
		facts({
			derived: [...derived, { secret: "other", state: "deleted" }],
			pods: [...pods, { ...pods[0]!, pod: "titanic-api-2" }],
		}),
	);
	expect(found.map(({ sentence }) => sentence)).toEqual([
		expect.stringContaining("db-connection-string"),
		expect.stringContaining("other in vault main, which is derived from db-password, was deleted, recoverably."),
		"Of Deployment titanic-api/titanic-api, pod titanic-api-1 (and 1 more) does not use the live version: it has v1.",
	]);
});

test("pods that only have to be rolled need no person's decision, everything else does", () => {
	for (const [code, [first]] of Object.entries(cases).map(([key, value]) => [key, Object.values(value)] as const)) {
		expect([code, needsPerson(driftIn(facts(first)))]).toEqual([
			code,
			code !== "nothing" && code !== "pod-on-old-version",
		]);
	}
});
