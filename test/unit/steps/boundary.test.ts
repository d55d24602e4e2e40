import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { RestError } from "@azure/storage-blob";
import { describe, expect, test } from "@jest/globals";
import pg from "pg";
import type { Ports } from "../../../src/lib/app.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { Notice } from "../../../src/lib/domain/notice.ts";
import { atBoundary, audited, isRefusal, redacting } from "../../../src/lib/steps/boundary.ts";
import { memoryAudit } from "../../support/memory-audit.ts";

const secret = "Planted-secret-0123456789";
const run = { attempt: "invocation-1", tell: () => {} };
const ids = { rotationId: "db-password.a", secret: "db-password", actor: { kind: "timer" } } as const;
const clock = { now: () => new Date("2026-11-23T12:00:00Z") };

function world() {
	const audit = memoryAudit({ clock });
	return { audit, ports: { clock, audit: async () => audit } as unknown as Ports };
}

/** Errors as the libraries throw them, with a secret wherever one has been seen. */
const foreign: Record<string, unknown> = {
	"an error whose message and stack have it": new Error(`password=${secret} failed`),
	"an error whose cause has it": new Error("failed", { cause: new Error(secret) }),
	"an error of pg whose query has it": Object.assign(new pg.DatabaseError("syntax error", 1, "error"), {
		query: `ALTER ROLE x PASSWORD '${secret}'`,
		detail: secret,
		code: "42601",
	}),
	"an error of the Azure SDK whose request has it": Object.assign(new RestError(`PUT failed: ${secret}`), {
		request: { body: secret, headers: { authorization: `Bearer ${secret}` } },
	}),
	"an error whose class is called so": new (Object.defineProperty(class extends Error {}, "name", { value: secret }))(),
	"a thrown text": secret,
	"an aggregate": new AggregateError([new Error(secret)], secret),
};

describe("what crosses the boundary", () => {
	test.each(Object.entries(foreign))("has nothing of %s", async (_, error) => {
		const activity = atBoundary("plan", async () => {
			throw error;
		});
		const thrown = await activity(world().ports, {}, run).then(
			() => undefined,
			(crossed: Error) => crossed,
		);
		expect(thrown).toBeInstanceOf(Error);
		const everything = [inspect(thrown, { depth: 10, showHidden: true }), thrown?.stack, JSON.stringify(thrown)].join();
		expect(everything).not.toContain(secret);
		expect(thrown?.message).toContain("[internal-error]");
	});

	test("is a returned refusal when the fault is final, so that nobody retries it", async () => {
		const activity = atBoundary("plan", async () => {
			throw new Fault("vault-forbidden", { vault: "main", secret: "db-password", right: "read" }, new Error(secret));
		});
		const answer = await activity(world().ports, {}, run);
		expect(isRefusal(answer)).toBe(true);
		expect(answer).toMatchObject({ refused: { code: "vault-forbidden" } });
		expect(JSON.stringify(answer)).not.toContain(secret);
	});

	test("is a thrown error with the fault's code when it is transient, so that it is retried", async () => {
		const activity = atBoundary("plan", async () => {
			throw new Fault("vault-throttled", { vault: "main" });
		});
		await expect(activity(world().ports, {}, run)).rejects.toThrow("[vault-throttled]");
	});
});

test("what an event's or a timer's handler fails with is told to the alerts, and thrown without a foreign text", async () => {
	const told: Notice[] = [];
	const work = async () => {
		throw new Error(secret);
	};
	const ended = redacting("sweep", (notice) => void told.push(notice), work);
	await expect(ended).rejects.toThrow("[internal-error]");
	expect(told).toEqual([{ event: "fault", step: "sweep", code: "internal-error", transient: expect.any(Boolean) }]);
});

describe("an audited act", () => {
	test("is not begun when its intent cannot be written", async () => {
		const { audit, ports } = world();
		audit.cut();
		let begun = false;
		const act = audited(ports, run, ids, ["roll"], {}, async () => {
			begun = true;
		});
		await expect(act).rejects.toMatchObject({ code: "audit-unavailable" });
		expect(begun).toBe(false);
	});

	test("that fails leaves an outcome for each step: its code where it failed, not-begun after that", async () => {
		const { audit, ports } = world();
		const act = audited(ports, run, ids, ["setSecret", "testSecret", "finishSecret"], {}, async (journal) => {
			journal.done("setSecret", "password-set");
			throw new Fault("server-unreachable", { server: "titanic-db" });
		});
		await expect(act).rejects.toMatchObject({ code: "server-unreachable" });
		expect(audit.records.map(({ data }) => [data.step, data.phase, data.code])).toEqual([
			["setSecret", "intent", undefined],
			["testSecret", "intent", undefined],
			["finishSecret", "intent", undefined],
			["setSecret", "outcome", "password-set"],
			["testSecret", "outcome", "server-unreachable"],
			["finishSecret", "outcome", "not-begun"],
		]);
	});

	test("whose outcome cannot be written fails although it acted, so that it comes again", async () => {
		const { audit, ports } = world();
		const act = audited(ports, run, ids, ["roll"], {}, async () => {
			audit.cut();
		});
		await expect(act).rejects.toMatchObject({ code: "audit-unavailable" });
	});

	test("gives no intent for a step that it did not declare", async () => {
		const { ports } = world();
		const act = audited(ports, run, ids, ["roll"], {}, async (journal) => {
			journal.intent("setSecret");
		});
		await expect(act).rejects.toMatchObject({ code: "internal-error" });
	});
});

test("an intent is made nowhere in the product but at the boundary, which writes it first", () => {
	const src = join(import.meta.dirname, "..", "..", "..", "src");
	const making = globSync("**/*.ts", { cwd: src }).filter((file) =>
		/\bas (?:unknown as )?Intent\b/.test(readFileSync(join(src, file), "utf8")),
	);
	expect(making.map((file) => file.replaceAll("\\", "/"))).toEqual(["lib/steps/boundary.ts"]);
});
