// The sweep is one instance, no matter who starts it.

import { expect, test } from "@jest/globals";
import { type SweepClient, startSweep } from "../../../src/lib/adapters/durable/sweeps.ts";

const at = (minutes: number) => new Date(Date.UTC(2026, 5, 1, 6, minutes));
const sweepOf = (id: string, minutes: number) => ({ id, startedAt: at(minutes).toISOString() });

/** As the extension does: an instance that runs refuses a start. */
function hub() {
	const started: string[] = [];
	let refused = 0;
	let instance: { runtimeStatus: string; lastUpdatedTime: Date } | undefined;
	let isCut = false;
	const reach = () => {
		if (isCut) throw new Error("connect ECONNREFUSED");
	};
	const client = {
		async startNew(name: string, { instanceId, input }: { instanceId: string; input: { sweep: { id: string } } }) {
			reach();
			if (instance?.runtimeStatus === "Running") {
				refused++;
				throw new Error("unexpected status code: 409");
			}
			started.push(`${name} ${instanceId} ${input.sweep.id}`);
			instance = { runtimeStatus: "Running", lastUpdatedTime: at(0) };
			return instanceId;
		},
		async getStatus() {
			reach();
			if (!instance) throw new Error("extension replied with HTTP 404 response.");
			return instance;
		},
		async terminate() {
			reach();
			if (instance) instance.runtimeStatus = "Terminated";
		},
	};
	return {
		client: client as unknown as SweepClient,
		started,
		refused: () => refused,
		ends: () => Object.assign(instance!, { runtimeStatus: "Completed" }),
		cut: () => {
			isCut = true;
		},
	};
}

test("one that runs is left alone, and one that is over makes room for the next", async () => {
	const { client, started, refused, ends } = hub();
	expect(await startSweep(client, sweepOf("a", 0))).toBe("started");
	expect(await startSweep(client, sweepOf("b", 59))).toBe("already-running");
	// A refusal is an error in the host's log.
	expect(refused()).toBe(0);
	ends();
	expect(await startSweep(client, sweepOf("c", 60))).toBe("started");
	expect(started).toEqual(["sweepAll sweep a", "sweepAll sweep c"]);
});

test("one of which nothing has moved for an hour gives way", async () => {
	const { client, started } = hub();
	await startSweep(client, sweepOf("a", 0));
	expect(await startSweep(client, sweepOf("b", 61))).toBe("started");
	expect(started).toEqual(["sweepAll sweep a", "sweepAll sweep b"]);
});

test("an outage is told, and is no sweep that runs", async () => {
	const { client, cut } = hub();
	cut();
	await expect(startSweep(client, sweepOf("a", 0))).rejects.toMatchObject({ code: "sweep-not-started" });
});
