// Gathers the facts that the rotation policy judges, and looks for whatever would make the rotation fail half-way.
// PL1. Reads only: a plan, dry or not, changes nothing. What it finds impossible is refused before anything is changed.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import type { Reason } from "../domain/codes.ts";
import { driftIn, needsPerson } from "../domain/drift.ts";
import { Fault, type FaultCode, type Problem, problemOf } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import { type Decision, decide, type Facts, type LiveFacts } from "../domain/policy.ts";
import type { RotateRequest } from "../domain/requests/index.ts";
import type { Latest } from "../domain/secret-version.ts";
import { isCutShort, type Source } from "../domain/standing.ts";
import { whyAbsent } from "./absent.ts";
import { type Activity, asFault, audited } from "./boundary.ts";
import { impossible, undelivered } from "./consumers.ts";
import { gatherDrift } from "./drift.ts";
import { type Accepts, asking, gather } from "./gather.ts";
import { type Allowed, openSession } from "./login.ts";
import { type Managed, managed } from "./managed.ts";
import { writesRefusal } from "./writes.ts";

/** The decision as it goes into durable history. */
export interface Plan {
	readonly act: Decision["act"];
	readonly code: Reason | FaultCode;
	readonly problem?: Problem;
	/** The version that is replaced: live now, or when the rotation began that is gone on with. Absent when there is none. */
	readonly baseVersion?: string;
	/** With `resume`: whose credential is gone on with. With `skip`: of a rotation that is over, whose pending secret is left. */
	readonly credentialId?: string;
	/** Present with `resume`: where its password is. Absent: a new one is made. */
	readonly source?: Source;
	/** What is wrong with the delivery of the live version, where the rotation is forced and goes on in spite of it. */
	readonly warnings?: readonly Problem[];
	readonly consumers: readonly ConsumerConfig[];
}

/**
 * Where the database cannot be asked, what tags and values tell is enough to leave a secret alone, or to end a rotation that was
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

export const plan: Activity<RotateRequest, Plan> = (ports, request, run) =>
	audited(ports, run, request, ["plan"], {}, async (journal) => {
		const target = await managed(ports, request.secret);
		const { secret } = target;
		const accepts = asking(ports, target);
		const seen = await look(ports, target, accepts);
		const { live, standing } = seen;
		const facts: Facts = {
			now: ports.clock.now(),
			trigger: request,
			live: await liveFacts(ports, live, target),
			standing,
			obstacles: [],
			rotateEveryDays: secret.rotateEveryDays,
			expiryMarginDays: secret.expiryMarginDays,
		};
		let warnings: readonly Fault[] = [];
		let decision = decide(facts);
		if (live.state === "present" && makesPassword(decision)) {
			if (seen.fault?.transient) throw seen.fault;
			const found = seen.fault
				? [seen.fault]
				: [...(await obstacles(ports, target, seen.ways)), ...(await unwritable(ports, target))];
			const isLeft = !request.force && !isCutShort(standing);
			const drifted = isLeft ? await leftForAPerson(ports, target, found, accepts) : [];
			// A forced rotation goes on in spite of it: see CZ2 of consumers.ts.
			const wrong = drifted.length + found.length > 0 ? [] : await undelivered(ports, target, live);
			if (request.force) warnings = wrong;
			decision = decide({ ...facts, obstacles: [...drifted, ...found, ...(request.force ? [] : wrong)] });
		}
		const leftover = decision.act === "skip" && standing.state === "left-over" ? standing.claim : undefined;
		const now = live.state === "present" ? live.secret.version : undefined;
		const baseVersion = decision.act === "resume" ? decision.standing.claim.baseVersion : now;
		journal.done("plan", decision.code, {
			configHash: target.configHash,
			vault: secret.vault,
			oldVersion: baseVersion,
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
			...(warnings.length > 0 && { warnings: warnings.map(problemOf) }),
			consumers: secret.consumers,
		};
	});

/** What the live secret is, and the fault in it where it cannot be rotated. */
export async function liveFacts(ports: Ports, live: Latest, target: Managed): Promise<LiveFacts> {
	const { name, secret } = target;
	const { vault } = secret;
	if (live.state === "absent") return { state: "absent", fault: await whyAbsent(ports, target) };
	if (live.state === "disabled")
		return { state: "disabled", fault: new Fault("secret-disabled", { vault, secret: name }) };
	if (live.value.isEmpty) return { state: "empty", fault: new Fault("secret-empty", { vault, secret: name }) };
	const { version, created, expires } = live.secret;
	return { state: "present", version, created, expires };
}

const makesPassword = (decision: Decision): boolean =>
	decision.act === "rotate" || (decision.act === "resume" && decision.standing.state === "stored");

/**
 * What somebody changed by hand, and may have meant: a rotation that nobody ordered would put an end to it. Asked only where
 * nothing else stands in the way, or what does may be its consequence.
 */
async function leftForAPerson(
	ports: Ports,
	target: Managed,
	[obstacle]: readonly Fault[],
	accepts: Accepts,
): Promise<readonly Fault[]> {
	if (obstacle && obstacle.code !== "password-rejected") return [];
	try {
		const { facts } = await gatherDrift(ports, target, accepts);
		return driftIn(facts).filter((finding) => needsPerson([finding]));
	} catch (error) {
		const fault = asFault(error, "plan");
		if (fault.transient) throw fault;
		return [fault];
	}
}

/** A derived secret that is disabled stays so (PB2), and its consumers would be left without. */
async function unwritable(ports: Ports, { secret: { vault, derived } }: Managed): Promise<Fault[]> {
	const store = await ports.store(vault);
	const faults: Fault[] = [];
	for (const { secret } of derived) {
		const { state } = await store.latest(secret);
		if (state === "disabled") faults.push(new Fault("secret-disabled", { vault, secret }));
	}
	return faults;
}

/** Whatever would stop the rotation later: at the database first, then in the vault, then at each consumer. */
export async function obstacles(
	ports: Ports,
	target: Managed,
	candidates: readonly Password[],
	allowed: Allowed = {},
): Promise<Fault[]> {
	const { secret } = target;
	const found: Fault[] = [];
	const look = async (where: () => Promise<Fault | undefined>) => {
		try {
			const fault = await where();
			if (fault) throw fault;
		} catch (error) {
			const fault = asFault(error, "plan");
			if (fault.transient) throw fault;
			found.push(fault);
		}
	};
	await look(async () => {
		await using session = await openSession(ports, target, candidates, allowed);
		const refusal = await session.refusal(secret.role, candidates);
		if (refusal) return refusal;
		const holder = await session.lockHolder(secret.role);
		if (holder === undefined) return undefined;
		return new Fault("role-busy", { server: secret.server, role: secret.role, holder });
	});
	await look(() => writesRefusal(ports, target));
	return [...found, ...(await impossible(ports, target))];
}
