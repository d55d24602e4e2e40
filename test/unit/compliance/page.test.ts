// A sweep of many secrets: page by page, with systems that do not answer, cut short, and slow ones.

import { expect, test } from "@jest/globals";
import { complianceNow } from "../../../src/lib/compliance/report.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { type Sweep, sweepAll } from "../../../src/lib/orchestrators/sweep.ts";
import { Lost, play } from "../../support/replayed.ts";
import { performed, sweep } from "../../support/sweep.ts";
import { inDays, world } from "../triggers/world.ts";

const workload = { kind: "Deployment", namespace: "n", name: "w" };
const delivery = { path: "csi-driver", secretProviderClass: "c" };

/** So many secrets, all rotated once, each with two consumers; time passes only where the test says so. */
function many(count: number) {
	const names = Array.from({ length: count }, (_, at) => `s${String(at).padStart(4, "0")}`);
	const consumers = ["a", "b"].map((name) => ({ cluster: "aks", ...workload, name, delivery }));
	const secret = { vault: "main", server: "pg", login: { mode: "self" }, consumers };
	const made = world({
		vaults: { main: { url: "https://titanic-kv-prod.vault.azure.net" } },
		servers: { pg: { host: "pg.example.org" } },
		clusters: { aks: { server: "https://aks.example.org" } },
		secrets: Object.fromEntries(names.map((name) => [name, { ...secret, role: name }])),
	});
	for (const name of names) {
		made.vaults.main.seed(name, "iceberg", { expires: inDays(90) });
		made.database.createRole(name, { password: "iceberg" });
	}
	let time = inDays(0).getTime();
	const pass = (ms: number) => {
		time += ms;
	};
	const asked = { cluster: 0 };
	/** What its cluster does with each question. */
	let answers = async (): Promise<never[]> => [];
	const ask = () => {
		asked.cluster++;
		return answers();
	};
	const loaded = made.ports.configuration();
	const ports = {
		...made.ports,
		configuration: () => loaded,
		clock: { now: () => new Date(time) },
		workloads: async () => ({ pods: ask }) as never,
		deliveryPath: async () => ({ prove: async () => [] }) as never,
	};
	return {
		...made,
		names,
		pass,
		asked,
		call: { ...made.call, ports },
		cluster(does: typeof answers) {
			answers = does;
		},
	};
}

const unreachable = () => new Fault("cluster-unreachable", { cluster: "aks", detail: "ECONNREFUSED" });

test("a cluster that accepts and never answers is asked once for a hundred and sixty secrets, and the report says so of each", async () => {
	const { call, asked, pass, cluster, names } = many(160);
	cluster(async () => {
		await new Promise((resolve) => setImmediate(resolve));
		pass(30_000);
		throw unreachable();
	});
	const { secrets } = await sweep(call);
	expect(asked.cluster).toBe(1);
	expect(secrets.map(({ secret }) => secret)).toEqual(names);
	expect(secrets.filter(({ problem }) => problem?.code === "cluster-unreachable")).toHaveLength(160);
});

test("one that refuses at once is asked for each: the next call may get through", async () => {
	const { call, asked, cluster } = many(30);
	let first = true;
	cluster(async () => {
		if (!first) return [];
		first = false;
		throw unreachable();
	});
	const { secrets } = await sweep(call);
	expect(asked.cluster).toBe(60);
	expect(secrets.filter(({ problem }) => problem)).toHaveLength(1);
});

test("one that was down for some minutes is asked again by the same sweep", async () => {
	const { call, cluster, pass, asked } = many(60);
	cluster(async () => {
		pass(30_000);
		throw unreachable();
	});
	const perform = performed(call);
	let pages = 0;
	const input: Sweep = { sweep: { id: "sweep-1", startedAt: inDays(0).toISOString() } };
	const recovers: typeof perform = async (command) => {
		if (++pages === 2) {
			pass(6 * 60_000);
			cluster(async () => []);
		}
		return perform(command);
	};
	await play("straight", sweepAll, input, recovers, call.ports.clock.now, 1);
	const { secrets = [] } = (await (await call.ports.records()).lastReport()) ?? {};
	const silent = secrets.filter(({ problem }) => problem);
	expect(silent.length).toBeGreaterThan(0);
	expect(silent.length).toBeLessThanOrEqual(25);
	expect(asked.cluster).toBe(1 + 2 * (60 - silent.length));
});

