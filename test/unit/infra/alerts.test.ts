// Each alert's own query runs over lines that the product wrote: its rotations, sweeps and events, with everything outside
// in memory. What such a query cannot find here, it does not find in Log Analytics either.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { backUp } from "../../../src/lib/compliance/back-up.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { Notice } from "../../../src/lib/domain/notice.ts";
import { notificationOf } from "../../../src/lib/domain/notification.ts";
import { atBoundary } from "../../../src/lib/steps/boundary.ts";
import { sendNotification } from "../../../src/lib/steps/notify.ts";
import { onEvent } from "../../../src/lib/triggers/on-event.ts";
import { requestRotation } from "../../../src/lib/triggers/request.ts";
import { approvingWorld, requester } from "../../support/approving.ts";
import { run } from "../../support/kql/evaluate.ts";
import { parsed } from "../../support/kql/query.ts";
import type { Row } from "../../support/kql/scalar.ts";
import { inTurn, type Logged, rowOf, rowsOf } from "../../support/logged.ts";
import { rotationWorld } from "../../support/rotation-world.ts";
import { sweep } from "../../support/sweep.ts";
import { blocksOf, queriesIn, queryOf } from "../../support/terraform/queries.ts";
import { configuration, inDays, world } from "../triggers/world.ts";

const now = new Date("2026-11-27T12:00:00Z");
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

type Rotations = ReturnType<typeof rotationWorld>;
type Triggers = ReturnType<typeof world>;

/** What these rotations, one after the other, left in the log. */
async function rotations(...play: ((world: Rotations) => unknown)[]): Promise<Logged[]> {
	const made = rotationWorld({ mostAttempts: 10 });
	for (const act of play) await act(made);
	return inTurn(made.notices, hoursAgo(1));
}

/** So many hours ago. */
async function brokenGlass(hours: number): Promise<Logged[]> {
	const made = approvingWorld();
	await made.order({ breakGlass: true });
	return inTurn(made.notices, hoursAgo(hours));
}

const rotate = (world: Rotations) => world.run(world.request({ force: true }));
const deliver = (world: Rotations) => world.run(world.request({ kind: "deliver" }));

/** What these sweeps, a day apart, left in the log; the last one was so many hours ago. */
async function sweeps(hours: number, ...prepare: ((world: Triggers) => unknown)[]): Promise<Logged[]> {
	const made = world();
	made.vaults.main.seed("db-password", "iceberg", { expires: inDays(90) });
	made.vaults.side.seed("side-password", "lifeboat", { expires: inDays(90) });
	const logged: Logged[] = [];
	for (const [index, change] of prepare.entries()) {
		await change(made);
		const call = { ...made.call, attempt: `invocation-${index}` };
		await sweep(call).catch(() => {});
		logged.push(...inTurn(made.notices.splice(0), hoursAgo(hours + 24 * (prepare.length - 1 - index))));
	}
	return logged;
}

const gone = new Fault("channel-gone", { channel: "ops", host: "hooks.example.com" });
const down = new Fault("channel-unreachable", { channel: "ops", host: "hooks.example.com" });
/** The last tries of these notifications. */
async function channelTried(...answers: readonly (Fault | undefined)[]): Promise<Logged[]> {
	const { ports } = world();
	const notices: Notice[] = [];
	for (const answer of answers) {
		const channel = async () => ({
			async send() {
				if (answer) throw answer;
			},
		});
		const notification = notificationOf({ kind: "failed", about: ["r"], at: now.toISOString() });
		const run = { attempt: "a", tell: (notice: Notice) => void notices.push(notice) };
		await sendNotification({ ...ports, channel }, { channel: "ops", notification, attempt: 99 }, run);
	}
	return inTurn(notices, hoursAgo(1));
}

const asIs = () => {};
const expiring = (days: number) => (made: Triggers) =>
	void made.vaults.main.seed("db-password", "iceberg", { expires: inDays(days) });
const databaseChanged = (made: Triggers) => made.database.alterRole("titanic_admin", { password: "by hand" });
const broken = new Fault("audit-broken", { log: "audit", detail: "it was edited" });
const mended = new Map<Triggers, () => void>();
const auditBroken = (made: Triggers) => void mended.set(made, made.audit.refuse(broken));
const auditMended = (made: Triggers) => mended.get(made)?.();
const key = "https://titanic-kv-prod.vault.azure.net/keys/audit-head";
const unsignable = (made: Triggers) =>
	void mended.set(made, made.heads.refuse("sign", new Fault("signing-forbidden", { key })));

