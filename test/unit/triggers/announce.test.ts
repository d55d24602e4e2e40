// What is told of, from the log: each happening once, whatever dies in between.

import { describe, expect, test } from "@jest/globals";
import { Configuration } from "../../../src/lib/config/configuration.ts";
import type { Entry } from "../../../src/lib/domain/audit-entry.ts";
import type { ComplianceReport } from "../../../src/lib/domain/compliance.ts";
import { type NotifyOrder, notifyIdOf } from "../../../src/lib/domain/notify.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { announce } from "../../../src/lib/triggers/announce.ts";
import { memoryAudit } from "../../support/memory-audit.ts";
import { memoryRecords } from "../../support/memory-records.ts";
import { configuration, world as triggers } from "./world.ts";

class Died extends Error {}
const begin = Date.parse("2026-06-01T06:00:00.000Z");
const idOf = (secret: string, n: number) => `${secret}.00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const operator = { kind: "operator", id: "oid-1", appId: "app-1" } as const;

const hook = { kind: "webhook", url: "https://hooks.example.com", signing: [{ vault: "main", secret: "key" }] };
const slack = { kind: "slack", address: { vault: "main", secret: "url", host: "hooks.slack.com" } };
const all = [
	"started",
	"completed",
	"failed",
	"cancelled",
	"retrying",
	"approval",
	"break-glass",
	"drift",
	"overdue",
	"sweep",
];

function world(notifications: object = { ops: { ...hook, on: all } }) {
	let time = begin;
	let calls = 0;
	let dieAt: number | undefined;
	const now = () => new Date(time);
	const step = () => {
		if (++calls === dieAt) throw new Died();
	};
	const hooks = { before: step, after: () => {} };
	const audit = memoryAudit({ clock: { now } });
	const records = memoryRecords({ hooks, now });
	const config = { text: { ...configuration, notifications } as object };
	const running: RotationStatus[] = [];
	const started = new Map<string, NotifyOrder>();
	let starts = 0;
	const ports = {
		...triggers().ports,
		...{ clock: { now }, audit: async () => audit, records: async () => records },
		configuration: async () => ({ config: Configuration.parse(config.text), hash: "c0ffee", text: "", folder: "." }),
	};
	const call = {
		ports,
		rotations: {
			allRunning: async () => running.map(({ retrying: _, ...rest }) => rest),
			running: async (secret: string) => running.find((one) => one.secret === secret),
		},
		notifier: {
			async start(order: NotifyOrder) {
				step();
				const id = notifyIdOf(order);
				if (!started.has(id)) starts++;
				started.set(id, order);
				step();
			},
		},
		linkTo: (id?: string) => ({ link: `https://rotator.example.com/${id ?? ""}` }),
	};
	let attempts = 0;
	const entry = (changes: Partial<Entry>): Promise<number> =>
		audit.append({
			...{
				rotationId: "(none)",
				step: "finish",
				phase: "outcome",
				attempt: `a-${++attempts}`,
				secretName: "db-password",
			},
			...{ actor: operator, ...changes },
		});
	return {
		...{ audit, records, running, started, config, entry },
		look: () => announce(call),
		pass: (ms: number) => {
			time += ms;
		},
		now,
		/** Dies at the n-th call to the outside from now on. */
		die: (at: number | undefined) => {
			calls = 0;
			dieAt = at;
		},
		starts: () => starts,
		told: () =>
			[...started.values()].map(
				({ channel, notification: { data } }) => `${channel} ${data.kind} ${data.secret ?? "-"}`,
			),
		async ends(n: number, changes: Partial<RotationStatus> = {}) {
			const rotationId = idOf("db-password", n);
			const requestedAt = now().toISOString();
			await entry({ rotationId, step: "trigger", phase: "note", code: "rotate-requested" });
			await entry({ rotationId, step: "setSecret", phase: "intent" });
			await records.saveRotation({
				...{ rotationId, secret: "db-password", kind: "rotate", requestedBy: operator, requestedAt, steps: [] },
				...{ outcome: "completed", code: "near-expiry", endedAt: requestedAt, ...changes },
			});
			await entry({ rotationId, step: "finish", code: "near-expiry" });
		},
	};
}

