import { describe, expect, test } from "@jest/globals";
import { type DriftFacts, driftIn } from "../../../src/lib/domain/drift.ts";
import { type Change, planReconciliation, type ReconciliationFacts } from "../../../src/lib/domain/reconciliation.ts";

type Changes = Omit<Partial<ReconciliationFacts>, "drift"> & { drift?: Partial<DriftFacts> };

function facts({ drift = {}, ...changes }: Changes = {}): ReconciliationFacts {
	const all: DriftFacts = {
		vault: "main",
		secret: "db-password",
		server: "titanic-db",
		role: "titanic_admin",
		live: { state: "present", version: "v2", origin: "rotation" },
		standing: { state: "in-order" },
		pendingName: "db-password-pending",
		derived: [],
		pods: [],
		...drift,
	};
	return {
		direction: "database-from-vault",
		drift: all,
		findings: driftIn(all),
		liveCredential: "db-password.a",
		login: "self",
		derived: ["db-connection-string"],
		workloads: ["Deployment titanic-api/titanic-api"],
		begun: false,
		...changes,
	};
}
const none = { standing: { state: "nobody-knows" } } as const;
const pendingDeleted = { standing: { state: "pending-deleted" } } as const;
const pendingDisabled = { standing: { state: "pending-disabled", versions: ["p2", "p1"] } } as const;
const pending = { version: "p1", credentialId: "db-password.b", baseVersion: "v2" };
const resumable = { standing: { state: "stored", claim: pending } } as const;
const inDatabase = {
	standing: { state: "in-database", claim: pending, source: { secret: "pending", version: "p1" } },
} as const;

const plan = (changes: Changes) => {
	const decision = planReconciliation(facts(changes));
	return {
		act: decision.act,
		code: decision.act === "refuse" ? decision.fault.code : decision.act === "skip" ? decision.code : undefined,
		...("restore" in decision && { restore: decision.restore.map(({ code }) => code), changes: decision.changes }),
	};
};

/** A change that no plan tells does not compile. */
const cases: Record<Change["code"], Record<string, [Changes, string]>> = {
	"recover-live": {
		"a deleted secret is brought back before anything": [
			{ drift: { live: { state: "deleted" } } },
			"db-password in vault main",
		],
	},
	"enable-live": {
		"a disabled version is enabled": [{ drift: { live: { state: "disabled" } } }, "db-password in vault main"],
	},
	"recover-pending": { "the only copy is recovered": [{ drift: pendingDeleted }, "db-password-pending in vault main"] },
	"enable-pending": {
		"what nobody can read may be the only way in": [{ drift: pendingDisabled }, "version p2 of db-password-pending"],
	},
	"recover-derived": {
		"a deleted derived secret takes no version until it is recovered": [
			{ drift: { derived: [{ secret: "db-connection-string", state: "deleted" }] } },
			"db-connection-string in vault main",
		],
	},
	"adopt-live": {
		"a version without our tag gets it": [
			{ liveCredential: undefined, drift: { live: { state: "present", version: "v2", origin: "hand" } } },
			"version v2 of db-password",
		],
	},
	"set-password": {
		"the way in is told: an earlier version": [
			{ drift: { standing: { state: "database-restored", version: "v1" } } },
			"earlier version v1",
		],
		"the way in is told: the recovery role": [{ recoveryRole: "rescuer", drift: none }, "logging in as rescuer"],
		"an admin needs none": [{ login: "admin", drift: none }, "titanic_admin on server titanic-db"],
	},
	"new-password": {
		"whatever the state": [{ direction: "new-password" }, "publish it as db-password"],
		"also where a rotation was cut short, whose password may have leaked": [
			{ direction: "new-password", pending, drift: resumable },
			"publish it as db-password",
		],
		"the way in is told: the pending password": [
			{ direction: "new-password", pending, drift: inDatabase },
			"logging in with the pending password",
		],
	},
	"render-derived": { "with each new password": [{ direction: "new-password" }, "db-connection-string in vault main"] },
	"retire-pending": {
		"a pending password that nobody goes on with": [{ pending, drift: resumable }, "db-password-pending in vault main"],
	},
	deliver: { "to each workload": [{ direction: "new-password" }, "Deployment titanic-api/titanic-api"] },
};

describe.each(Object.entries(cases))("%s", (code, sentences) => {
	test.each(Object.entries(sentences))("%s", (_, [changes, says]) => {
		const told = plan(changes).changes?.find((change) => change.code === code);
		expect(told?.what).toContain(says);
		expect(told?.what).toMatch(/^[A-Z].*\.$/);
	});
});

test("where nothing has drifted, the vault's direction does nothing, and a new password is made when asked for", () => {
	expect(plan({})).toMatchObject({ act: "skip", code: "no-drift" });
	expect(plan({ direction: "new-password" })).toMatchObject({ act: "rotate" });
});

test("an enabled pending secret that nobody goes on with is no reason to do anything", () => {
	expect(plan({ pending })).toMatchObject({ act: "skip", code: "no-drift" });
	expect(plan({ pending, drift: resumable })).toMatchObject({ act: "adopt" });
});

test("what has begun goes on to its end, although nothing has drifted any more", () => {
	expect(plan({ begun: true })).toMatchObject({ act: "adopt", restore: [] });
});

test("with no known password and no recovery role both directions are refused", () => {
	for (const direction of ["database-from-vault", "new-password"] as const)
		expect(plan({ direction, drift: none })).toEqual({ act: "refuse", code: "no-way-in" });
});

test("a disabled pending version is enabled only where there is no other way in, and then it is one", () => {
	for (const direction of ["database-from-vault", "new-password"] as const) {
		const alone = plan({ direction, drift: pendingDisabled });
		expect(alone.restore).toEqual(["enable-pending", "enable-pending"]);
		expect(alone.changes?.map(({ code }) => code)).toContain("retire-pending");
		expect(plan({ direction, drift: pendingDisabled, login: "admin" }).restore).toEqual([]);
		expect(plan({ direction, drift: pendingDisabled, recoveryRole: "rescuer" }).restore).toEqual([]);
	}
});

test("a secret that is neither there nor deleted is refused", () => {
	const drift = { live: { state: "absent" }, standing: { state: "unreadable" } } as const;
	expect(plan({ drift })).toEqual({ act: "refuse", code: "secret-missing" });
});

test("a pending password is published in neither direction", () => {
	expect(plan({ pending, drift: resumable })).toMatchObject({ act: "adopt" });
	expect(plan({ direction: "new-password", pending, drift: resumable })).toMatchObject({ act: "rotate" });
	expect(plan({ direction: "new-password", drift: pendingDeleted })).toMatchObject({
		act: "rotate",
		restore: ["recover-pending"],
	});
});

test("what is in order is not in the plan", () => {
	const told = plan({ drift: { pods: [{ workload: "Deployment titanic-api/titanic-api", pod: "p", detail: "d" }] } });
	expect(told.changes?.map(({ code }) => code)).toEqual(["deliver"]);
});