async function eventOfForeignVersion(): Promise<Logged[]> {
	const made = world();
	const { main } = made.vaults;
	const first = main.seed("db-password", "first", { created: inDays(-3) });
	main.seed("db-password", "ours", { tags: { "rotation-id": "db-password.a", "previous-version": first } });
	const Version = main.seed("db-password", "by hand");
	const data = { ObjectType: "Secret", VaultName: "titanic-kv-prod", ObjectName: "db-password", Version };
	await onEvent({ id: "1", type: "Microsoft.KeyVault.SecretNewVersionCreated", data }, made.call);
	return inTurn(made.notices, hoursAgo(1));
}

/** What was started so many minutes ago; its secret has no consumers, so that two are expected. */
async function startedBefore(minutes: number, more: object = {}): Promise<Logged[]> {
	const made = world();
	made.vaults.main.seed("db-password", "iceberg", { expires: inDays(3) });
	const wish = { secret: "db-password", kind: "rotate", force: true, dryRun: false, ...more } as const;
	await requestRotation({ ...made.call, actor: { kind: "timer" } }, "c0ffee", wish);
	return inTurn(made.notices, new Date(now.getTime() - minutes * 60_000));
}

/** So many minutes ago, an activity of what was started before failed, as it does at its boundary. */
async function tried(logged: readonly Logged[], step: string, fault: Fault, minutes: number): Promise<Logged[]> {
	const { rotationId = "" } = logged.map(({ notice }) => notice as { rotationId?: string }).at(-1) ?? {};
	const notices: Notice[] = [];
	const failing = atBoundary(step, () => Promise.reject(fault));
	const run = { attempt: "a", tell: (notice: Notice) => void notices.push(notice) };
	await failing(world().ports, { rotationId, secret: "db-password" }, run).catch(() => {});
	return [...logged, ...inTurn(notices, new Date(now.getTime() - minutes * 60_000))];
}
const forbidden = new Fault("vault-forbidden", { vault: "main", secret: "db-password", right: "get" });
const away = new Fault("vault-unreachable", { vault: "main" });

const refused = new Fault("backups-forbidden", { store: "backups", right: "add to" });
/** How backups went, so many minutes ago: each was refused by the container, or not. */
async function backedUp(...tries: readonly (readonly [minutes: number, refusal?: Fault])[]): Promise<Logged[]> {
	const made = world({
		...configuration,
		backups: { container: "https://titanicbak.blob.core.windows.net/backups", keepDays: 100 },
	});
	for (const name of ["db-password", "db-connection-string"]) made.vaults.main.seed(name, "iceberg");
	const logged: Logged[] = [];
	for (const [minutes, refusal] of tries) {
		const add = async () => {
			if (refusal) throw refusal;
			return "added" as const;
		};
		const ports = { ...made.ports, backups: async () => ({ add }) };
		await backUp({ ...made.call, actor: { kind: "timer" }, ports }, "db-password");
		logged.push(...inTurn(made.notices.splice(0), new Date(now.getTime() - minutes * 60_000)));
	}
	return logged;
}

interface Samples {
	/** Each: what happened, and what the alert then says. */
	readonly fires: Record<string, readonly [() => Promise<Logged[]>, Row]>;
	readonly isSilent: Record<string, () => Promise<Logged[]>>;
}

const paused = ({ deployment }: Rotations) => {
	deployment.paused = true;
};
/** From its next roll on: one that is stuck before is refused. */
const stuck = ({ deployment, onEffect }: Rotations) =>
	onEffect((effect) => {
		if (effect.startsWith("roll ")) deployment.stuck = "ProgressDeadlineExceeded";
	});
const copyAfter = ({ deployment }: Rotations, looks: number) => {
	deployment.copyLooks = looks;
};
const denied = (made: Rotations) => made.vault.deny("write", "db-password");

