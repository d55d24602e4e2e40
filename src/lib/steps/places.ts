// A rotation has a place in each namespace that it delivers to, from before its switch to its end, where the configuration limits how
// many there are (`clusters.<name>.deliveriesAtOnce`).
// PLN1. Places are taken before anything is changed. Otherwise: pods wait in line for a password that is in force already.
// PLN2. What is refused one place gives its others back. Otherwise: two that want the same two namespaces wait for each other.
// PLN3. A place counts only as long as its rotation has no record of its end: giving it back may fail. Otherwise: a crash at the
//      end keeps a place for an hour.
// All kept by: places.test.ts. Why it is so: docs/adr/0032-places-in-a-namespace.md.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import { type Place, withPlace } from "../domain/place.ts";
import type { Namespace, RecordStore } from "../ports/record-store.ts";
import type { Ids } from "./boundary.ts";
import { type Managed, managed } from "./managed.ts";

interface Limited extends Namespace {
	readonly most: number;
}

/**
 * @param waits `false`: it goes on where all are taken, and is counted
 * @throws Fault `namespace-queued`; `records-unavailable`
 */
export async function takePlaces(ports: Ports, target: Managed, rotationId: string, waits: boolean): Promise<void> {
	const taken: Limited[] = [];
	for (const one of await limitedOf(ports, target)) {
		if (await take(ports, one, rotationId, waits ? one.most : Number.POSITIVE_INFINITY)) {
			taken.push(one);
			continue;
		}
		for (const other of taken) await leave(await ports.records(), other, rotationId);
		throw new Fault("namespace-queued", { cluster: one.cluster, namespace: one.namespace });
	}
}

/** Whatever becomes of that: see PLN3. */
export async function leavePlaces(ports: Ports, { secret, rotationId }: Ids): Promise<void> {
	try {
		const records = await ports.records();
		for (const one of await limitedOf(ports, await managed(ports, secret))) await leave(records, one, rotationId);
	} catch {
		// The record of the rotation's end is there.
	}
}

/** Each once, always in the same order. */
async function limitedOf(ports: Ports, { secret }: Managed): Promise<readonly Limited[]> {
	const { clusters } = (await ports.configuration()).config;
	const found = new Map<string, Limited>();
	for (const { cluster, namespace } of secret.consumers) {
		const most = clusters[cluster]?.deliveriesAtOnce;
		if (most !== undefined) found.set(`${cluster}/${namespace}`, { cluster, namespace, most });
	}
	return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

async function take(ports: Ports, one: Limited, rotationId: string, most: number): Promise<boolean> {
	const records = await ports.records();
	if (await changed(ports, one, (held) => withPlace(held, rotationId, most, ports.clock.now()))) return true;
	let held: readonly Place[] = [];
	await records.changePlaces(one, (all) => {
		held = all;
		return all;
	});
	const ended = new Set<string>();
	await Promise.all(
		held.map(async ({ rotationId: id }) => {
			if (await records.rotation(id)) ended.add(id);
		}),
	);
	const going = (all: readonly Place[]) => all.filter(({ rotationId: id }) => !ended.has(id));
	return ended.size > 0 && changed(ports, one, (all) => withPlace(going(all), rotationId, most, ports.clock.now()));
}

/** @param make `undefined`: nothing is to be changed, and that is the answer */
async function changed(
	ports: Ports,
	one: Namespace,
	make: (held: readonly Place[]) => readonly Place[] | undefined,
): Promise<boolean> {
	let isMade = false;
	await (await ports.records()).changePlaces(one, (held) => {
		const made = make(held);
		isMade = made !== undefined;
		return made ?? held;
	});
	return isMade;
}

const leave = (records: RecordStore, one: Namespace, rotationId: string): Promise<void> =>
	records.changePlaces(one, (held) =>
		held.some((place) => place.rotationId === rotationId)
			? held.filter((place) => place.rotationId !== rotationId)
			: held,
	);