async function looked(notifications?: object) {
	const it = world(notifications);
	await it.look();
	it.pass(60_000);
	return it;
}

describe("What is told", () => {
	test("is nothing of what happened before anybody wanted to be told", async () => {
		const it = world();
		await it.ends(1);
		it.pass(1_000);
		await it.look();
		expect(it.told()).toEqual([]);
		it.pass(60_000);
		await it.ends(2);
		await it.look();
		expect(it.told()).toEqual(["ops started db-password", "ops completed db-password"]);
	});

	test("costs nothing, and remembers nothing, where there are no channels", async () => {
		const it = world({});
		await it.ends(1);
		await it.look();
		expect([it.told(), await it.records.announced()]).toEqual([[], undefined]);
	});

	test("is when it began and how it ended, with who asked, the code and a link; no reason and no sentence", async () => {
		const it = await looked();
		const problem = {
			code: "server-unreachable",
			message: "Server titanic-db cannot be reached.",
			next: "Look.",
		} as const;
		await it.ends(1, { outcome: "refused", code: "server-unreachable", problem, reason: "it leaked: hunter2" });
		await it.look();
		const rotationId = idOf("db-password", 1);
		const [, end] = [...it.started.values()].map(({ notification }) => notification);
		expect(end?.data).toEqual({
			...{ kind: "failed", secret: "db-password", rotationId, request: "rotate", outcome: "refused" },
			...{ code: "server-unreachable", by: { kind: "operator", id: "oid-1" }, next: expect.any(String) },
			...{ means: expect.stringMatching(/nothing was changed/), link: `https://rotator.example.com/${rotationId}` },
		});
		expect(JSON.stringify([...it.started.values()])).not.toMatch(/hunter2|titanic-db/);
	});

	test.each<[string, Partial<RotationStatus>, readonly string[]]>([
		["a plan", { dryRun: true, outcome: "planned" }, []],
		["a refused plan", { dryRun: true, outcome: "refused" }, []],
		["what was not due", { outcome: "skipped", code: "not-due" }, []],
		["an order taken back", { outcome: "cancelled", code: "cancelled" }, ["cancelled"]],
		["a version that not everybody has", { outcome: "published-not-delivered" }, ["failed"]],
	])("of %s is what it deserves", async (_, changes, kinds) => {
		const it = await looked();
		await it.ends(1, changes);
		await it.look();
		const ended = it.told().filter((one) => !one.includes("started"));
		expect(ended).toEqual(kinds.map((kind) => `ops ${kind} db-password`));
	});

	test("is an order that waits for an approval, and one that was ordered without, each with who ordered it", async () => {
		const it = await looked();
		const note = { step: "approval", phase: "note" } as const;
		await it.entry({ ...note, rotationId: idOf("db-password", 1), code: "approval-requested", digest: "a".repeat(64) });
		await it.entry({ ...note, rotationId: idOf("side-password", 2), secretName: "side-password", code: "break-glass" });
		await it.entry({ ...note, rotationId: idOf("db-password", 1), code: "approved", digest: "a".repeat(64) });
		await it.look();
		expect(it.told()).toEqual(["ops approval db-password", "ops break-glass side-password"]);
		const [waits] = [...it.started.values()].map(({ notification }) => notification.data);
		expect(waits).toMatchObject({ by: { id: operator.id }, link: expect.stringContaining(idOf("db-password", 1)) });
		expect(JSON.stringify(waits)).not.toContain("approval-requested");
	});

	test("is drift when it is found, and a sweep with what is overdue", async () => {
		const it = await looked();
		const code = "live-changed-by-hand";
		await it.entry({ step: "trigger", phase: "note", code, message: "Version 1 of secret x." });
		const secrets = [
			{ secret: "db-password", state: "expired", action: "none" },
			{ secret: "side-password", state: "compliant", action: "none", dueInDays: 20 },
		] as const;
		const report: ComplianceReport = { at: it.now().toISOString(), secrets, unmanaged: [], problems: [] };
		await it.records.saveReport(report);
		await it.entry({ step: "sweep", phase: "note", code: "swept", secretName: "(none)" });
		await it.look();
		expect(it.told()).toEqual(["ops drift db-password", "ops sweep -", "ops overdue -"]);
		const [, sweep, overdue] = [...it.started.values()].map(({ notification }) => notification.data);
		expect(sweep).toMatchObject({ counts: { expired: 1, compliant: 1 } });
		expect(overdue).toMatchObject({ counts: { expired: 1 }, secrets: ["db-password"] });
	});

	test("is what it has been trying for longer than the channel waits, once, with the step", async () => {
		const it = await looked({
			ops: { ...hook, on: ["retrying"] },
			late: { ...hook, on: ["retrying"], retryingMinutes: 60 },
		});
		const retrying = {
			code: "server-unreachable",
			message: "x",
			next: "y",
			step: "switch",
			attempt: 9,
			nextTryAt: "",
		} as const;
		const requestedAt = it.now().toISOString();
		const rotationId = idOf("db-password", 1);
		it.running.push({
			rotationId,
			secret: "db-password",
			kind: "rotate",
			requestedBy: operator,
			requestedAt,
			steps: [],
			retrying,
		});
		await it.look();
		expect(it.told()).toEqual([]);
		for (let minutes = 0; minutes < 90; minutes += 10) {
			it.pass(10 * 60_000);
			await it.look();
		}
		expect(it.told()).toEqual(["ops retrying db-password", "late retrying db-password"]);
		expect(it.starts()).toBe(2);
		expect([...it.started.values()][0]?.notification.data).toMatchObject({
			step: "switch",
			code: "server-unreachable",
		});
	});
});