/** A query without samples fails below. */
const alerts: Record<string, Samples> = {
	"rotation-failed": {
		fires: {
			"a refused one": [
				() => rotations(paused, rotate),
				{ secret: "db-password", outcome: "refused", code: "workload-paused" },
			],
			"a compensated one": [
				() => rotations(denied, rotate),
				{ secret: "db-password", outcome: "compensated", code: "vault-forbidden" },
			],
			"an interrupted one": [
				() =>
					rotations(
						(made) =>
							void made.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password", times: 999 }),
						rotate,
					),
				{ secret: "db-password", outcome: "interrupted", code: "vault-unreachable" },
			],
			"one that the audit log keeps from being recorded": [
				() => rotations((made) => void made.audit.refuse(broken), rotate),
				{ secret: "db-password", outcome: "refused", code: "audit-broken" },
			],
			"a failed one after one that was not due": [
				() => rotations(denied, rotate, (made) => made.run(made.request({ seenVersion: "0".repeat(32) }))),
				{ secret: "db-password", outcome: "compensated", code: "vault-forbidden" },
			],
			"a failed one, although a delivery of what is live went well": [
				() => rotations(denied, rotate, deliver),
				{ secret: "db-password", outcome: "compensated", code: "vault-forbidden" },
			],
		},
		isSilent: {
			"a completed one": () => rotations(rotate),
			"a failed one that was followed by a completed one": () =>
				rotations(async (made) => {
					const allow = denied(made);
					await rotate(made);
					allow();
				}, rotate),
			"a refused dry run": () => rotations(paused, (made) => made.run(made.request({ dryRun: true }))),
			"one that was not due": () =>
				rotations(rotate, (made) => made.run(made.request({ seenVersion: "0".repeat(32) }))),
		},
	},
	"rotation-long": {
		fires: {
			"one that was started three minutes ago, and has no consumer to wait for": [
				() => startedBefore(3),
				{ secret: "db-password", request: "rotate", retrying: "" },
			],
			"one that tries a step again, with what that fails of": [
				async () => tried(await tried(await startedBefore(30), "plan", away, 25), "switch", away, 2),
				{ secret: "db-password", request: "rotate", retrying: "switch: vault-unreachable" },
			],
			"one that has tried a step again, and goes on": [
				async () => tried(await startedBefore(30), "switch", away, 20),
				{ secret: "db-password", request: "rotate", retrying: "" },
			],
			"one of which a step failed for good, which is tried no more": [
				async () => tried(await startedBefore(30), "plan", forbidden, 2),
				{ secret: "db-password", request: "rotate", retrying: "" },
			],
			"one that was started after another had ended": [
				async () => [...(await rotations(rotate)), ...(await startedBefore(3))],
				{ secret: "db-password", request: "rotate" },
			],
			"a dry run": [() => startedBefore(3, { dryRun: true }), { secret: "db-password", request: "rotate" }],
		},
		isSilent: {
			"one that was started a minute ago": () => startedBefore(1),
			"one that has ended since": async () => [...(await startedBefore(90)), ...(await rotations(rotate))],
		},
	},
	"published-not-delivered": {
		fires: {
			"a copy that never becomes new": [
				() => rotations((made) => copyAfter(made, Number.POSITIVE_INFINITY), rotate),
				{ secret: "db-password", outcome: "published-not-delivered", code: "copy-timeout" },
			],
			"a delivery that fails once more": [
				() => rotations(stuck, rotate, deliver),
				{ secret: "db-password", outcome: "published-not-delivered", code: "rollout-failed" },
			],
		},
		isSilent: {
			"a completed one": () => rotations(rotate),
			"a delivery that brought it later": () =>
				rotations(
					(made) => copyAfter(made, Number.POSITIVE_INFINITY),
					rotate,
					(made) => copyAfter(made, 0),
					deliver,
				),
		},
	},
	"secret-overdue": {
		fires: {
			"one that has been due for longer than a day": [
				() => sweeps(1, expiring(28)),
				{ secret: "db-password", state: "due", dueInDays: -2, action: "started" },
			],
			"an expired one": [() => sweeps(1, expiring(0)), { secret: "db-password", state: "expired", dueInDays: -30 }],
			"one that cannot be read": [
				() => sweeps(1, (made) => made.vaults.main.deny("read", "db-password")),
				{ secret: "db-password", state: "unreadable", dueInDays: null, code: "vault-forbidden" },
			],
		},
		isSilent: {
			"one that is not due": () => sweeps(1, asIs),
			"one that became due since the sweep before": () => sweeps(1, expiring(29)),
			"one that waits for a window, long overdue as it is": () =>
				sweeps(1, (made) => {
					expiring(20)(made);
					made.configure({ windows: [{ cron: "0 22 * * *", minutes: 240, zone: "UTC" }] });
				}),
			"one that was overdue a sweep ago": () => sweeps(1, expiring(20), expiring(90)),
			"one that was rotated after the sweep": async () => [
				...(await sweeps(2, expiring(20))),
				...(await rotations(rotate)),
			],
		},
	},
	drift: {
		fires: {
			"what the sweep finds": [
				() => sweeps(1, databaseChanged),
				{ secret: "db-password", drift: "database-changed-by-hand" },
			],
			"a version made by hand, told by its event": [
				eventOfForeignVersion,
				{ secret: "db-password", drift: "live-changed-by-hand" },
			],
		},
		isSilent: {
			"a world as the last rotation left it": () => sweeps(1, asIs),
			"drift that the next sweep did not find any more": () =>
				sweeps(1, databaseChanged, (made) => made.database.alterRole("titanic_admin", { password: "iceberg" })),
			"drift that a rotation put an end to": async () => [
				...(await sweeps(2, databaseChanged)),
				...(await rotations(rotate)),
			],
		},
	},
	"break-glass": {
		fires: {
			"an order without the approval that it needs": [
				() => brokenGlass(2),
				{ secret: "db-password", operator: requester.id ?? "" },
			],
		},
		isSilent: {
			"one that was approved": async () => {
				const made = approvingWorld();
				await made.carriedOut((await made.order()).rotationId);
				return inTurn(made.notices, hoursAgo(1));
			},
			"one of the day before yesterday": () => brokenGlass(30),
		},
	},
	"audit-broken": {
		fires: {
			"a step that meets a broken log": [
				() => rotations((made) => void made.audit.refuse(broken), rotate),
				{ event: "fault", code: "audit-broken" },
			],
			"a sweep that meets one": [
				() => sweeps(1, asIs, auditBroken),
				{ event: "fault", code: "audit-broken", step: "sweep" },
			],
			"a log that may not be written": [
				() =>
					rotations(
						(made) => void made.audit.refuse(new Fault("audit-forbidden", { log: "a", right: "append to" })),
						rotate,
					),
				{ event: "fault", code: "audit-forbidden" },
			],
		},
		isSilent: {
			"a log that was away for a moment": () =>
				sweeps(1, (made) => {
					const mend = made.audit.cut();
					return sweep(made.call).catch(mend);
				}),
			"a new log, once a sweep has written to it": () => sweeps(1, auditBroken, auditMended),
		},
	},
	"head-unsigned": {
		fires: {
			"a key that the app may not sign with": [() => sweeps(1, unsignable), { unsigned: "signing-forbidden" }],
			"a second store that refuses": [
				() =>
					sweeps(1, (made) =>
						made.heads.refuse("copy", new Fault("heads-forbidden", { store: "s", right: "send to" })),
					),
				{ unsigned: "heads-forbidden" },
			],
		},
		isSilent: {
			"a signed one": () => sweeps(1, asIs),
			"one that the next sweep signed": () => sweeps(1, unsignable, auditMended),
		},
	},
	"notifications-lost": {
		fires: {
			"a channel that wants no more": [() => channelTried(gone), { channel: "ops", code: "channel-gone" }],
			"the last try of three days": [() => channelTried(down), { channel: "ops", code: "channel-unreachable" }],
		},
		isSilent: {
			"a channel that took it": () => channelTried(undefined),
			"one that takes the next one": () => channelTried(gone, undefined),
		},
	},
	"backup-missing": {
		fires: {
			"a container that refuses it": [
				() => backedUp([60, refused]),
				{ secret: "db-password", state: "none", code: "backups-forbidden" },
			],
			"a try after one that failed, which fails too": [
				() => backedUp([70, refused], [60, refused]),
				{ secret: "db-password", state: "none", code: "backups-forbidden" },
			],
		},
		isSilent: {
			"one that was made": () => backedUp([60]),
			"one that the next try made": () => backedUp([70, refused], [60]),
			"one that will be tried again in some minutes": () => backedUp([5, refused]),
			"sweeps of a configuration that wants none": () => sweeps(1, asIs),
		},
	},
	"no-sweep": {
		fires: {
			"a log without a sweep": [() => rotations(rotate), { sweptAt: null }],
			"a sweep 27 hours ago": [() => sweeps(27, asIs), { sweptAt: expect.any(Date) as unknown as Date }],
			"a sweep that fails, a day after one that did not": [
				() => sweeps(3, asIs, asIs, auditBroken),
				{ sweptAt: expect.any(Date) as unknown as Date },
			],
			"sweeps without a valid configuration": [() => sweeps(1, (made) => made.breakConfiguration()), { sweptAt: null }],
		},
		isSilent: {
			"a sweep 25 hours ago": () => sweeps(25, asIs),
		},
	},
};