test("a page of slow systems ends in time, and the next one goes on with the next secret", async () => {
	const { call, cluster, pass, names } = many(40);
	cluster(async () => {
		pass(3_000);
		return [];
	});
	const input: Sweep = { sweep: { id: "sweep-1", startedAt: inDays(0).toISOString() } };
	const times: number[] = [];
	const now = () => call.ports.clock.now().getTime();
	const perform = performed(call);
	const timed: typeof perform = async (command) => {
		const from = now();
		const answer = await perform(command);
		times.push(now() - from);
		return answer;
	};
	await play("straight", sweepAll, input, timed, call.ports.clock.now, 1);
	expect(Math.max(...times)).toBeLessThanOrEqual(60_000);
	const report = await (await call.ports.records()).lastReport();
	expect(report?.secrets.map(({ secret }) => secret)).toEqual(names);
});

test("a sweep that is cut short keeps what it has judged, beside what the one before found of the rest", async () => {
	const { call, vaults, names, durable } = many(60);
	const records = await call.ports.records();
	expect(await complianceNow(records)).toBeUndefined();
	const first = await sweep(call);
	expect(await complianceNow(records)).toMatchObject({ complete: true, at: first.at });
	vaults.main.seed("s0001", "iceberg", { expires: inDays(3) });
	vaults.main.seed("s0059", "iceberg", { expires: inDays(3) });
	const input: Sweep = { sweep: { id: "sweep-2", startedAt: inDays(1).toISOString() } };
	const perform = performed({ ...call, attempt: "sweep-2" });
	let pages = 0;
	const cut: typeof perform = async (command) => {
		if (++pages === 2) throw new Lost();
		return perform(command);
	};
	await expect(play("straight", sweepAll, input, cut, call.ports.clock.now, 1)).rejects.toThrow(Lost);
	const seen = await complianceNow(records);
	expect(seen).toMatchObject({ complete: false, since: inDays(1).toISOString(), judged: 25, at: first.at });
	expect(seen?.secrets.map(({ secret }) => secret)).toEqual(names);
	expect(seen?.secrets.filter(({ action }) => action === "started")).toMatchObject([{ secret: "s0001" }]);
	expect(durable.started()).toMatchObject([{ secret: "s0001" }]);
	const third = await sweep({ ...call, attempt: "sweep-3" });
	expect(third.secrets.map(({ action }) => action)).toContain("started");
	expect(await complianceNow(records)).toMatchObject({ complete: true });
});

test("a page that comes again notes nothing twice, and starts nothing twice", async () => {
	const { call, vaults, database, durable, audited } = many(1);
	vaults.main.seed("s0000", "by-hand", { expires: inDays(90), tags: { "rotation-id": "x" } });
	database.alterRole("s0000", { password: "else" });
	const perform = performed(call);
	const page = { sweep: { id: "sweep-1", startedAt: inDays(0).toISOString() }, page: 0, silent: {} };
	for (let times = 0; times < 2; times++) await perform({ ask: "activity", name: "sweepPage", input: page });
	expect(audited().length).toBeGreaterThan(0);
	expect(new Set(audited()).size).toBe(audited().length);
	expect(durable.started().length).toBeLessThanOrEqual(1);
});

test("a sweep of hundreds starts afresh on its way, and its report has each of them", async () => {
	const { call, names } = many(600);
	const now = call.ports.clock.now;
	const input: Sweep = { sweep: { id: "sweep-1", startedAt: inDays(0).toISOString() } };
	const { asked } = await play("straight", sweepAll, input, performed(call), now, 1);
	expect(asked).toHaveLength(600 / 25 + 2);
	const report = await (await call.ports.records()).lastReport();
	expect(report?.secrets.map(({ secret }) => secret)).toEqual(names);
});
