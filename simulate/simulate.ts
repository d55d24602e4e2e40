// A run of the simulation: everything put together, and what came of it.

import { appOf } from "./app.ts";
import { virtualClock } from "./clock.ts";
import { type Options, secretsAnApp } from "./options.ts";
import { randomFrom } from "./random.ts";
import { rotationsOf } from "./rotation.ts";
import { secretsOf } from "./secrets.ts";
import { sweepOf } from "./sweep.ts";
import { atOnce, type Day, type Tally, tallyOf, within } from "./tally.ts";

export interface Results {
	readonly options: Options;
	readonly apps: number;
	readonly tally: Tally;
	readonly days: readonly Day[];
	readonly most: {
		readonly underWay: number;
		/** Of one vault within 10 s. */
		readonly vaultCalls: number;
		readonly vaultWrites: number;
		/** On one server at once. */
		readonly sessions: number;
		/** Deliveries in one namespace at once. */
		readonly namespace: number;
		/** Of one app's hub, and of all of them, in one second. */
		readonly actions: number;
		readonly allActions: number;
	};
	/** Secrets that are due and wait for nothing, of which no run is under way: longer than two days. */
	readonly forgotten: number;
	/** Versions that are live and have expired. */
	readonly expired: number;
}

const day = 86_400_000;
const start = Date.parse("2026-01-01T00:00:00Z");

export async function simulated(options: Options): Promise<Results> {
	const { days, vaults, servers, namespaces } = options;
	const end = start + days * day;
	const clock = virtualClock(start);
	const random = randomFrom(options.seed);
	const tally = tallyOf(days);
	const secrets = secretsOf(options, start, random);
	const many = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
	const places = {
		vaultCalls: many(vaults, () => within(10)),
		vaultWrites: many(vaults, () => within(10)),
		sessions: many(servers, atOnce),
		namespaces: many(namespaces, atOnce),
	};
	const all = within(1);
	const apps = many(Math.ceil(secrets.count / secretsAnApp), () => appOf(clock, tally, all, options));
	const rotations = rotationsOf({ options, clock, random, secrets, apps, places, tally, start });
	for (let one = 0; one < secrets.count; one++) rotations.announce(one);
	for (const [index, app] of apps.entries()) {
		const part: [number, number] = [index * secretsAnApp, Math.min((index + 1) * secretsAnApp, secrets.count)];
		sweepOf({ clock, secrets, tally, vaultCalls: places.vaultCalls, rotations }, app, part);
	}
	await clock.run(end);

	const most = (of: readonly { readonly most: number }[]) => of.reduce((top, { most }) => Math.max(top, most), 0);
	let [forgotten, expired] = [0, 0];
	for (let one = 0; one < secrets.count; one++) {
		if (secrets.expires[one]! <= end) expired++;
		const isLate = secrets.dueAt[one]! + 2 * day < end && !secrets.isRunning[one];
		if (isLate && !rotations.held(end, secrets.expires[one]!)) forgotten++;
	}
	return {
		options,
		apps: apps.length,
		tally,
		days: tally.days,
		most: {
			underWay: tally.underWay.most,
			vaultCalls: most(places.vaultCalls),
			vaultWrites: most(places.vaultWrites),
			sessions: most(places.sessions),
			namespace: most(places.namespaces),
			actions: most(apps.map(({ actions }) => actions)),
			allActions: all.most,
		},
		forgotten,
		expired,
	};
}
