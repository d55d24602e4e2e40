// Evidence over the log and the records in memory, as an auditor asks for it, and what is made of it.

import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpRequest } from "@azure/functions";
import { describe, expect, test } from "@jest/globals";
import { signDigest } from "../../../packages/key-vault/index.ts";
import { complianceVerify } from "../../../src/cli/compliance-verify.ts";
import { Configuration } from "../../../src/lib/config/configuration.ts";
import type { Entry } from "../../../src/lib/domain/audit-entry.ts";
import { canonical, recordOf } from "../../../src/lib/domain/audit-record.ts";
import { reportDigest } from "../../../src/lib/domain/evidence/report-digest.ts";
import type { SignedEvidence } from "../../../src/lib/domain/evidence/statement.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import type { Handler } from "../../../src/lib/http/answer.ts";
import { operatorsOf } from "../../../src/lib/http/authentication.ts";
import { showCompliance } from "../../../src/lib/http/compliance.ts";
import { showEvidence } from "../../../src/lib/http/evidence.ts";
import { signNow } from "../../../src/lib/steps/sign-head.ts";
import { memoryAudit } from "../../support/memory-audit.ts";
import { memoryHeads } from "../../support/memory-heads.ts";
import { memoryRecords } from "../../support/memory-records.ts";
import { expectDescribed } from "../http/described.ts";
import { oid, tokens } from "../http/tokens.ts";
import { world } from "../triggers/world.ts";

const id = "db-password.00000000-0000-4000-8000-000000000001";
const keyUrl = "https://kv.vault.azure.net/keys/audit-head/00000000000000000000000000000001";

const configured = (rationale: string) => {
	const secret = { vault: "main", strategy: "random-value", policyClass: "database", rotateEveryDays: 80 };
	const policyClasses = { database: { rationale, riskAnalysis: "TRA-7", maxDays: 90 } };
	const file = {
		vaults: { main: { url: "https://kv.vault.azure.net" } },
		servers: {},
		policyClasses,
		exemptions: [
			{
				...{ vault: "main", secret: "legacy-key", owner: "payments team", reason: "the vendor has no API" },
				until: "2026-11-10T00:00:00Z",
			},
		],
		secrets: { "db-password": secret },
	};
	const text = JSON.stringify(file);
	const hash = createHash("sha256").update(text).digest("hex");
	return { config: Configuration.parse(file), text, hash, folder: "." };
};

