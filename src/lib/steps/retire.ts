// What was live before, of two roles that take turns, opens nothing any more: its role gets a password that nobody knows.
// RTV1. Never the role that the live version names: it is read again right before, under the lock of both roles, with the pending
//      secret, which may be about to be that role's. Named by a version that was written in that very moment, the role gets that
//      version's password again. Otherwise: everybody is locked out. Kept by: retire.test.ts.
// RTV2. No session of the role is there at two looks, a pool's lifetime apart: whatever the database hides of it, it counts. Kept
//      by: retire.test.ts, pair.test.ts.
// RTV3. What is said to open nothing was tried: the server rejects the value from before, and the live one logs in.
// RTV4. The versions are disabled last. Otherwise: a run that died in between leaves a value that opens the database, and that
//      nobody can try. Doing it all again harms nobody. Kept by: retire.test.ts, where the process dies at each effect.

import type { Ports } from "../app.ts";
import type { Reason } from "../domain/codes.ts";
import { Fault, type FaultCode, type Problem, problemOf } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { RetireRequest } from "../domain/requests/index.ts";
import type { RetiredValue } from "../domain/rotation.ts";
import type { VersionId } from "../domain/secret-version.ts";
import type { Intent } from "../ports/audit-log.ts";
import { type Activity, audited, type Ids } from "./boundary.ts";
import { accepting } from "./in-force.ts";
import { openSession, type Session } from "./login.ts";
import { type Managed, managed, roleIn } from "./managed.ts";
import { comesFirst, keptBy, type Retirable, retirable } from "./retirable.ts";

/** It is left for now: the next sweep looks again. */
interface Left {
	readonly act: "leave";
	readonly code: Reason | FaultCode;
	readonly problem?: Problem;
}

export type RetirementPlan =
	| Left
	| { readonly act: "retire"; readonly version: VersionId; readonly role: string; readonly pauseSeconds: number };

const left = (code: Reason): Left => ({ act: "leave", code });
const leftFor = (problem: Problem): Left => ({ act: "leave", code: problem.code, problem });

/** The first look. */
export const planRetirement: Activity<RetireRequest, RetirementPlan> = (ports, request, run) =>
	audited(ports, run, request, ["plan"], {}, async (journal) => {
		const target = await managed(ports, request.secret);
		const found = await toRetire(ports, target);
		const kept = "act" in found ? found : await lookedAt(ports, target, found);
		journal.done("plan", kept?.code ?? "retired", {
			configHash: target.configHash,
			vault: target.secret.vault,
			message: kept?.problem?.message,
		});
		if (kept) return kept;
		const { live: version, role, poolLifetimeMinutes } = found as Retirable;
		return { act: "retire", version, role, pauseSeconds: poolLifetimeMinutes * 60 };
	});

async function toRetire(ports: Ports, target: Managed): Promise<Retirable | Left> {
	const found = await retirable(ports, target);
	if (!found) return left("not-to-retire");
	const first = await comesFirst(ports, target);
	if (first === undefined) return found;
	return first === "rotation" ? left("not-to-retire") : leftFor(first);
}

async function lookedAt(ports: Ports, target: Managed, found: Retirable): Promise<Left | undefined> {
	await using session = await openSession(ports, target, []);
	const fault = await keptBy(session, found);
	return fault && leftFor(problemOf(fault));
}

export interface Retire extends Ids {
	/** The live version, and the other role, as they were at the first look. */
	readonly version: VersionId;
	readonly role: string;
}

export type Retired = Left | { readonly act: "retired"; readonly retired: RetiredValue };

/** The second look, and the end of what was live before. Idempotent. */
export const retireValue: Activity<Retire, Retired> = async (ports, input, run) => {
	const target = await managed(ports, input.secret);
	const { account } = target.content;
	const facts = { vault: target.secret.vault, role: input.role, newVersion: input.version };
	const server = account && { server: account.server };
	return audited(ports, run, input, ["retire"], { ...facts, ...server }, async (journal) => {
		const ended = await retired(ports, target, input, journal.intent("retire"));
		if (ended.act === "leave") journal.done("retire", ended.code, { message: ended.problem?.message });
		else journal.done("retire", "retired", { message: `Disabled: ${ended.retired.versions.join(", ") || "none"}.` });
		return ended;
	});
};

async function retired(ports: Ports, target: Managed, input: Retire, intent: Intent): Promise<Retired> {
	await using session = await openSession(ports, target, []);
	await session.lock();
	const found = await toRetire(ports, target);
	if ("act" in found) return found;
	if (found.live !== input.version || found.role !== input.role) return left("not-to-retire");
	const fault = await keptBy(session, found);
	if (fault) return leftFor(problemOf(fault));
	if (!(await makeUnknown(ports, target, session, found, intent))) return left("not-to-retire");
	const { server, role } = found;
	return { act: "retired", retired: { server, role, versions: await disabled(ports, target, found, intent) } };
}

/** @returns whether it is done, and proved: not where another version is live, or is about to be */
export async function makeUnknown(
	ports: Ports,
	target: Managed,
	session: Session,
	found: Retirable,
	intent: Intent,
): Promise<boolean> {
	if (!(await mayBeSet(ports, target, session, found))) return false;
	await session.setUnknown(intent, found.role);
	await proved(ports, target, session, found, intent);
	return true;
}

export async function disabled(
	ports: Ports,
	{ name, secret }: Managed,
	{ earlier }: Pick<Retirable, "earlier">,
	intent: Intent,
): Promise<readonly VersionId[]> {
	const store = await ports.store(secret.vault);
	for (const { version } of earlier) await store.disable(intent, name, version);
	return earlier.map(({ version }) => version);
}

/** RTV1, as late as can be. */
async function mayBeSet(
	ports: Ports,
	{ name, pendingName, secret, content }: Managed,
	session: Session,
	of: Retirable,
) {
	const store = await ports.store(secret.vault);
	const [live, pending] = await Promise.all([store.latest(name), store.latest(pendingName)]);
	if (live.state !== "present" || live.secret.version !== of.live) return false;
	if (pending.state === "present" && roleIn(content, pending.value) === of.role) return false;
	if (!(await session.holdsLock())) throw new Fault("role-lock-lost", { server: of.server, role: of.role });
	return true;
}

/** Of several values the newest is tried: each is a login that is rejected. */
async function proved(ports: Ports, target: Managed, session: Session, of: Retirable, intent: Intent): Promise<void> {
	const { name, secret, content } = target;
	const { server, role, earlier } = of;
	const live = await (await ports.store(secret.vault)).latest(name);
	if (live.state !== "present" || live.secret.version !== of.live) {
		if (live.state === "present" && roleIn(content, live.value) === role) await session.set(intent, live.value);
		throw new Fault("live-changed", { vault: secret.vault, secret: name });
	}
	await opensNothing(ports, target, { server, role, live: live.value, before: earlier[0]?.value });
}

/** @throws Fault `old-password-accepted`, or `password-rejected` where the live value does not log in */
export async function opensNothing(
	ports: Ports,
	target: Managed,
	{ server, role, live, before }: { server: string; role: string; live: Password; before?: Password | undefined },
): Promise<void> {
	const accepts = accepting(ports, target);
	if (before && (await accepts(before))) throw new Fault("old-password-accepted", { server, role });
	if (await accepts(live)) return;
	throw new Fault("password-rejected", { server, role: roleIn(target.content, live) ?? "", secret: target.name });
}