const found = (alert: string, logged: readonly Logged[], also: readonly Row[] = []) =>
	run(queryOf(`alerts/${alert}.kql`), { AppTraces: [...rowsOf(logged), ...also] }, now);

test("each alert's query has samples, and each of them is an alert", async () => {
	const { locals } = await blocksOf("alerts.tf");
	const declared = Object.keys(locals[0].alerts).sort();
	expect(Object.keys(alerts).sort()).toEqual(declared);
	expect(queriesIn("alerts")).toEqual(declared);
});

describe.each(Object.entries(alerts))("%s", (alert, { fires, isSilent }) => {
	test.each(Object.entries(fires))("is raised by %s", async (_, [play, row]) => {
		expect(found(alert, await play())).toEqual([expect.objectContaining(row)]);
	});

	test.each(Object.entries(isSilent))("is not raised by %s", async (_, play) => {
		const logged = await play();
		expect(logged.length).toBeGreaterThan(0);
		expect(found(alert, logged)).toEqual([]);
	});

	test("hears nothing from another app in the same workspace, nor from other lines", async () => {
		const [play] = Object.values(fires)[0]!;
		const foreign = [
			...rowsOf(await play(), "func-other"),
			rowOf('{"event":', hoursAgo(1)),
			rowOf("swept", hoursAgo(1)),
		];
		const own: Notice = { event: "swept", secrets: 2, unmanaged: 0, problems: 0 };
		expect(found(alert, [{ notice: own, at: hoursAgo(1) }], foreign)).toEqual([]);
	});
});