describe("A channel", () => {
	test("gets what its `on` names, of the secrets that it names", async () => {
		const it = await looked({
			mine: { ...hook, on: ["completed"], secrets: ["db-password"] },
			other: { ...hook, on: ["completed"], secrets: ["side-password"] },
			none: { ...hook, on: ["completed"], namespaces: ["elsewhere"] },
			failed: hook,
		});
		await it.ends(1);
		await it.look();
		expect(it.told()).toEqual(["mine completed db-password"]);
	});

	test("of people gets one message for thirty, one of machines each", async () => {
		const it = await looked({ chat: { ...slack, on: ["completed"] }, ops: { ...hook, on: ["completed"] } });
		for (let n = 1; n <= 30; n++) await it.ends(n);
		await it.look();
		const told = it.told();
		expect(told.filter((one) => one.startsWith("chat"))).toEqual(["chat several -"]);
		expect(told.filter((one) => one.startsWith("ops"))).toHaveLength(30);
	});
});

describe("At least once", () => {
	const scene = async () => {
		const it = await looked({ ops: { ...hook, on: all }, chat: { ...slack, on: ["failed"] } });
		await it.ends(1);
		await it.ends(2, { outcome: "interrupted", code: "server-unreachable" });
		return it;
	};

	test("is kept wherever the process dies, and nobody is told twice", async () => {
		const whole = await scene();
		await whole.look();
		const wanted = whole.told();
		expect(wanted).toHaveLength(5);
		let deaths = 0;
		for (let at = 1; ; at++) {
			const it = await scene();
			it.die(at);
			const ended = await it.look().catch((error) => error as Error);
			if (!(ended instanceof Died)) break;
			deaths++;
			it.die(undefined);
			it.pass(60_000);
			await it.look();
			expect([at, it.told(), it.starts()]).toEqual([at, wanted, wanted.length]);
			await it.look();
			expect(it.starts()).toBe(wanted.length);
		}
		expect(deaths).toBeGreaterThan(8);
	});

	test("nothing is passed over by a record that was written while the log was read", async () => {
		const it = await scene();
		await it.look();
		// Stamped before that look by another instance's clock.
		it.pass(-30_000);
		await it.ends(3);
		it.pass(90_000);
		await it.look();
		expect(it.told().filter((one) => one === "ops completed db-password")).toHaveLength(2);
	});

	test("what is a day old is not told any more", async () => {
		const it = await scene();
		it.pass(25 * 3_600_000);
		await it.look();
		expect(it.told()).toEqual([]);
	});

	test("a new log is read from where the old one was left", async () => {
		const it = await scene();
		await it.look();
		const read = await it.records.announced();
		await it.records.saveAnnounced({ ...read!, place: { blob: "gone.ndjson", offset: 99 } });
		it.pass(60_000);
		await it.ends(3);
		await it.look();
		expect(it.starts()).toBe(7);
	});
});
