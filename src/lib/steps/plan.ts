// Gathers the facts that the rotation policy judges, and looks for whatever would make the rotation fail half-way.
// PL1. Reads only: a plan, dry or not, changes nothing. What it finds impossible is refused before anything is changed.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import type { Reason } from "../domain/codes.ts";
import { driftIn, needsPerson } from "../domain/drift.ts";
import { Fault, type FaultCode, type Problem, problemOf } from "../domain/fault.ts";
import { type Decision, decide, dueOf, type Facts, type LiveFacts } from "../domain/policy.ts";
import type { RollbackRequest, RotateRequest } from "../domain/requests/index.ts";
import type { ApprovalNote, PlanShown, RotationExposure } from "../domain/rotation.ts";
import type { Latest, VersionId } from "../domain/secret-version.ts";
import { spreadOf } from "../domain/spread.ts";
import { isCutShort, isHalfDone, type Source, type Standing } from "../domain/standing.ts";
import { whyAbsent } from "./absent.ts";
import { type Asks, type Doing, isAsking, permission } from "./approval.ts";
import { type Activity, asFault, audited } from "./boundary.ts";
import { frozen, heldBack } from "./calendar.ts";
import { expectWanted } from "./cancelled.ts";
import { type Checklist, checklist, upTo } from "./checklist.ts";
import { compromisedSince, saysCompromised } from "./compromised.ts";
import { undelivered } from "./consumers.ts";
import { gatherDrift } from "./drift.ts";
import { type Intended, shown } from "./dry-run.ts";
import { earlierVersion } from "./earlier.ts";
import { exposed } from "./exposure.ts";
import { asking, gather } from "./gather.ts";
import { type Accepts, unusable } from "./in-force.ts";
import { type Managed, managed, nextRole } from "./managed.ts";
import { obstacles, unwritable } from "./obstacles.ts";
import { turns } from "./turns.ts";
import { hasTwoSteps, sessionsGoOn, triggerOf } from "./two-steps.ts";
import { canaryFirst, deliveredTo } from "./urgent.ts";

/** The decision as it goes into durable history. */
export interface Plan {
	readonly act: Decision["act"];
	readonly code: Reason | FaultCode;
	readonly problem?: Problem;
	/**
	 * The version that is replaced: live now, or when the rotation began that this one continues. Absent when there is none.
	 */
	readonly baseVersion?: string;
	/**
	 * With `resume`: whose credential it continues with. With `skip`: of a rotation that is over, whose pending secret is left.
	 */
	readonly credentialId?: string;
	/** Present with `resume`: where its password is. Absent: a new one is made. */
	readonly source?: Source;
	/** A rollback's: the version whose value is stored in place of a new one. */
	readonly bringsBack?: VersionId;
	/** Every pod accepts the new key before anything signs with it: a step, and a delivery, of its own. */
	readonly accepts?: boolean;
	/** What is replaced is compromised, and known to a database: its sessions end, and it opens nothing. */
	readonly revokes?: true;
	/** An earlier order, which was cut short, said that it is compromised. */
	readonly compromisedSince?: string;
	/** What was found wrong, and the rotation continues in spite of: often only because it is forced. */
	readonly warnings?: readonly Problem[];
	/** Present where a new password is made and somebody uses it. */
	readonly exposure?: RotationExposure;
	/** What it has to do with an approval; `asks`: it has to be approved first. */
	readonly approval?: ApprovalNote;
	readonly asks?: Asks;
	/** A dry run's. */
	readonly shown?: PlanShown;
	readonly consumers: readonly ConsumerConfig[];
}

/**
 * Where the database cannot be asked, what tags and values show is enough to leave a secret alone, or to end a rotation that was
 * published; the fault stands in the way of all else.
 */
async function look(ports: Ports, target: Managed, accepts: Accepts) {
	try {
		const { live, standing, accepted } = await gather(ports, target, "claimed", accepts);
		return { live, standing, ways: accepted ? [accepted] : [], fault: undefined };
	} catch (error) {
		const { live, standing } = await gather(ports, target, "nobody");
		return { live, standing, ways: [], fault: asFault(error, "plan") };
	}
}

/** When what is replaced was due: whether it was late is asked of the audit log. */
function dueIn({ clock }: Ports, { id, secret }: Managed, live: Latest | undefined): string | undefined {
	if (live?.state !== "present") return undefined;
	const { created, expires } = live.secret;
	const spread = spreadOf(id, secret.spreadDays);
	return dueOf({ ...secret, spread, now: clock.now(), created, expires }).dueAt.toISOString();
}

