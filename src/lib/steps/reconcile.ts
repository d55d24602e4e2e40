// A reconciliation's plan, and what it brings back before anything else: the vault's secrets, each as it was.
// RX1. The plan reads only. What makes it impossible (no way in, a workload that cannot be rolled) is refused before
//      anything is changed.
// RX2. A version that somebody made by hand becomes known by our tag on it, not by a version of its own. Otherwise: its
//      consumers are rolled for the same value, and the person who made it no longer finds it live.

import type { Ports } from "../app.ts";
import { type ConsumerConfig, needsApproval } from "../config/configuration.ts";
import type { Reason } from "../domain/codes.ts";
import { driftIn } from "../domain/drift.ts";
import { Fault, type FaultCode, type Problem, problemOf } from "../domain/fault.ts";
import {
	type Change,
	planReconciliation as decide,
	type ReconciliationFacts,
	type Restoration,
} from "../domain/reconciliation.ts";
import type { ReconcileRequest } from "../domain/requests/index.ts";
import type { Source } from "../domain/standing.ts";
import { keptTags, tag } from "../domain/tags.ts";
import { workloadText } from "../domain/workload.ts";
import type { Intent } from "../ports/audit-log.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { type Account, takesTurns } from "../strategies/index.ts";
import { expectBreakGlass } from "./approval.ts";
import { type Activity, audited, type Ids } from "./boundary.ts";
import { checklist } from "./checklist.ts";
import { gatherDrift } from "./drift.ts";
import { type Managed, managed } from "./managed.ts";
import { obstacles } from "./obstacles.ts";
import { atOnce } from "./urgent.ts";

export interface PlanReconciliation extends ReconcileRequest {
	/** Something was brought back already: it goes on to its end. */
	readonly begun: boolean;
}

/** The decision as it goes into durable history. */
export interface ReconciliationPlan {
	readonly act: "refuse" | "skip" | "adopt" | "rotate";
	readonly code: Reason | FaultCode;
	readonly problem?: Problem;
	readonly drift: readonly Problem[];
	readonly changes: readonly Change[];
	/** Then it is planned again. */
	readonly restore: readonly Restoration[];
	/** Whose credential will be live; absent where a new one is made. */
	readonly credentialId?: string;
	/** The live version. */
	readonly baseVersion: string;
	/** The enabled pending secret's, which nobody goes on with afterwards. */
	readonly pendingCredential?: string;
	/** What the database was found to accept, where that is not the live password. */
	readonly loginWith?: Source;
	/** Where a new one is made: every pod accepts it before it signs. */
	readonly accepts?: boolean;
	readonly consumers: readonly ConsumerConfig[];
}

/** It brings vault and database together, which waits for nobody; a new password is what an approval is for. */
async function expectAllowed(ports: Ports, { id, secret }: Managed, request: PlanReconciliation): Promise<void> {
	const { config } = await ports.configuration();
	if (request.dryRun || request.direction !== "new-password" || !needsApproval(config, secret)) return;
	if (!request.breakGlass) throw new Fault("approval-required", { secret: id });
	await expectBreakGlass(ports, request);
}

