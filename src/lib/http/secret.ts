// One managed secret as it stands now. Never a value: not even its length.

import type { ManagedSecret } from "../config/configuration.ts";
import type { ComplianceReport } from "../domain/compliance.ts";
import { problemOf } from "../domain/fault.ts";
import { healthOf } from "../domain/health.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import { runningOf } from "../domain/secret-list.ts";
import { workloadText } from "../domain/workload.ts";
import { asFault } from "../steps/boundary.ts";
import { lookClosely } from "../triggers/look.ts";
import type { Deps } from "./answer.ts";
import { handle, reply } from "./handle.ts";
import { secretOf } from "./known.ts";
import { podsNow } from "./pods-now.ts";

/** `GET /api/secrets/{name}` */
export const showSecret = handle("showSecret", async ({ params }, deps) => {
	const id = params.name;
	const { config } = await deps.ports.configuration();
	const secret = secretOf(config, id);
	const report = await deps.ports
		.records()
		.then((records) => records.lastReport())
		.catch(() => undefined);
	return reply(200, await describe(deps, id, secret, driftIn(report, id), unretiredIn(report, id)));
});

/** As the last sweep found it: to find it again takes logins, which a GET must not cost. */
function driftIn(report: ComplianceReport | undefined, id: string) {
	const drift = report?.secrets.find(({ secret }) => secret === id)?.drift;
	return drift && { seenAt: report.at, findings: drift };
}

function unretiredIn(report: ComplianceReport | undefined, id: string) {
	const problem = report?.secrets.find(({ secret }) => secret === id)?.unretired;
	return problem && { seenAt: report.at, problem };
}

async function describe(
	{ ports, rotations }: Deps,
	id: string,
	secret: ManagedSecret,
	drift: ReturnType<typeof driftIn>,
	unretired: ReturnType<typeof unretiredIn>,
) {
	const looking = lookClosely(ports, id);
	const [{ look: standing }, workloads, history] = await Promise.all([
		looking,
		looking.then(({ found }) => found && podsNow(ports, found)),
		historyOf(id, { ports, rotations }).catch((error) => ({ problem: problemOf(asFault(error, "http")) })),
	]);
	const problem = standing.problem ?? ("problem" in history ? history.problem : undefined);
	const { lastDelivery, running, last, lastRun } = "problem" in history ? ({} as Partial<History>) : history;
	// What a run that is under way has stored is no remnant of one that died.
	const cutShort = standing.cutShort && running === undefined;
	return {
		secret: id,
		vault: secret.vault,
		name: secret.name,
		strategy: secret.strategy,
		derived: secret.derived.map((derived) => derived.secret),
		consumers: secret.consumers.map(workloadText),
		...standing,
		workloads,
		cutShort,
		health: healthOf({ problem, cutShort, version: standing.version, lastDelivery, lastRun, drift }),
		running: running && runningOf(running, ports.clock.now()),
		last: ended(last),
		lastRun: ended(lastRun),
		drift,
		/** What was live before, and still opens the database. */
		unretired,
		problem,
	};
}

type History = Awaited<ReturnType<typeof historyOf>>;

async function historyOf(id: string, { ports, rotations }: Pick<Deps, "ports" | "rotations">) {
	const records = await ports.records();
	const [running, last, lastRun, lastDelivery] = await Promise.all([
		rotations.running(id),
		records.lastRotation(id),
		records.lastRun(id),
		records.lastDelivery(id),
	]);
	return { running, last, lastRun, lastDelivery };
}

const ended = (status?: RotationStatus) =>
	status && {
		rotationId: status.rotationId,
		kind: status.kind,
		dryRun: status.dryRun,
		outcome: status.outcome,
		code: status.code,
		endedAt: status.endedAt,
	};
