// A page of the sweep: some secrets are judged, and what is due is started.
// SWE1. One vault's failure stops no other; only the audit log's and the records' do. Otherwise: a firewall rule on one
//       vault lets every password expire.
// SWE2. What was judged is stored before the next page begins. Otherwise: a sweep that is cut short has looked at nothing.
// SWE3. A page ends in time, however slow its systems are, and the next one goes on where it ended. Otherwise: the host ends
//       the execution, and it starts from scratch, for ever.

import type { Ports } from "../app.ts";
import { passedOverFault } from "../config/last-good.ts";
import type { ComplianceEntry, SweepId } from "../domain/compliance.ts";
import { problemOf } from "../domain/fault.ts";
import { asFault } from "../steps/boundary.ts";
import { recordRefusal, type Trigger, unnamed } from "../triggers/request.ts";
import { type SweepRun, triggerOf } from "./activities.ts";
import { backUp } from "./back-up.ts";
import { judge } from "./judge.ts";
import { type Silent, sparing } from "./silent.ts";

export interface SweepPage {
	readonly sweep: SweepId;
	/** From 0, secrets' and vaults' alike: what is stored under one number is stored once. */
	readonly page: number;
	/** The last secret of the page before. */
	readonly after?: string;
	readonly silent: Silent;
}

export interface SweptPage {
	/** The last secret of this page; absent where none is left. */
	readonly after?: string;
	readonly silent: Silent;
}

export const most = 25;
/** A few at a time: fast enough for a thousand secrets, and far below the vault's limit of 4,000 calls in 10 s. */
export const atOnce = 8;
const mostMs = 20_000;

export async function sweepPage(
	ports: Ports,
	{ sweep, page, after, silent }: SweepPage,
	run: SweepRun,
): Promise<SweptPage> {
	const records = await ports.records();
	const loaded = await ports.configuration().catch((error) => asFault(error, "sweep"));
	if (loaded instanceof Error) {
		await recordRefusal(triggerOf(ports, sweep, run), unnamed, loaded.code, loaded.sentence);
		await records.saveSwept(sweep, page, { secrets: [], unmanaged: [], problems: [problemOf(loaded)] });
		return { silent };
	}
	const { config, hash, passedOver } = loaded;
	if (page === 0) await records.keepConfiguration(hash, loaded.text);
	const ids = Object.keys(config.secrets).sort();
	const left = ids.filter((id) => after === undefined || id > after);
	const until = ports.clock.now().getTime() + mostMs;
	const spared = sparing(ports, silent);
	const trigger = triggerOf(spared.ports, sweep, run);
	const secrets: ComplianceEntry[] = [];
	while (secrets.length < Math.min(most, left.length)) {
		const next = left.slice(secrets.length, Math.min(secrets.length + atOnce, most));
		secrets.push(...(await Promise.all(next.map((id) => judgeAndBackUp(trigger, hash, id)))));
		if (ports.clock.now().getTime() > until) break;
	}
	const problems = page === 0 && passedOver ? [problemOf(passedOverFault(hash, passedOver))] : [];
	await records.saveSwept(sweep, page, { secrets, unmanaged: [], problems });
	const last = secrets.at(-1)?.secret;
	return { silent: spared.silent(), ...(secrets.length < left.length && last !== undefined && { after: last }) };
}

async function judgeAndBackUp(trigger: Trigger, hash: string, id: string): Promise<ComplianceEntry> {
	const entry = await judge(trigger, hash, id, trigger.ports.clock.now());
	const backup = await backUp(trigger, id);
	return { ...entry, ...(backup && { backup }) };
}