describe("what Terraform makes of the queries", () => {
	const files = [
		...queriesIn("alerts").map((name) => `alerts/${name}.kql`),
		...queriesIn("workbook").map((name) => `workbook/${name}.kql`),
	];

	test.each(files)("%s is valid for Microsoft's own parser, and runs", async (file) => {
		const rows = rowsOf([...(await sweeps(3, databaseChanged)), ...(await rotations(rotate, deliver))]);
		expect(() => run(queryOf(file), { AppTraces: rows }, now)).not.toThrow();
	});

	test("an alert's dimensions are columns of its query", async () => {
		const { locals } = await blocksOf("alerts.tf");
		for (const [name, { by }] of Object.entries<{ by: string[] }>(locals[0].alerts)) {
			const columns = parsed(queryOf(`alerts/${name}.kql`)).columns.map((column) => column.name);
			expect(columns).toEqual(expect.arrayContaining(by));
		}
	});

	test("alerts and workbook put the notices before a file, and nothing else", async () => {
		const { locals, resource } = await blocksOf("alerts.tf");
		const [alert] = resource.azurerm_monitor_scheduled_query_rules_alert_v2.notice;
		expect(locals[0].notices).toBe(
			// biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
			'${templatefile("${path.module}/alerts/notices.kql", { app = azapi_resource.rotator.name })}',
		);
		// biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
		expect(locals[0].queries).toContain('"${local.notices}${file("${path.module}/alerts/${name}.kql")}"');
		// biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
		expect([alert.for_each, alert.criteria[0].query]).toEqual(["${local.queries}", "${each.value.query}"]);
	});

	test("the workbook shows every query of its own, and only files that there are", async () => {
		const { locals } = await blocksOf("workbook.tf");
		const shown = (locals[0].workbook as { query: string }[]).map(({ query }) => query);
		expect(files).toEqual(expect.arrayContaining(shown));
		expect(shown).toEqual(expect.arrayContaining(files.filter((file) => file.startsWith("workbook/"))));
	});
});

test("the workbook counts a rotation once, however often its end was told", async () => {
	const logged = await rotations(rotate, rotate);
	const twice = [...logged, ...logged.map(({ notice, at }) => ({ notice, at: new Date(at.getTime() + 60_000) }))];
	const rows = run(queryOf("workbook/rotations.kql"), { AppTraces: rowsOf(twice) }, now);
	expect(rows).toEqual([{ outcome: "completed", day: new Date("2026-11-27T00:00:00Z"), rotations: 2 }]);
	const [duration] = run(queryOf("workbook/duration.kql"), { AppTraces: rowsOf(twice) }, now);
	expect(duration).toMatchObject({ secret: "db-password", rotations: 2, longestGapMs: expect.any(Number) });
	expect(duration?.longestSeconds).toBeGreaterThan(0);
});

test("the runbook says of each alert what it means, what to run and what not to do", () => {
	const text = readFileSync(new URL("../../../docs/runbook.md", import.meta.url), "utf8");
	const [, section = ""] = /\n## Alerts\n([\s\S]*?)\n## /.exec(text) ?? [];
	for (const name of [...queriesIn("alerts"), "dead-letters", "unknown-reader"]) {
		const row = section.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
		const cells = (row ?? "").split(/(?<!\\)\|/).slice(2, -1);
		expect([name, cells.length, ...cells.map((cell) => cell.trim() !== "")]).toEqual([name, 3, true, true, true]);
	}
});