async function auditor() {
	const made = await tokens();
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	let time = Date.parse("2026-11-01T06:00:00Z");
	let loaded = configured("as it was");
	const clock = { now: () => new Date(time) };
	const audit = memoryAudit({ clock });
	const records = memoryRecords({ now: clock.now });
	const heads = memoryHeads();
	const d = Buffer.from(privateKey.export({ format: "jwk" }).d!, "base64url");
	let signatures = 0;
	const signer = {
		sign: async (digest: Uint8Array) => {
			signatures++;
			return { signature: signDigest("P-256", d, Buffer.from(digest)), key: keyUrl };
		},
	};
	const base = world().call;
	const ports = {
		...base.ports,
		...{ clock, audit: async () => audit, records: async () => records },
		heads: async () => ({ ...heads.heads, signer }),
		configuration: async () => loaded,
	};
	const operators = operatorsOf(made.settings);
	const ask = async (handler: Handler, query: Record<string, string> = {}, roles = ["Audit.Read", "Rotation.Read"]) => {
		const headers = { authorization: `Bearer ${await made.sign({ roles })}` };
		const request = new HttpRequest({ method: "GET", url: "http://127.0.0.1/api", headers, query });
		const answer = await handler(request, { ...base, ports, operators });
		const text = String(answer.body);
		expectDescribed(handler, answer.status!, JSON.parse(text));
		return { status: answer.status, text, body: JSON.parse(text) };
	};
	const write = (changes: Partial<Entry>) =>
		audit.append({
			...{ rotationId: id, step: "plan", phase: "outcome", attempt: `${time}`, secretName: "db-password" },
			...{ actor: { kind: "timer" }, configHash: loaded.hash },
			...changes,
		});
	return {
		...{ audit, records, ports, clock, publicKey, ask, write },
		signatures: () => signatures,
		at(when: string) {
			time = Date.parse(when);
		},
		async configure(rationale: string) {
			loaded = configured(rationale);
			await records.keepConfiguration(loaded.hash, loaded.text);
		},
		async rotate(done: string) {
			time = Date.parse(done);
			await write({ step: "trigger", phase: "note", code: "rotate-requested" });
			await write({ due: "2026-11-02T06:00:00.000Z", code: "near-expiry" });
			await write({ step: "finishSecret", phase: "intent" });
			await write({ step: "finishSecret", code: "published", newVersion: "v2" });
			await write({ step: "finish", code: "near-expiry" });
			await signNow(ports);
		},
		async sweep() {
			const at = clock.now().toISOString();
			const secrets = [{ secret: "db-password", state: "due", dueInDays: -3, action: "none" } as const];
			const count = { vault: "main", at, listed: 3, managed: 1, pending: 1, unmanaged: 1, others: 0 };
			const unmanaged = [{ vault: "main", secret: "old-key", rotation: "90days" }];
			const report = { at, secrets, unmanaged, vaults: [count], problems: [] };
			await records.saveReport(report);
			const swept = {
				step: "sweep",
				phase: "note",
				code: "swept",
				rotationId: "(none)",
				secretName: "(none)",
			} as const;
			await write({ ...swept, message: `1 due. Report ${reportDigest(report)}.` });
		},
		[Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
	};
}

const bodyOf = ({ body }: { body: unknown }): SignedEvidence => body as SignedEvidence;
const past = { asOf: "2026-11-05", from: "2026-11-01" };

describe("evidence of a past day", () => {
	test("has what was so then: its configuration, report and rotations, whatever came later", async () => {
		await using it = await auditor();
		await it.configure("as it was");
		await it.sweep();
		await it.rotate("2026-11-03T06:00:00Z");
		it.at("2026-11-08T06:00:00Z");
		await it.configure("changed since");
		await it.sweep();
		await it.rotate("2026-11-09T06:00:00Z");
		const { evidence } = bodyOf(await it.ask(showEvidence, past));
		expect(evidence.classes).toMatchObject([{ rationale: "as it was", rotations: 1, late: 0 }]);
		expect(evidence.rotations).toMatchObject([{ done: "2026-11-03T06:00:00.000Z", version: "v2" }]);
		expect(evidence.population).toMatchObject({ sweptAt: "2026-11-01T06:00:00.000Z", onLog: true });
		expect(evidence.population.vaults).toMatchObject([{ listed: 3 }]);
		expect(evidence.exemptions).toMatchObject([{ ended: false, managed: false }]);
		expect(evidence.head).toMatchObject({
			asOf: "2026-11-06T00:00:00.000Z",
			log: { verdict: "whole", headAgrees: true },
		});
	});

	test("has no approver whom a record alone names", async () => {
		await using it = await auditor();
		await it.rotate("2026-11-03T06:00:00Z");
		const at = it.clock.now().toISOString();
		const status = {
			...{ rotationId: id, secret: "db-password", kind: "rotate", requestedBy: { kind: "operator" }, requestedAt: at },
			...{ steps: [], outcome: "completed", endedAt: at, approval: { approvedBy: { kind: "operator", id: "bob" } } },
		} as const;
		await it.records.saveRotation(status as RotationStatus);
		it.at("2026-11-08T06:00:00Z");
		const { evidence } = bodyOf(await it.ask(showEvidence, past));
		expect(evidence.rotations).toHaveLength(1);
		expect(evidence.rotations[0]).not.toHaveProperty("approvedBy");
	});

	test("is told in the same bytes each time, and signed once", async () => {
		await using it = await auditor();
		await it.configure("as it was");
		await it.rotate("2026-11-03T06:00:00Z");
		it.at("2026-11-08T06:00:00Z");
		const first = await it.ask(showEvidence, past);
		const signed = it.signatures();
		it.at("2026-11-09T06:00:00Z");
		await it.rotate("2026-11-09T06:00:00Z");
		expect((await it.ask(showEvidence, past)).text).toBe(first.text);
		// Once more for the head of the second rotation, and not for the evidence.
		expect(it.signatures()).toBe(signed + 1);
	});

	test("takes no configuration that does not have the hash which the log names", async () => {
		await using it = await auditor();
		const before = configured("as it was");
		await it.records.keepConfiguration(before.hash, configured("forged").text);
		await it.rotate("2026-11-03T06:00:00Z");
		it.at("2026-11-08T06:00:00Z");
		await it.configure("changed since");
		await it.write({ code: "near-expiry" });
		const { evidence } = bodyOf(await it.ask(showEvidence, past));
		expect(evidence.head).toMatchObject({ configHash: before.hash, configurationMissing: true });
		expect(evidence.classes).toEqual([]);
		expect(evidence.rotations).toHaveLength(1);
	});

	test("takes nothing that somebody put in its place", async () => {
		await using it = await auditor();
		await it.configure("as it was");
		await it.rotate("2026-11-03T06:00:00Z");
		it.at("2026-11-08T06:00:00Z");
		const { records } = it;
		const forged = { ...bodyOf(await it.ask(showEvidence, { ...past, from: "2026-11-02" })), producedAt: "never" };
		it.ports.records = async () => ({ ...records, evidence: async () => JSON.stringify(forged) });
		const { evidence } = bodyOf(await it.ask(showEvidence, past));
		expect(evidence.head.period.from).toBe("2026-11-01T00:00:00.000Z");
	});
});

test("a log that was changed is told as broken, with the place", async () => {
	await using it = await auditor();
	await it.rotate("2026-11-03T06:00:00Z");
	it.audit.lines[1] = it.audit.lines[1]!.replace("near-expiry", "not-due");
	it.at("2026-11-08T06:00:00Z");
	it.ports.audit = async () => ({ ...it.audit, append: async () => 1, head: async () => undefined });
	const { evidence } = bodyOf(await it.ask(showEvidence, past));
	expect(evidence.head.log).toMatchObject({ verdict: "broken", flaw: expect.stringContaining("line 2") });
});

test("what somebody else put into the log is told of its own day, and of no day before", async () => {
	await using it = await auditor();
	await it.rotate("2026-11-03T06:00:00Z");
	const last = it.audit.records.at(-1)!;
	const record = recordOf(
		{
			...{ rotationId: id, step: "plan", phase: "outcome", attempt: "theirs", secretName: "db-password" },
			...{ code: "not-due", actor: { kind: "timer" } },
		},
		{ previous: last.data, time: new Date("2026-11-04T06:00:00Z") },
	);
	const foreign = { ...record, id: "f".repeat(64) };
	const { hash: _, ...data } = foreign.data;
	const hash = createHash("sha256")
		.update(canonical({ ...foreign, data }))
		.digest("hex");
	it.audit.lines.push(canonical({ ...foreign, data: { ...data, hash } }));
	it.at("2026-11-06T06:00:00Z");
	await it.write({ code: "not-due" });
	it.at("2026-11-08T06:00:00Z");
	const verdictOf = async (asOf: string) => bodyOf(await it.ask(showEvidence, { asOf })).evidence.head.log;
	expect(await verdictOf("2026-11-05")).toMatchObject({ verdict: "broken", flaw: expect.stringContaining("its id") });
	expect(await verdictOf("2026-11-03")).toMatchObject({ verdict: "whole" });
});

test("a day before the log began is told without the configuration of today", async () => {
	await using it = await auditor();
	await it.rotate("2026-11-03T06:00:00Z");
	it.at("2026-11-08T06:00:00Z");
	const before = await it.ask(showEvidence, { asOf: "2026-10-20" });
	const { head, secrets } = bodyOf(before).evidence;
	expect([head.configurationMissing, secrets]).toEqual([true, []]);
	await it.configure("changed since");
	expect((await it.ask(showEvidence, { asOf: "2026-10-20" })).text).toBe(before.text);
});

test("a log that was written anew does not agree with its signed head", async () => {
	await using it = await auditor();
	await it.rotate("2026-11-03T06:00:00Z");
	const other = await auditor();
	await other.rotate("2026-11-03T07:00:00Z");
	it.audit.lines.splice(0, it.audit.lines.length, ...other.audit.lines);
	it.at("2026-11-08T06:00:00Z");
	const { evidence } = bodyOf(await it.ask(showEvidence, past));
	expect(evidence.head.log).toMatchObject({ verdict: "broken", headAgrees: false });
	await other[Symbol.asyncDispose]();
});

test("who asks is on the log; a day that has not begun, and another role, are refused and on it too", async () => {
	await using it = await auditor();
	expect((await it.ask(showEvidence)).status).toBe(200);
	const [read] = it.audit.records.filter(({ data }) => data.code === "audit-read");
	expect(read?.data.actor.user.uid).toBe(oid);
	for (const [query, code] of [
		[{ asOf: "2026-11-02" }, "parameter-not-valid"],
		[{ asOf: "2026-13-01" }, "parameter-not-valid"],
		[{ from: "2026-11-01", to: "2026-10-01" }, "parameter-not-valid"],
		[{ asOf: "2026-10-01", to: "2026-10-02" }, "parameter-not-valid"],
		[{ asOf: "2026-10-01", from: "2026-10-02" }, "parameter-not-valid"],
	] as const)
		expect([query, await it.ask(showEvidence, query)]).toMatchObject([query, { status: 400, body: { code } }]);
	expect((await it.ask(showEvidence, {}, ["Rotation.Operate"])).status).toBe(403);
	const refused = it.audit.records.filter(({ data }) => data.code === "app-role-missing");
	expect(refused).toHaveLength(1);
});

test("the report has what is overdue, what is exempt, the classes and how it was lately", async () => {
	await using it = await auditor();
	await it.sweep();
	it.at("2026-11-12T06:00:00Z");
	await it.sweep();
	const { body } = await it.ask(showCompliance);
	expect(body).toMatchObject({
		secrets: [{ secret: "db-password", state: "due" }],
		overdue: [{ secret: "db-password", days: 3, exempt: false }],
		exceptions: [{ secret: "legacy-key", ended: true }],
		classes: [{ policyClass: "database", secrets: 1, overdue: 1 }],
		unclassed: 0,
	});
	const trend = body as { trend: { at: string; due: number; unmanaged: number }[] };
	expect(trend.trend.map(({ at }) => at)).toEqual(["2026-11-01T06:00:00.000Z", "2026-11-12T06:00:00.000Z"]);
	expect(trend.trend[0]).toMatchObject({ due: 1, unmanaged: 1 });
});

describe("rotator compliance verify", () => {
	const folder = mkdtemp(join(tmpdir(), "evidence-"));
	const written = async (name: string, content: string) => {
		const path = join(await folder, name);
		await writeFile(path, content);
		return path;
	};
	const pem = (key: KeyObject) =>
		written(`${Math.random()}.pem`, key.export({ type: "spki", format: "pem" }).toString());
	const signed = async () => {
		await using it = await auditor();
		await it.configure("as it was");
		await it.rotate("2026-11-03T06:00:00Z");
		it.at("2026-11-08T06:00:00Z");
		return { ...(await it.ask(showEvidence, past)), key: await pem(it.publicKey) };
	};
	const verdict = async (content: string, ...args: string[]) =>
		complianceVerify([...args, await written("evidence.json", content)]);

	test("says of what the app signed that it is, and of anything else that it is not", async () => {
		const { text, body, key } = await signed();
		expect(await verdict(text, "--key", key)).toMatchObject({
			code: 0,
			stdout: expect.stringContaining("what the app signed"),
		});
		const rotations = bodyOf({ body }).evidence.rotations.map((run) => ({ ...run, late: true }));
		const { jws: _, ...unsigned } = bodyOf({ body });
		for (const other of [
			{ ...bodyOf({ body }), evidence: { ...bodyOf({ body }).evidence, rotations } },
			unsigned,
			{ ...bodyOf({ body }), producedAt: "2026-11-08T06:00:01.000Z" },
		])
			expect((await verdict(JSON.stringify(other), "--key", key)).code).toBe(1);
		const another = await pem(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey);
		expect((await verdict(text, "--key", another)).code).toBe(1);
	});

	test("a file that shows what is not signed is not good, whatever its signature says", async () => {
		const { text, body, key } = await signed();
		const indented = JSON.stringify(body, undefined, 2).replace("as it was", "as \\u0069t was");
		expect((await verdict(indented, "--key", key)).code).toBe(0);
		for (const shown of [
			text.replace('"late":false', '"late":true,"late":false'),
			text.replace(/^\{"evidence":/, '{"evidence":{"head":{"rows":1}},"evidence":'),
			text.replace(/"rows":(\d+)/, '"rows":$1.0000000000000000001'),
		]) {
			expect(shown).not.toBe(text);
			expect(await verdict(shown, "--key", key)).toMatchObject({
				code: 1,
				stdout: expect.stringContaining("not as it was written"),
			});
		}
	});

	test("without a key nothing is good, and what is no evidence has its own code", async () => {
		const { text } = await signed();
		expect((await verdict(text)).code).toBe(3);
		expect((await verdict("{}")).code).toBe(2);
		expect((await complianceVerify([])).code).toBe(2);
		expect((await complianceVerify(["--nothing"])).code).toBe(2);
		expect((await complianceVerify(["/nowhere/evidence.json"])).code).toBe(2);
		expect((await complianceVerify(["--help"])).code).toBe(0);
	});
});
