// Telling one channel: tries that are days apart, an end that is written down, whatever happens in between.

import { describe, expect, test } from "@jest/globals";
import { durableNotifier } from "../../../src/lib/adapters/durable/notifier.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { Notice } from "../../../src/lib/domain/notice.ts";
import { notificationOf } from "../../../src/lib/domain/notification.ts";
import { notifyIdOf } from "../../../src/lib/domain/notify.ts";
import { notify } from "../../../src/lib/orchestrators/notify.ts";
import { activities } from "../../../src/lib/steps/index.ts";
import { memoryAudit } from "../../support/memory-audit.ts";
import { type Perform, play } from "../../support/replayed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";
import { world as triggers } from "../triggers/world.ts";

const notification = notificationOf({
	...{ kind: "failed", about: ["r-1"], at: "2026-11-30T07:00:00.000Z", secret: "db-password" },
	...{ rotationId: "db-password.00000000-0000-4000-8000-000000000001", outcome: "refused", code: "vault-forbidden" },
});
const order = { channel: "ops", notification };

/** @param answers what each try of the channel ends with; `undefined`: it takes it */
function world(...answers: readonly (Fault | undefined)[]) {
	let time = Date.parse("2026-11-30T07:00:00Z");
	const now = () => new Date(time);
	const audit = memoryAudit({ clock: { now } });
	const notices: Notice[] = [];
	const ids: string[] = [];
	const waits: number[] = [];
	const ports = {
		...triggers().ports,
		audit: async () => audit,
		channel: async () => ({
			async send({ id }: { id: string }) {
				const answer = answers[ids.length];
				ids.push(id);
				if (answer) throw answer;
			},
		}),
	};
	const perform: Perform = async (command) => {
		if (command.ask !== "activity") {
			const { until } = command.ask === "first" ? command.of[0] : command;
			waits.push((Date.parse(until) - time) / 1000);
			time = Date.parse(until);
			return undefined;
		}
		const activity = activities[command.name as "sendNotification"] as (...given: unknown[]) => Promise<unknown>;
		const run = { attempt: `run-${ids.length}`, tell: (notice: Notice) => notices.push(notice) };
		return activity(ports, JSON.parse(JSON.stringify(command.input)), run);
	};
	const run = () => play("replayed", notify, order, perform, now);
	return { run, audit, notices, ids, waits, noted: () => audit.records.map(({ data }) => data) };
}
const refused = (status: number, afterSeconds?: number) =>
	new Fault("channel-refused", {
		channel: "ops",
		host: "hooks.example.com",
		status,
		...(afterSeconds && { afterSeconds }),
	});

describe("A notification", () => {
	test("that is taken is on the audit log, with its channel and its try", async () => {
		const it = world();
		expect((await it.run()).result).toEqual({ code: "notified" });
		expect(it.noted()).toMatchObject([
			{
				step: "notify",
				phase: "outcome",
				code: "notified",
				secretName: "db-password",
				message: "failed, try 1: By channel ops.",
			},
		]);
		expect(it.notices).toEqual([{ event: "notified", channel: "ops", code: "notified" }]);
	});

	test("is tried again with the same id, as late as the receiver asks", async () => {
		const it = world(refused(503), refused(429, 3_000));
		expect((await it.run()).result).toEqual({ code: "notified" });
		expect(new Set(it.ids)).toEqual(new Set([notification.id]));
		expect(it.ids).toHaveLength(3);
		expect(it.waits[0]).toBeGreaterThanOrEqual(5);
		expect(it.waits[0]).toBeLessThanOrEqual(6);
		expect(it.waits[1]).toBeGreaterThanOrEqual(3_000);
		expect(it.noted()).toMatchObject([{ code: "notified", message: "failed, try 3: By channel ops." }]);
	});

	test("that nobody takes is given up after days, which is on the audit log and an alert", async () => {
		const it = world(...Array.from({ length: 40 }, () => refused(500)));
		expect((await it.run()).result).toEqual({ code: "channel-refused" });
		expect(it.ids).toHaveLength(11);
		expect(it.waits.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(2.5 * 86_400);
		expect(it.noted()).toMatchObject([{ code: "channel-refused" }]);
		expect(it.notices.at(-1)).toEqual({ event: "notified", channel: "ops", code: "channel-refused" });
	});

	test.each([
		["wants no more", new Fault("channel-gone", { channel: "ops", host: "hooks.example.com" })],
		["is no longer configured", new Fault("channel-unknown", { channel: "ops" })],
	])("of a channel that %s ends at once", async (_, fault) => {
		const it = world(fault);
		expect((await it.run()).result).toEqual({ code: fault.code });
		expect([it.ids.length, it.waits]).toEqual([1, []]);
	});

	test.each([
		["vault may not be read", new Fault("vault-forbidden", { vault: "main", secret: "key", right: "read" } as never)],
		[
			"URL is wrong",
			new Fault("channel-url-not-valid", { channel: "ops", vault: "main", secret: "url", wrong: "is none" }),
		],
		["address is private", new Fault("channel-private", { channel: "ops", host: "h", address: "10.0.0.1" })],
		["configuration is broken", new Fault("configuration-invalid", { file: "f", problems: "p" })],
	])("whose %s is tried again: somebody may be correcting it", async (_, fault) => {
		const it = world(fault);
		expect((await it.run()).result).toEqual({ code: "notified" });
		expect(it.ids).toHaveLength(2);
	});
});

test("a rotation asks no channel, starts no notification and waits for none, whoever is to be told", async () => {
	const world = rotationWorld();
	const signing = [{ vault: "main", secret: "signing-key" }];
	const ops = { kind: "webhook", url: "https://ops.example.com", signing, on: ["started", "completed", "failed"] };
	Object.assign(world.config, { notifications: { ops } });
	let asked = 0;
	Object.assign(world.ports, { channel: () => new Promise(() => asked++) });
	const { result, asked: commands } = await world.run(world.request({ force: true }), "replayed");
	expect(result.outcome).toBe("completed");
	expect(asked).toBe(0);
	expect(JSON.stringify(commands)).not.toContain("sendNotification");
});

describe("An instance", () => {
	type Status = { runtimeStatus: string };
	function client() {
		const instances = new Map<string, Status>();
		const started: string[] = [];
		let cut = false;
		return {
			...{ instances, started },
			cut: (is: boolean) => {
				cut = is;
			},
			async getStatus(id: string) {
				if (cut) throw new Error("connect ECONNREFUSED 127.0.0.1:17071");
				const found = instances.get(id);
				if (!found) throw new Error("DurableClient error: the webhook call failed, replied with HTTP 404");
				return found as never;
			},
			async startNew(_: string, { instanceId = "" }: { instanceId?: string } = {}) {
				if (cut) throw new Error("connect ECONNREFUSED 127.0.0.1:17071");
				started.push(instanceId);
				instances.set(instanceId, { runtimeStatus: "Running" });
				return instanceId;
			},
		};
	}

	test("is started once, also where it is over already", async () => {
		const it = client();
		const notifier = durableNotifier(it as never);
		await notifier.start(order);
		await notifier.start(order);
		it.instances.set(notifyIdOf(order), { runtimeStatus: "Completed" });
		await notifier.start(order);
		expect(it.started).toEqual([notifyIdOf(order)]);
	});

	test("that cannot be started, or asked about, is not taken for one that is there", async () => {
		const it = client();
		it.cut(true);
		await expect(durableNotifier(it as never).start(order)).rejects.toMatchObject({
			code: "notify-not-started",
			transient: true,
		});
	});
});
