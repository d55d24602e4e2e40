// Gathers the facts that the rotation policy judges, and looks for whatever would make the rotation fail half-way.
// PL1. Reads only: a plan, dry or not, changes nothing. What it finds impossible is refused before anything is changed.

import type { ConsumerConfig } from "../config/configuration.ts";
import { driftIn, needsPerson } from "../domain/drift.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import { type Decision, decide, type Facts, type LiveFacts, type PendingFacts } from "../domain/policy.ts";
import type { RotationRequest } from "../domain/rotation.ts";
import type { Ports } from "../ports/ports.ts";
import type { Latest } from "../ports/secret-store.ts";
import { whyAbsent } from "./absent.ts";
import { type Activity, asFault, audited } from "./boundary.ts";
import { gatherDrift } from "./drift.ts";
import { loginRole, openSession } from "./login.ts";
import { type Managed, managed, tag } from "./managed.ts";
import { goesOnFrom } from "./version.ts";

/** The decision as it goes into durable history. */
export interface Plan {
	readonly act: Decision["act"];
	readonly code: string;
	readonly problem?: Problem;
	/** The version that is replaced: live now, or when the rotation began that is gone on with. Absent when there is none. */
	readonly baseVersion?: string;
	/** Present with `resume`: whose credential is gone on with. */
	readonly credentialId?: string;
	readonly consumers: readonly ConsumerConfig[];
}

export const plan: Activity<RotationRequest, Plan> = (ports, request, run) =>
	audited(ports, run, request, ["plan"], {}, async (journal) => {
		const target = await managed(ports, request.secret);
		const { secret } = target;
		const store = await ports.store(secret.vault);
		const [live, pending] = await Promise.all([store.latest(target.name), store.latest(target.pendingName)]);
		const facts: Facts = {
			now: ports.clock.now(),
			trigger: request,
			live: await liveFacts(ports, live, target),
			pending: await pendingFacts(ports, target, live, pending),
			obstacles: [],
			rotateEveryDays: secret.rotateEveryDays,
			expiryMarginDays: secret.expiryMarginDays,
		};
		let decision = decide(facts);
		if (decision.act === "rotate" && live.state === "present") {
			const found = await obstacles(ports, target, [live.value]);
			const drifted = request.force ? [] : await leftForAPerson(ports, target, found);
			decision = decide({ ...facts, obstacles: [...drifted, ...found] });
		}
		const now = live.state === "present" ? live.secret.version : undefined;
		const baseVersion = decision.act === "resume" ? decision.pending.baseVersion : now;
		journal.done("plan", decision.code, {
			configHash: target.configHash,
			vault: secret.vault,
			oldVersion: baseVersion,
			...(decision.act === "refuse" && { message: decision.fault.sentence }),
		});
		return {
			act: decision.act,
			code: decision.code,
			...(decision.act === "refuse" && { problem: problemOf(decision.fault) }),
			...(decision.act === "resume" && { credentialId: decision.pending.credentialId }),
			baseVersion,
			consumers: secret.consumers,
		};
	});

/** What the live secret is, and the fault in it where it cannot be rotated. */
export async function liveFacts(ports: Ports, live: Latest, { name, secret: { vault } }: Managed): Promise<LiveFacts> {
	if (live.state === "absent") return { state: "absent", fault: await whyAbsent(ports, { vault, secret: name }) };
	if (live.state === "disabled")
		return { state: "disabled", fault: new Fault("secret-disabled", { vault, secret: name }) };
	if (live.value.isEmpty) return { state: "empty", fault: new Fault("secret-empty", { vault, secret: name }) };
	const { version, created, expires, tags } = live.secret;
	const { [tag.rotationId]: credentialId, [tag.takenBack]: takenBack } = tags;
	return { state: "present", version, created, expires, credentialId, takenBack };
}

async function pendingFacts(
	ports: Ports,
	target: Managed,
	live: Latest,
	pending: Latest,
): Promise<PendingFacts | undefined> {
	if (pending.state !== "present") return undefined;
	const { version, tags } = pending.secret;
	const credentialId = tags[tag.rotationId];
	const baseVersion = tags[tag.baseVersion];
	if (credentialId === undefined || baseVersion === undefined) return undefined;
	const told = live.state === "present" && goesOnFrom(live.secret, { credentialId, baseVersion });
	return {
		version,
		credentialId,
		baseVersion,
		inDatabase: !told && (await databaseHas(ports, target, pending.value, live)),
	};
}

/** Versions do not tell whether the database got the pending password: ask it, the live password first. */
async function databaseHas(ports: Ports, { secret }: Managed, pending: Password, live: Latest): Promise<boolean> {
	const database = await ports.database(secret.server);
	const { role } = secret;
	if (live.state === "present" && (await database.accepts({ role, password: live.value }))) return false;
	return database.accepts({ role, password: pending });
}

/**
 * What somebody changed by hand, and may have meant: a rotation that nobody ordered would put an end to it. Asked only where
 * nothing else stands in the way, or what does may be its consequence.
 */
async function leftForAPerson(ports: Ports, target: Managed, [obstacle]: readonly Fault[]): Promise<readonly Fault[]> {
	if (obstacle && obstacle.code !== "password-rejected") return [];
	try {
		const { facts } = await gatherDrift(ports, target);
		return driftIn(facts).filter((finding) => needsPerson([finding]));
	} catch (error) {
		const fault = asFault(error, "plan");
		if (fault.transient) throw fault;
		return [fault];
	}
}

/** Whatever would stop the rotation later: at the database first, then at each consumer. */
export async function obstacles(
	ports: Ports,
	target: Managed,
	candidates: readonly Password[],
	allowed: "without-recovery" | "with-recovery" = "without-recovery",
): Promise<Fault[]> {
	const { secret, name, vaultName } = target;
	const found: Fault[] = [];
	const look = async (where: () => Promise<Fault | undefined>) => {
		try {
			const fault = await where();
			if (fault) found.push(fault);
		} catch (error) {
			const fault = asFault(error, "plan");
			if (fault.transient) throw fault;
			found.push(fault);
		}
	};
	await look(async () => {
		await using session = await openSession(ports, target, candidates, allowed);
		const role = await session.role(secret.role);
		const at = { server: secret.server, role: secret.role };
		if (role.state === "missing") return new Fault("role-missing", at);
		if (!role.canLogin) return new Fault("role-cannot-login", at);
		const by = loginRole(secret, candidates);
		return role.maySetPassword ? undefined : new Fault("role-not-permitted", { ...at, role: by, needs: role.needs });
	});
	const wanted = [name, ...secret.derived.map((derived) => derived.secret)].map((of) => ({ vaultName, secret: of }));
	for (const consumer of secret.consumers) {
		await look(async () => (await ports.workloads(consumer.cluster)).refusal(consumer));
		await look(async () =>
			(await ports.deliveryPath(consumer.delivery.path, consumer.cluster)).refusal(consumer, wanted),
		);
	}
	return found;
}
