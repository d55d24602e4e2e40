// What every rotation needs of the app itself, whatever it rotates: audit log, records, signed heads, durable storage, events.

import { createHash } from "node:crypto";
import list from "../../../infra/rights.json" with { type: "json" };
import type { Ports } from "../app.ts";
import { passedOverFault } from "../config/last-good.ts";
import type { FoundRight, FoundSystem } from "../domain/diagnosis.ts";
import { Fault } from "../domain/fault.ts";
import type { Rotations } from "../ports/orchestration.ts";
import { asFault } from "../steps/boundary.ts";
import { faultOf, ofFault, ok, silent, unknown } from "./found.ts";

/** Never the digest of a head. */
const digest = createHash("sha256").update("titanic-secret-rotator doctor").digest();

export const askApp = (ports: Ports, rotations: Rotations): Promise<FoundSystem[]> =>
	Promise.all([
		...[ofConfiguration(ports), ofLog(ports), ofRecords(ports), ofHeads(ports), ofDurable(rotations)],
		ofBackups(ports),
	]).then((systems) => systems.filter((system) => system !== undefined));

async function ofConfiguration(ports: Ports): Promise<FoundSystem> {
	const right = "The configuration is valid.";
	const fault = await faultOf(async () => {
		const { hash, passedOver } = await ports.configuration();
		if (passedOver) throw passedOverFault(hash, passedOver);
	});
	return { system: "Configuration", rights: [fault ? ofFault(right, fault) : ok(right)] };
}

async function ofLog(ports: Ports): Promise<FoundSystem> {
	const system = "Audit log";
	const [reads, adds] = list.actions.audit.rights.map(({ right }) => right.replace(/^.*\/containers\//, ""));
	const seen = await ports
		.audit()
		.then((log) => log.recent())
		.catch((error) => asFault(error, "doctor"));
	if (seen instanceof Fault && seen.transient) return silent(system, seen);
	const notAsked = "It cannot be asked without writing.";
	if (seen instanceof Fault) return { system, rights: [ofFault(reads!, seen), unknown(adds!, notAsked)] };
	const last = seen.at(-1)?.time;
	const event = seen.findLast(({ data }) => data.actor.user.type === "event-grid")?.time;
	return {
		system,
		rights: [
			ok(reads!),
			unknown(adds!, last === undefined ? notAsked : `${notAsked} The newest record is of ${last}.`),
			unknown(
				"Event Grid brings near-expiry events.",
				event === undefined
					? "The app cannot see subscriptions, and no recent record is of an event."
					: `The app cannot see subscriptions; the last event that was recorded came at ${event}.`,
				"az eventgrid system-topic list --output table; az eventgrid system-topic event-subscription list --resource-group '<group>' --system-topic-name '<topic>' --output table",
			),
		],
	};
}

async function ofRecords(ports: Ports): Promise<FoundSystem> {
	const system = "Records";
	const [reads, writes] = list.actions.records.rights.map(({ right }) => right.replace(/^.*\/containers\//, ""));
	const report = await ports
		.records()
		.then((records) => records.lastReport())
		.catch((error) => asFault(error, "doctor"));
	if (report instanceof Fault) return silent(system, report);
	const newest = report === undefined ? "" : ` The last report is of ${report.at}.`;
	return { system, rights: [ok(reads!), unknown(writes!, `It cannot be asked without writing.${newest}`)] };
}

/** @returns `undefined` where none are wanted */
async function ofBackups(ports: Ports): Promise<FoundSystem | undefined> {
	const wanted = await ports.configuration().then(
		({ config }) => config.backups,
		() => undefined,
	);
	if (!wanted) return undefined;
	const [adds] = list.actions.backups.rights.map(({ right }) => right.replace(/^.*\/containers\//, ""));
	const says = "It cannot be asked without adding one; rotator health says when that failed.";
	return { system: "Backups", rights: [unknown(adds!, says)] };
}

async function ofHeads(ports: Ports): Promise<FoundSystem> {
	const system = "Signed heads";
	const sends = "Heads are kept in a second store.";
	const heads = await ports.heads().catch((error) => asFault(error, "doctor"));
	if (heads instanceof Fault) return silent(system, heads);
	return {
		system,
		rights: [
			await maySign(heads.signer),
			heads.copy
				? unknown(sends, "It cannot be asked without sending one; the compliance report says when that failed.")
				: unset(sends, "No second store is set: AUDIT_COPY_CONTAINER_URL, or AUDIT_COPY_LOGS_ENDPOINT."),
		],
	};
}

async function maySign(signer: { sign(digest: Uint8Array): Promise<unknown> } | undefined): Promise<FoundRight> {
	const right = "sign with the key of AUDIT_SIGNING_KEY_URL";
	if (!signer) return unset(right, "AUDIT_SIGNING_KEY_URL is not set: heads are not signed.");
	const fault = await faultOf(() => signer.sign(digest));
	return fault ? ofFault(right, fault) : ok(right);
}

const unset = (right: string, says: string): FoundRight => ({
	...{ right, result: "missing", optional: true, says, next: "Set it: docs/configuration.md." },
});

async function ofDurable(rotations: Rotations): Promise<FoundSystem> {
	const system = "Durable storage";
	const fault = await faultOf(() => rotations.allRunning());
	return fault ? silent(system, fault) : { system, rights: [ok("Rotations can be started and looked at.")] };
}