export const plan: Activity<RotateRequest | RollbackRequest, Plan> = (ports, request, run) =>
	audited(ports, run, request, ["plan"], {}, async (journal) => {
		const target = await managed(ports, request.secret);
		const { secret, configHash } = target;
		const checks = checklist();
		const { decision, live, standing, exposure, bringsBack } = await judged(ports, request, target, checks).catch(
			async (error) => {
				await expectWanted(ports, request, async () => true);
				throw error;
			},
		);
		await expectWanted(ports, request, async () => !standing || !isHalfDone(standing));
		const { warnings } = checks;
		const since = standing && (await inherited(ports, target, decision, standing));
		const isCompromised = since !== undefined || saysCompromised(request);
		const twice = hasTwoSteps(target, isCompromised);
		const revokes = target.content.account !== undefined && isCompromised;
		const show = () =>
			shown(ports, target, { ...intended(decision, checks, twice), exposure, role: roleOf(target, live) });
		const found = await permitted(ports, target, request, decision, { bringsBack, accepts: twice, revokes }, show);
		const leftover = decision.act === "skip" && standing?.state === "left-over" ? standing.claim : undefined;
		const now = live?.state === "present" ? live.secret.version : undefined;
		const baseVersion = decision.act === "resume" ? decision.standing.claim.baseVersion : now;
		journal.done("plan", decision.code, {
			configHash,
			vault: secret.vault,
			oldVersion: baseVersion,
			due: decision.act === "rotate" ? dueIn(ports, target, live) : undefined,
			message:
				decision.act === "refuse"
					? decision.fault.sentence
					: warnings.map(({ sentence }) => sentence).join(" ") || undefined,
		});
		return {
			act: decision.act,
			code: decision.code,
			...(decision.act === "refuse" && { problem: problemOf(decision.fault) }),
			...(leftover && { credentialId: leftover.credentialId }),
			...(decision.act === "resume" && {
				credentialId: decision.standing.claim.credentialId,
				source: "source" in decision.standing ? decision.standing.source : undefined,
			}),
			baseVersion,
			...(bringsBack !== undefined && { bringsBack }),
			...(twice && { accepts: true }),
			...(revokes && { revokes: true as const }),
			...(since && { compromisedSince: since.toISOString() }),
			...(warnings.length > 0 && { warnings: warnings.map(problemOf) }),
			...(exposure && { exposure }),
			...(isAsking(found) ? { asks: found } : found && { approval: found }),
			...(request.dryRun && { shown: await show() }),
			consumers: await deliveredTo(ports, target, isCompromised),
		};
	});

/** Whatever makes a new password needs what its secret asks for; what is in force already is carried to its end. */
async function permitted(
	ports: Ports,
	target: Managed,
	request: RotateRequest | RollbackRequest,
	decision: Decision,
	doing: Omit<Doing, "goesOnWith">,
	show: () => Promise<PlanShown>,
): Promise<ApprovalNote | Asks | undefined> {
	const { approval: id } = request;
	if (id !== undefined && decision.act === "skip")
		throw new Fault("approval-void", { id, changed: `there is nothing to do any more (${decision.code})` });
	if (request.dryRun || !makesPassword(decision)) return undefined;
	const goesOnWith = decision.act === "resume" ? decision.standing.claim.credentialId : undefined;
	return permission(ports, target, request, { ...doing, ...(goesOnWith !== undefined && { goesOnWith }) }, show);
}

/** Of an order that was cut short, where this run finishes it, or replaces the very value that was called compromised. */
async function inherited(ports: Ports, target: Managed, { act }: Decision, standing: Standing) {
	if (!isCutShort(standing) || (act !== "resume" && act !== "rotate")) return undefined;
	const isDone = act === "rotate" && (standing.state === "published" || standing.state === "accepted");
	return isDone ? undefined : compromisedSince(ports, target, standing.claim.credentialId);
}

interface Judged {
	readonly decision: Decision;
	readonly live?: Latest;
	readonly standing?: Standing;
	readonly exposure?: RotationExposure;
	readonly bringsBack?: VersionId;
}

