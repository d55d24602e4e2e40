// The plan of a delivery without a new password: the live version goes to every consumer again.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import { Fault, type Problem, problemOf } from "../domain/fault.ts";
import type { DeliverRequest } from "../domain/requests/index.ts";
import type { PlanShown } from "../domain/rotation.ts";
import { type Activity, asFault, audited } from "./boundary.ts";
import { type Checklist, checklist, upTo } from "./checklist.ts";
import { compromisedSince } from "./compromised.ts";
import { impossible } from "./consumers.ts";
import type { PublishedVersion } from "./deliver.ts";
import { shown } from "./dry-run.ts";
import { accepting } from "./in-force.ts";
import { type Managed, managed, namesOf } from "./managed.ts";
import { liveFacts } from "./plan.ts";
import { deliveredTo } from "./urgent.ts";
import { credentialOf } from "./version.ts";

export interface DeliveryPlan {
	/** The managed secret's first; none where it is refused. */
	readonly published: readonly PublishedVersion[];
	readonly consumers: readonly ConsumerConfig[];
	/** Only a dry run gets as far as this with one. */
	readonly problem?: Problem;
	/** A dry run's. */
	readonly shown?: PlanShown;
}

export const planDelivery: Activity<DeliverRequest, DeliveryPlan> = (ports, request, run) =>
	audited(ports, run, request, ["plan"], {}, async (journal) => {
		const target = await managed(ports, request.secret);
		const { secret } = target;
		const checks = checklist();
		const { fault, published, credentialId } = await lookedAt(ports, target, checks);
		if (fault && !request.dryRun) throw fault;
		journal.done("plan", fault?.code ?? "deliver", {
			configHash: target.configHash,
			vault: secret.vault,
			newVersion: published[0]?.version,
			message: fault?.sentence,
		});
		// What it brings was ordered to be everywhere at once.
		const isCompromised = (await compromisedSince(ports, target, credentialId)) !== undefined;
		const consumers = await deliveredTo(ports, target, isCompromised);
		if (!request.dryRun) return { published, consumers };
		const made = fault ? upTo(fault.code, checks.made) : checks.made;
		const plan = await shown(ports, target, { replaces: false, deliveries: 1, checks: made });
		return { published, consumers, shown: plan, ...(fault && { problem: problemOf(fault) }) };
	});

/** The first fault ends it. What went wrong with an earlier delivery is what this one is for. */
async function lookedAt(
	ports: Ports,
	target: Managed,
	checks: Checklist,
): Promise<{
	readonly fault?: Fault;
	readonly published: readonly PublishedVersion[];
	readonly credentialId?: string | undefined;
}> {
	const { name, secret } = target;
	const { vault } = secret;
	const { account } = target.content;
	const store = await ports.store(vault);
	const latest = await store.latest(name).catch((error) => asFault(error, "plan"));
	const live =
		latest instanceof Fault ? { state: "unreadable" as const, fault: latest } : await liveFacts(ports, latest, target);
	const { role = "" } = namesOf(
		target.content,
		!(latest instanceof Fault) && latest.state === "present" ? latest.value : undefined,
	);
	const published: PublishedVersion[] = [];
	const readable = async () => {
		if (live.state !== "present") return live.fault;
		published.push({ secret: name, version: live.version });
		return undefined;
	};
	const inForce = async () => {
		const isPresent = !(latest instanceof Fault) && latest.state === "present";
		const isInForce = isPresent && (await accepting(ports, target)(latest.value));
		// Pods that work with another one would be rolled onto a password that gets nobody in.
		return isInForce || !account ? undefined : new Fault("password-rejected", { server: account.server, role });
	};
	const enabled = async () => {
		for (const derived of secret.derived) {
			const found = await store.latest(derived.secret);
			if (found.state === "present") published.push({ secret: derived.secret, version: found.secret.version });
			else if (found.state === "disabled") return new Fault("secret-disabled", { vault, secret: derived.secret });
			else if ((await store.deleted(derived.secret)) !== undefined)
				return new Fault("secret-deleted", { vault, secret: derived.secret });
		}
		return undefined;
	};
	const ordered: readonly (() => Promise<Fault[]>)[] = [
		() => checks.look(`Vault ${vault} has a live version of ${name} that can be read.`, readable),
		...(account
			? [() => checks.look(`Server ${account.server} accepts the live password of role ${role}.`, inForce)]
			: []),
		() => checks.look("No derived secret is disabled or deleted.", enabled),
		() => impossible(ports, target, checks),
	];
	for (const look of ordered) {
		const [fault] = await look();
		if (fault) return { fault, published: [] };
	}
	return { published, ...(!(latest instanceof Fault) && { credentialId: credentialOf(latest) }) };
}