export const planReconciliation: Activity<PlanReconciliation, ReconciliationPlan> = (ports, request, run) =>
	audited(ports, run, request, ["plan"], {}, async (journal) => {
		const target = await managed(ports, request.secret);
		const { secret } = target;
		await expectAllowed(ports, target, request);
		const { facts, ways, liveCredential, pending } = await gatherDrift(ports, target);
		const findings = driftIn(facts);
		const { account } = target.content;
		const other = account && takesTurns(account) ? account.roles.find((role) => role !== facts.role) : facts.role;
		const asked = {
			direction: request.direction,
			drift: facts,
			findings,
			liveCredential,
			pending,
			...wayOf(account),
			nextRole: other,
			derived: secret.derived.map((derived) => derived.secret),
			workloads: secret.consumers.map(workloadText),
			begun: request.begun,
		};
		let decision = decide(asked);
		let fault: Fault | undefined = decision.act === "refuse" ? decision.fault : undefined;
		if (request.version !== undefined && facts.live.state === "present" && facts.live.version !== request.version)
			fault = new Fault("live-changed", { vault: secret.vault, secret: target.name });
		// Before something deleted or disabled is back, nobody knows how to get in; the plan after that looks.
		if (!fault && (decision.act === "adopt" || decision.act === "rotate") && decision.restore.length === 0) {
			const role = (decision.act === "adopt" ? facts.role : other) ?? "";
			[fault] = await obstacles(ports, target, role, ways, checklist(), { recovery: true, itself: true });
			// An admin whose login is refused is no way in: what is disabled may be one.
			const isNoWayIn = fault?.code === "admin-rejected" || fault?.code === "identity-rejected";
			if (isNoWayIn && facts.standing.state === "pending-disabled") {
				decision = decide({ ...asked, login: "self", recoveryRole: undefined });
				fault = undefined;
			}
		}
		const { live, standing } = facts;
		const version = live.state === "present" ? live.version : "";
		const common = {
			drift: findings.map(problemOf),
			baseVersion: version,
			...(pending && { pendingCredential: pending.credentialId }),
			...(standing.state === "database-restored" && {
				loginWith: { secret: "live", version: standing.version } as const,
			}),
			...(standing.state === "in-database" && { loginWith: standing.source }),
			...(target.content.keyring && { accepts: true }),
			consumers: atOnce(secret.consumers),
		};
		const code = fault?.code ?? (decision.act === "skip" ? decision.code : request.direction);
		journal.done("plan", code, {
			configHash: target.configHash,
			vault: secret.vault,
			oldVersion: common.baseVersion,
			message: fault?.sentence,
		});
		if (fault) return { ...common, act: "refuse", code, problem: problemOf(fault), changes: [], restore: [] };
		if (decision.act === "skip" || decision.act === "refuse")
			return { ...common, act: "skip", code, changes: [], restore: [] };
		const { act, changes, restore } = decision;
		const credentialId = act === "adopt" ? (liveCredential ?? request.rotationId) : undefined;
		return { ...common, act, code, changes, restore, ...(credentialId !== undefined && { credentialId }) };
	});

function wayOf(account: Account | undefined): Pick<ReconciliationFacts, "login" | "recoveryRole"> {
	if (!account) return { login: "none" };
	const { login } = account;
	return login.mode === "self" ? { login: "self", recoveryRole: login.recovery?.role } : { login: "admin" };
}

export interface Restore extends Ids {
	readonly restore: readonly Restoration[];
}

/** Brings back what was deleted or disabled. Idempotent. */
export const restore: Activity<Restore, { code: "restored" }> = async (ports, input, run) => {
	const target = await managed(ports, input.secret);
	const { vault } = target.secret;
	return audited(ports, run, input, ["reconcile"], { vault }, async (journal) => {
		const store = await ports.store(vault);
		const intent = journal.intent("reconcile");
		for (const one of input.restore) {
			if (one.code === "enable-live") await enable(store, intent, target);
			else if (one.code === "enable-pending")
				await store.update(intent, target.pendingName, one.version, { enabled: true });
			else await store.recover(intent, nameOf(one, target));
		}
		const message = input.restore.map((one) => `${one.code} ${nameOf(one, target)}`).join(", ");
		journal.done("reconcile", "restored", { message });
		return { code: "restored" };
	});
};

const nameOf = (one: Restoration, { name, pendingName }: Managed): string =>
	one.code === "recover-derived"
		? one.derived
		: one.code === "recover-pending" || one.code === "enable-pending"
			? pendingName
			: name;

/** Of several disabled versions of one second any may be the newest: the next plan looks whether it was the right one. */
async function enable(store: SecretStore, intent: Intent, { name }: Managed): Promise<void> {
	const newest = (await store.versions(name)).filter(({ enabled }) => !enabled).at(-1);
	if (newest) await store.update(intent, name, newest.version, { enabled: true });
}

export interface Adopt extends Ids {
	readonly credentialId: string;
	readonly version: string;
}

/** Tags the live version as this reconciliation's, which makes it one of ours. Idempotent. */
export const adopt: Activity<Adopt, { code: "adopted" }> = async (ports, input, run) => {
	const { name, secret } = await managed(ports, input.secret);
	const { vault } = secret;
	const facts = { vault, newVersion: input.version };
	return audited(ports, run, input, ["reconcile"], facts, async (journal) => {
		const store = await ports.store(vault);
		const live = (await store.versions(name)).find(({ version }) => version === input.version);
		if (live && live.tags[tag.rotationId] !== input.credentialId) {
			const tags = { ...keptTags(live), [tag.rotationId]: input.credentialId };
			await store.update(journal.intent("reconcile"), name, input.version, { tags });
		}
		journal.done("reconcile", "adopted");
		return { code: "adopted" };
	});
};