async function judged(
	ports: Ports,
	request: RotateRequest | RollbackRequest,
	target: Managed,
	checks: Checklist,
): Promise<Judged> {
	const { name, secret } = target;
	const { vault, rotateEveryDays, expiryMarginDays, spreadDays } = secret;
	const { account } = target.content;
	const accepts = asking(ports, target);
	const seen = await look(ports, target, accepts).catch((error) => asFault(error, "plan"));
	const isAllowed = `The app may read ${name} and its pending secret in vault ${vault}.`;
	const [denied] = await checks.look(isAllowed, async () => (seen instanceof Fault ? seen : undefined));
	if (seen instanceof Fault || denied) {
		const fault = denied ?? asFault(seen, "plan");
		if (!request.dryRun) throw fault;
		return { decision: { act: "refuse", code: fault.code, fault } };
	}
	const { live, standing } = seen;
	const expires = live.state === "present" ? live.secret.expires : undefined;
	const held = await heldBack(ports, target, request, expires);
	const facts: Facts = {
		now: ports.clock.now(),
		trigger: triggerOf(target, request),
		live: await liveFacts(ports, live, target),
		standing,
		obstacles: [],
		rotateEveryDays,
		expiryMarginDays,
		spread: spreadOf(target.id, spreadDays),
		...(held && { held }),
	};
	const isReadable = `Vault ${vault} has a live version of ${name} with a value.`;
	await checks.look(isReadable, async () => (facts.live.state === "present" ? undefined : facts.live.fault));
	const decision = decide(facts);
	if (live.state !== "present") return { decision, live, standing };
	const asks = request.kind === "rollback" && storesValue(decision);
	const bringsBack = asks ? await earlierVersion(ports, target, live, request, checks) : undefined;
	if (bringsBack instanceof Fault)
		return { decision: { act: "refuse", code: bringsBack.code, fault: bringsBack }, live, standing };
	if (!makesPassword(decision)) return { decision, live, standing, bringsBack };

	const role = nextRole(target.content, live.value);
	const isKnown = account
		? `Server ${account.server} shows which password is in force.`
		: `Vault ${vault} shows which value is in force.`;
	const found = [
		...(await frozen(ports, target, request, checks)),
		...(await checks.look(isKnown, async () => seen.fault)),
		...(seen.fault ? [] : await obstacles(ports, target, role, seen.ways, checks)),
		...(seen.fault ? [] : await unwritable(ports, target, checks)),
	];
	const { force } = facts.trigger;
	const mayBeDrift = found[0] === undefined || found[0].code === "password-rejected";
	const isLeft = !force && !isCutShort(standing) && mayBeDrift;
	const byHand = () => leftForAPerson(ports, target, accepts);
	const drifted = isLeft ? await checks.look("Nothing was changed by hand.", byHand) : [];
	if (drifted.length + found.length > 0)
		return { decision: decide({ ...facts, obstacles: [...drifted, ...found] }), live, standing };
	const bringsOneBack = bringsBack !== undefined;
	const unready = await turns(ports, target, live.value, checks, { force, bringsBack: bringsOneBack });
	// A forced rotation goes on in spite of it: see CZ2 of consumers.ts.
	const wrong = await undelivered(ports, target, live, checks, () => (force ? "warned" : "refused"));
	await sessionsGoOn(target, request, checks);
	await canaryFirst(target, request, checks);
	const { faults, exposure } = await exposed(ports, target, checks, {
		force,
		refusesNobody: hasTwoSteps(target, saysCompromised(request)),
	});
	return {
		decision: decide({ ...facts, obstacles: [...unready, ...wrong, ...faults] }),
		live,
		standing,
		exposure,
		bringsBack,
	};
}

const roleOf = ({ content }: Managed, live: Latest | undefined): string | undefined =>
	content.account && nextRole(content, live?.state === "present" ? live.value : undefined);

/** A rotation that is continued after it had published makes no further version. */
function intended(decision: Decision, { made }: Checklist, twice: boolean): Intended {
	const { act, code } = decision;
	const replaces = act !== "skip" && code !== "pending-published";
	const deliveries = act === "skip" ? 0 : replaces && twice ? 2 : 1;
	return { replaces, deliveries, checks: act === "refuse" ? upTo(decision.code, made) : made };
}

/** What the live secret is, and the fault in it where it cannot be rotated. */
export async function liveFacts(ports: Ports, live: Latest, target: Managed): Promise<LiveFacts> {
	const { name, secret } = target;
	const { vault } = secret;
	if (live.state === "absent") return { state: "absent", fault: await whyAbsent(ports, target) };
	if (live.state === "disabled")
		return { state: "disabled", fault: new Fault("secret-disabled", { vault, secret: name }) };
	const fault = unusable(target, live.value);
	if (fault) return { state: "unusable", fault };
	const { version, created, expires } = live.secret;
	return { state: "present", version, created, expires };
}

const makesPassword = (decision: Decision): boolean =>
	decision.act === "rotate" || (decision.act === "resume" && decision.standing.state === "stored");

/** As the pending secret: what the rotation continues with may be there already. */
const storesValue = (decision: Decision): boolean =>
	decision.act === "rotate" || (decision.act === "resume" && !("source" in decision.standing));

/**
 * What somebody changed by hand, and may have meant: a rotation that nobody ordered would put an end to it. Asked only where
 * nothing else stands in the way, or what does may be its consequence.
 */
async function leftForAPerson(ports: Ports, target: Managed, accepts: Accepts): Promise<Fault | undefined> {
	const { facts } = await gatherDrift(ports, target, accepts);
	return driftIn(facts).find((finding) => needsPerson([finding]));
}
