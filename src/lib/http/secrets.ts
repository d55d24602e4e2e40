// All managed secrets, in pages: as the last sweep found them, with what came since.

import type { Ports } from "../app.ts";
import { complianceNow } from "../compliance/report.ts";
import type { Configuration, ManagedSecret } from "../config/configuration.ts";
import type { EndedRun } from "../domain/ended-run.ts";
import { type Problem, problemOf } from "../domain/fault.ts";
import {
	countsOf,
	firstOf,
	isKeyOf,
	type Key,
	type Known,
	matches,
	needsPerson,
	passes,
	type Row,
	rowsOf,
} from "../domain/secret-list.ts";
import { spreadOf } from "../domain/spread.ts";
import { workloadText } from "../domain/workload.ts";
import { asFault } from "../steps/boundary.ts";
import type { Deps } from "./answer.ts";
import { approvalsNow } from "./approvals.ts";
import { continuationOf, linkTo, placeIn } from "./continuation.ts";
import { handle, reply } from "./handle.ts";
import { runningNow } from "./lists.ts";

/** `GET /api/secrets`: nothing is asked of any vault, server or cluster. */
export const listSecrets = handle("listSecrets", async ({ query }, deps) => {
	const { limit, continuation, sort, overview: isOverview, ...wanted } = query;
	const filter = { ...wanted, sort };
	const { config } = await deps.ports.configuration();
	const now = deps.ports.clock.now();
	const { seen, approvals, at, problems } = await snapshot(deps, isOverview);
	const all = rowsOf(knownIn(config), seen, now);
	const rows = all.filter((row) => matches(wanted, row));
	const after =
		continuation === undefined
			? undefined
			: placeIn(continuation, filter, (place): place is Key => isKeyOf(sort, place));
	const passing = rows.filter((row) => passes(wanted, row));
	const left = firstOf(sort, passing, limit + 1, after);
	const shown = left.slice(0, limit);
	const last = shown.at(-1);
	const next = last && left.length > limit && linkTo("/api/secrets", filter, limit, continuationOf(filter, last.key));
	return reply(200, {
		...(at !== undefined && { at }),
		counts: countsOf(rows),
		secrets: shown.map(({ row }) => row),
		...(next && { next }),
		...(isOverview && {
			overview: {
				needing: needingOf(all),
				approvals,
				running: seen.running.map((run) => runningNow(run, now)),
			},
		}),
		problems,
	});
});

const mostNeeding = 50;
function needingOf(rows: readonly Row[]) {
	const needing = rows.filter(needsPerson);
	return {
		total: needing.length,
		secrets: firstOf("attention", needing, mostNeeding).map(({ row }) => row),
	};
}

/** What is down is reported, and the list has the rest. */
async function snapshot({ ports, rotations }: Deps, isOverview: boolean) {
	const problems = new Map<string, Problem>();
	/** Once, however much of it is down. */
	const tell = (problem: Problem) => void problems.set(problem.code, problem);
	const orTold = <T>(work: Promise<T>): Promise<T | undefined> =>
		work.catch((error) => tell(problemOf(asFault(error, "http"))) as undefined);
	const [seen, running] = await Promise.all([
		orTold(ports.records().then(async (records) => ({ compliance: await complianceNow(records) }))),
		orTold(rotations.allRunning()),
	]);
	const compliance = seen?.compliance;
	const since = compliance?.complete ? (compliance.sweep?.startedAt ?? compliance.at) : compliance?.at;
	// Before the first sweep: what a day has brought, so that a first rotation that fails is seen.
	const from = since === undefined ? new Date(ports.clock.now().getTime() - 86_400_000) : new Date(since);
	const [ended = [], waiting] = seen
		? await Promise.all([orTold(endedSince(ports, from)), isOverview ? orTold(awaiting(ports)) : undefined])
		: [];
	return {
		seen: { entries: compliance?.secrets ?? [], ended, running: running ?? [] },
		approvals: waiting?.approvals ?? [],
		at: compliance?.at,
		problems: [...problems.values()],
	};
}

const awaiting = (ports: Ports) => approvalsNow(ports, { most: 200, state: "awaiting-approval" });

/** As many as a day has, by far. */
const mostEnded = 5_000;
const endedSince = async (ports: Ports, since: Date): Promise<readonly EndedRun[]> =>
	(await (await ports.records()).endedRuns({ since, most: mostEnded })).runs;

/** The same as long as the configuration is: of thousands of secrets it takes longer than all the rest of a page. */
function knownIn(config: Configuration): readonly Known[] {
	const found = knownOf.get(config) ?? Object.entries(config.secrets).map(known);
	knownOf.set(config, found);
	return found;
}
const knownOf = new WeakMap<Configuration, readonly Known[]>();

const known = ([secret, entry]: [string, ManagedSecret]): Known => ({
	secret,
	vault: entry.vault,
	name: entry.name,
	strategy: entry.strategy,
	rotateEveryDays: entry.rotateEveryDays,
	expiryMarginDays: entry.expiryMarginDays,
	spread: spreadOf(secret, entry.spreadDays),
	consumers: entry.consumers.map(workloadText),
});
