import { expect, test } from "@jest/globals";
import type { Ports } from "../../../src/lib/app.ts";
import { sparing } from "../../../src/lib/compliance/silent.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { Workloads } from "../../../src/lib/ports/workload.ts";

const ref = { cluster: "aks", namespace: "titanic", kind: "Deployment", name: "api" };
const failed = () => new Fault("cluster-failed", { cluster: "aks", detail: "HTTP 503, ServiceUnavailable" });

/** A cluster of which each call ends as `end` says, after so many milliseconds. */
function cluster(end: (call: number) => unknown, tookMs = 10) {
	let ms = 0;
	let calls = 0;
	const workloads = {
		async pods() {
			ms += tookMs;
			const ended = end(++calls);
			if (ended instanceof Error) throw ended;
			return [];
		},
	} as unknown as Workloads;
	const ports = { clock: { now: () => new Date(ms) }, workloads: async () => workloads } as unknown as Ports;
	const { ports: spared, silent } = sparing(ports, {});
	const ask = async () => (await spared.workloads("aks")).pods(ref).catch(({ code }: Fault) => code);
	const all = async (count: number) => {
		const ends: unknown[] = [];
		for (let asked = 0; asked < count; asked++) ends.push(await ask());
		return ends;
	};
	const pass = (more: number) => {
		ms += more;
	};
	return { all, ask, silent, calls: () => calls, pass };
}

test("a cluster that fails at once three times in a row is not asked again for some minutes, then by one", async () => {
	const world = cluster(() => failed());
	await world.all(10);
	expect(world.calls()).toBe(3);
	expect(Object.keys(world.silent())).toEqual(["cluster aks"]);
	world.pass(5 * 60_000);
	expect((await Promise.all([world.ask(), world.ask(), world.ask()])).sort()).toEqual([
		"cluster-failed",
		"cluster-unreachable",
		"cluster-unreachable",
	]);
	expect(world.calls()).toBe(4);
});

test("a cluster that fails now and then is asked by everybody", async () => {
	const world = cluster((call) => (call % 3 === 0 ? undefined : failed()));
	await world.all(30);
	expect(world.calls()).toBe(30);
});

test("many that fail in the same moment count as one", async () => {
	const world = cluster((call) => (call > 1 && call < 10 ? failed() : undefined));
	await world.ask();
	await Promise.all(Array.from({ length: 8 }, world.ask));
	expect(await world.ask()).toEqual([]);
	expect(world.silent()).toEqual({});
});

test("one that kept somebody waiting before it failed is not asked again", async () => {
	const world = cluster(() => failed(), 30_000);
	await world.all(5);
	expect(world.calls()).toBe(1);
});

test("what is only refused is an answer", async () => {
	const world = cluster(() => new Fault("cluster-forbidden", { cluster: "aks", right: "list pods" }), 30_000);
	await world.all(5);
	expect(world.calls()).toBe(5);
});
