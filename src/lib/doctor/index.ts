// Every right of every rotation, asked of its own system, and nothing done.
// DOC1. It answers within a minute, whatever is down: each system is asked beside the others, one that does not answer once, and
//       what is late is reported as unknown. Otherwise: the front end cuts the call off, and nobody hears which system is down.
// DOC2. Nothing is written anywhere: logins, reads, reviews of access, one signature of what is no head. Both kept by: doctor.test.ts.

import { setTimeout as pause } from "node:timers/promises";
import type { Ports } from "../app.ts";
import { sparing } from "../compliance/silent.ts";
import type { Configuration } from "../config/configuration.ts";
import { countsIn, type Diagnosis, type FoundSecret, type FoundSystem } from "../domain/diagnosis.ts";
import { version } from "../domain/version.ts";
import type { AppIdentity } from "../ports/identity.ts";
import type { Rotations } from "../ports/orchestration.ts";
import { asFault } from "../steps/boundary.ts";
import { managed } from "../steps/managed.ts";
import { eachOf } from "../triggers/look.ts";
import { askApp } from "./app.ts";
import { askClusters } from "./cluster.ts";
import { askDatabase } from "./database.ts";
import { ofFault, unknown } from "./found.ts";
import { askRepositories } from "./repositories.ts";
import { askVaults } from "./vaults.ts";

const mostMs = 45_000;

interface Over {
	readonly ms: number;
	readonly reached: Promise<void>;
	isOver(): boolean;
}

function overAfter(ms: number): Over {
	let isOver = false;
	const reached = pause(ms, undefined, { ref: false }).then(() => {
		isOver = true;
	});
	return { ms, reached, isOver: () => isOver };
}

/**
 * @param asked.secrets ids of managed secrets
 * @param asked.mostMs how long it may take
 */
export async function diagnose(
	given: { readonly ports: Ports; readonly rotations: Rotations },
	asked: { readonly secrets: (config: Configuration) => readonly string[]; readonly mostMs?: number },
): Promise<Diagnosis> {
	const { ports } = sparing(given.ports, {});
	const ms = asked.mostMs ?? mostMs;
	const over = overAfter(ms);
	const loaded = await ports.configuration().catch(() => undefined);
	const ids = loaded ? asked.secrets(loaded.config) : [];
	const app = inTime("The app", askApp(ports, given.rotations), over);
	const identity = await Promise.race([ports.identity().catch(() => ({})), over.reached.then(() => ({}))]);
	const secrets = await eachOf(ids, (id) => ofSecret(ports, loaded!.config, id, identity, over));
	const systems = [...(await app), ...secrets.flatMap((one) => one.systems)];
	return {
		at: ports.clock.now().toISOString(),
		version,
		app: await app,
		secrets,
		counts: countsIn(systems),
	};
}

async function ofSecret(
	ports: Ports,
	config: Configuration,
	secret: string,
	app: AppIdentity,
	over: Over,
): Promise<FoundSecret> {
	if (over.isOver()) return { secret, systems: [late("All of its systems", over.ms)] };
	const target = await managed(ports, secret);
	const asked = [
		inTime(`Key Vault ${target.secret.vault}`, askVaults(ports, config, target, app), over),
		inTime("PostgreSQL", askDatabase(ports, target, app), over),
		inTime("Kubernetes", askClusters(ports, target, app), over),
		inTime("git", askRepositories(ports, config, target, app), over),
	];
	return { secret, systems: (await Promise.all(asked)).flat() };
}

/** A defect in one part leaves the others. */
const inTime = (name: string, work: Promise<FoundSystem[]>, over: Over): Promise<FoundSystem[]> =>
	Promise.race([
		work.catch((error): FoundSystem[] => [
			{ system: name, rights: [ofFault("It can be asked.", asFault(error, "doctor"))] },
		]),
		over.reached.then(() => [late(name, over.ms)]),
	]);

const late = (system: string, ms: number): FoundSystem => ({
	system,
	rights: [
		unknown(
			"Everything there",
			`It had not answered after ${Math.round(ms / 1000)} s.`,
			"Ask for one secret: rotator doctor --secret NAME",
		),
	],
});
