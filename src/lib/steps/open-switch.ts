// A switch that was cut short is finished by whatever comes first, not only by the durable activity: that one comes again
// after a minute at the earliest, and until then nobody can log in.
// OP1. The mark says which secret to look at; all else is read from vault and database. Otherwise: anyone who may write records
//      chooses what is published.
// OP2. A switch is finished only where the database accepts a pending password already, or it is live and derived secrets
//      are behind it. Otherwise: a look sets passwords, and is itself a rotation. Everything else is left to the durable
//      activity, a reconciliation that had not yet set the password included.
// OP3. It is the same section under the same lock: a run that still holds it is left alone (`role-busy`), and one that comes
//      later finds it published. Kept by: open-switch.test.ts, where the process dies at every effect, and
//      killed-in-the-gap.test.ts.
// OP4. A look waits for no turn at the vault or the server. Otherwise: it is still at work when the request or the rotation that
//      it came with has ended, and its intents are open then. Kept by: open-switch.test.ts.
// OP5. A mark is written beside what the section reads, before it changes anything, and taken away after it: never in the gap.
//      Otherwise: nobody can log in for longer.

import type { Ports } from "../app.ts";
import { type Gap, gapAfter, type Tried } from "../domain/gap.ts";
import type { Password } from "../domain/password.ts";
import { type CutShort, liveLogsIn, type Source } from "../domain/standing.ts";
import type { LastSwitch, OpenSwitch } from "../ports/record-store.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { type Activity, asFault, atBoundary, isRefusal, type Run } from "./boundary.ts";
import { gather } from "./gather.ts";
import { type Managed, managed } from "./managed.ts";
import { rendered } from "./switch/derive.ts";
import { type Switch, type Switched, switchCredential } from "./switch/index.ts";

/**
 * Marks the switch while it is open. Without the mark it goes on all the same: a mark shortens what a kill in the gap does, and
 * a rotation that waits for the records may be one that somebody needs now. Any end but a published version leaves the mark:
 * the next look finds out whether something is open, and takes the mark away if nothing is.
 */
export const marked =
	(section: typeof switchCredential): Activity<Switch, Switched> =>
	async (ports, input, run) => {
		const { secret, credentialId } = input;
		const records = () => ports.records();
		const looking = told(run, secret, async () => (await records()).lastSwitch(secret));
		const gap = looking.then((last) => gapSince(last, credentialId));
		const marking = looking.then(() => told(run, secret, async () => (await records()).markSwitch(secret)));
		try {
			const switched = await section(ports, input, run, { gap, marking });
			const mark = await marking;
			if (mark !== undefined) await told(run, secret, () => unmark(ports, { secret, mark }));
			return switched;
		} catch (error) {
			const tried = triedSoFar(credentialId, await gap);
			if ((await marking) !== undefined)
				await told(run, secret, async () => (await records()).markSwitch(secret, tried));
			throw error;
		}
	};

/** Another credential's switch does not count; nobody can say whose one was that died without a word. */
function gapSince(last: LastSwitch | undefined, credentialId: string): Gap {
	const tried = last?.tried?.credentialId === credentialId ? last.tried : undefined;
	const died = last?.isOpen && !last.tried ? last.since : undefined;
	return gapAfter(tried, tried?.openSince === undefined ? died : new Date(tried.openSince));
}

const triedSoFar = (credentialId: string, { ms = 0, openSince }: Gap): Tried => ({
	credentialId,
	gapMs: ms,
	...(openSince && { openSince: openSince.toISOString() }),
});

const unmark = async (ports: Ports, { secret, mark }: Pick<OpenSwitch, "secret" | "mark">, tried?: Tried) =>
	(await ports.records()).unmarkSwitch(secret, mark, tried);

/** No execution lives longer than `functionTimeout` of host.json: an older mark is of one that has ended. */
const longestRunMs = 10 * 60_000;

/**
 * Finishes the switches that were cut short. Never throws: what goes wrong is reported, and left to the next look.
 * @param which all by default
 * @returns those that were finished, and whether any is still open or could not be looked at
 */
