// The app's own health: what it has, and what it cannot reach.
// HTH1. It answers whatever is down, and within seconds: each system is asked once, beside the others. Otherwise: anyone who wants to know
//       why nothing works is told that nothing works.

import { setTimeout as pause } from "node:timers/promises";
import type { Ports } from "../app.ts";
import { complianceNow } from "../compliance/report.ts";
import { passedOverFault } from "../config/last-good.ts";
import { backupsIn } from "../domain/compliance.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import { version } from "../domain/version.ts";
import type { Rotations } from "../ports/orchestration.ts";
import { asFault } from "../steps/boundary.ts";
import { freezesNow } from "../steps/calendar.ts";
import { handle, reply } from "./handle.ts";

const mostMs = 5_000;

/** `GET /api/health` */
export const showHealth = handle("showHealth", async (_asked, { ports, rotations }) => {
	const [configuration, freezes, lastSweep, ...reached] = await Promise.all([
		configurationOf(ports),
		// What keeps it from being counted is among the problems.
		inTime(freezesOn(ports), "the records"),
		inTime(sweepOf(ports), "the records"),
		inTime(logOf(ports), "the audit log"),
		inTime(runsOf(rotations), "the durable storage"),
	]);
	const told = lastSweep instanceof Fault ? [lastSweep] : [];
	const faults = [...told, ...reached.filter((one) => one instanceof Fault)];
	const swept = lastSweep instanceof Fault ? undefined : lastSweep;
	const backups = swept && backupsIn(swept.secrets);
	if (backups && backups.lacking.length > 0) faults.push(lackingFault(backups.lacking));
	const problems: Problem[] = [...configuration.problems, ...faults.map(problemOf), ...(swept?.problems ?? [])];
	return reply(200, {
		status: problems.length === 0 ? ("healthy" as const) : ("degraded" as const),
		version,
		configuration: configuration.told,
		...(typeof freezes === "number" && { freezes }),
		...(swept?.at !== undefined && { lastSweep: { at: swept.at, complete: swept.complete } }),
		...(backups && { backups: { current: backups.current, lacking: backups.lacking.length } }),
		problems,
	});
});

const mostNamed = 5;

function lackingFault(lacking: readonly string[]): Fault {
	const more = lacking.length > mostNamed ? ` and ${lacking.length - mostNamed} more` : "";
	const secrets = lacking.slice(0, mostNamed).join(", ") + more;
	return new Fault("backups-lacking", { count: lacking.length, secrets });
}

async function configurationOf(
	ports: Ports,
): Promise<{ told: { valid: boolean; hash?: string; secrets?: number }; problems: Problem[] }> {
	try {
		const { config, hash, passedOver } = await ports.configuration();
		const problems = passedOver ? [problemOf(passedOverFault(hash, passedOver))] : [];
		return { told: { valid: true, hash, secrets: Object.keys(config.secrets).length }, problems };
	} catch (error) {
		return { told: { valid: false }, problems: [problemOf(asFault(error, "http"))] };
	}
}

async function freezesOn(ports: Ports): Promise<number> {
	const now = ports.clock.now().getTime();
	const all = await freezesNow(ports);
	return all.filter(({ from, to }) => Date.parse(from) <= now && now < Date.parse(to)).length;
}

const sweepOf = async (ports: Ports) => complianceNow(await ports.records());
const logOf = async (ports: Ports) => void (await (await ports.audit()).stretch(new Date()));
const runsOf = async (rotations: Rotations) => void (await rotations.allRunning());

async function inTime<T>(work: Promise<T>, part: string): Promise<T | Fault> {
	const late = pause(mostMs, undefined, { ref: false }).then(
		() => new Fault("part-silent", { part, seconds: mostMs / 1000 }),
	);
	return Promise.race([work.catch((error) => asFault(error, "http")), late]);
}