export async function finishOpenSwitches(
	ports: Ports,
	run: Run,
	which: (one: OpenSwitch) => boolean = () => true,
): Promise<{ readonly finished: readonly string[]; readonly anyLeft: boolean }> {
	const list = async () => (await ports.records()).openSwitches();
	const open = await told(run, undefined, list);
	if (open === undefined) return { finished: [], anyLeft: true };
	const looks = open
		.filter(which)
		.map(async (one) => ({ ...one, end: await told(run, one.secret, () => look(ports, run, one)) }));
	const seen = await Promise.all(looks);
	return {
		finished: seen.filter(({ end }) => end === "finished").map(({ secret }) => secret),
		anyLeft: seen.some(({ end }) => end === undefined || end === "left"),
	};
}

/**
 * For a look that comes each minute: in the 1st, 2nd, 4th, 8th ... minute of a mark. What was not finished by then waits for a
 * person, and each look costs logins that are rejected, or records on the audit log.
 */
export const isLookDue =
	(now: Date) =>
	({ since }: OpenSwitch): boolean => {
		const minutes = Math.floor((now.getTime() - since.getTime()) / 60_000);
		return (minutes & (minutes - 1)) === 0;
	};

async function look(ports: Ports, run: Run, one: OpenSwitch): Promise<"finished" | "left" | "nothing"> {
	const { config } = await ports.configuration();
	// Taken out of the configuration: nobody may touch it now. Once it is back, it is looked at again.
	if (!Object.hasOwn(config.secrets, one.secret)) return "nothing";
	const target = await managed(ports, one.secret);
	const standing = await standingOf(ports, target);
	if (standing === "agreed") {
		const isOver = ports.clock.now().getTime() - one.since.getTime() > longestRunMs;
		if (isOver) await unmark(ports, one);
		return "nothing";
	}
	if (standing === "unclear") return "left";
	const { credentialId } = standing;
	const gap = gapSince({ ...one, isOpen: true }, credentialId);
	const finish = atBoundary<Switch, Switched>("switch", (...of) => switchCredential(...of, { gap, atOnce: true }));
	if (isRefusal(await finish(ports, standing, run))) return "left";
	// For the rotation's own record, where its activity comes again and finds it published.
	await unmark(ports, one, triedSoFar(credentialId, gap));
	return "finished";
}

/**
 * How vault and database stand. Reads only, and puts nothing on the audit log. A version that a newer pending one covers is
 * left alone: a person may be replacing it, because it leaked.
 * @returns `agreed` where anyone who reads the vault gets in; the switch to finish; else `unclear`
 */
async function standingOf(ports: Ports, target: Managed): Promise<"agreed" | "unclear" | Switch> {
	const { live, standing } = await gather(ports, target, "newest");
	if (standing.state === "in-database") return switchFrom(target, standing);
	if (!liveLogsIn(standing)) return "unclear";
	if (standing.state !== "published" || live.state !== "present") return "agreed";
	const store = await ports.store(target.secret.vault);
	return (await isBehind(store, target, live.value)) ? switchFrom(target, standing) : "agreed";
}

const switchFrom = (
	{ id }: Managed,
	{ claim: { credentialId, baseVersion }, source }: Extract<CutShort, { source: Source }>,
): Switch => ({ rotationId: credentialId, secret: id, actor: { kind: "app" }, credentialId, baseVersion, source });

/** One that is gone or disabled is a person's to bring back, and no reason to go the way back. */
async function isBehind(store: SecretStore, target: Managed, live: Password): Promise<boolean> {
	for (const [derived, value] of rendered(target, live)) {
		const found = await store.latest(derived);
		if (found.state === "present" && !found.value.equals(value)) return true;
	}
	return false;
}

/** @returns `undefined` after a fault, which was reported */
async function told<T>(run: Run, secret: string | undefined, work: () => Promise<T>): Promise<T | undefined> {
	try {
		return await work();
	} catch (error) {
		const { code, transient } = asFault(error, "switch");
		run.tell({ event: "fault", step: "switch", code, transient, ...(secret !== undefined && { secret }) });
		return undefined;
	}
}
