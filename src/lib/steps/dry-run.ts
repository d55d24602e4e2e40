// What a dry run shows of its plan: what would be replaced, changed and restarted, and each check with its result.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import { Fault } from "../domain/fault.ts";
import type { Check, PlanShown, RotationExposure } from "../domain/rotation.ts";
import { workloadText } from "../domain/workload.ts";
import type { Managed } from "./managed.ts";

export interface Intended {
	/** A new version of the secret and of each derived one is made, and the role's password changed. */
	readonly replaces: boolean;
	/** How often each consumer gets another version. */
	readonly deliveries: number;
	readonly checks: readonly Check[];
	readonly exposure?: RotationExposure;
	/** Whose password. */
	readonly role?: string;
}

export async function shown(ports: Ports, target: Managed, intended: Intended): Promise<PlanShown> {
	const { name, secret, content } = target;
	const { replaces, deliveries, checks, exposure } = intended;
	const { derived, consumers } = secret;
	const { account } = content;
	const store = await ports.store(secret.vault);
	const versions: PlanShown["versions"][number][] = [];
	for (const of of [name, ...derived.map((one) => one.secret)]) {
		const found = await store.latest(of).catch(whereFinal);
		const live = found?.state === "present" ? { live: found.secret.version } : {};
		versions.push({ secret: of, ...live, replaced: replaces });
	}
	const workloads: PlanShown["workloads"][number][] = [];
	for (const consumer of deliveries > 0 ? consumers : []) {
		const workload = workloadText(consumer);
		const replicas = await restartsOf(ports, consumer);
		const restarts = replicas && deliveries * replicas;
		const exposureSeconds = exposure?.consumers?.find((one) => one.workload === workload)?.expectedSeconds;
		workloads.push({ workload, restarts, exposureSeconds });
	}
	return {
		versions,
		roles: replaces && account ? [{ server: account.server, role: intended.role ?? account.roles[0] }] : [],
		workloads,
		checks,
	};
}

async function restartsOf(ports: Ports, consumer: ConsumerConfig): Promise<number | undefined> {
	const workloads = await ports.workloads(consumer.cluster);
	if (!workloads.rolls(consumer)) return 0;
	const settings = async () => workloads.settings(consumer);
	return (await settings().catch(whereFinal))?.replicas;
}

/** What cannot be seen is left out: a check says why. */
function whereFinal(error: unknown): undefined {
	if (error instanceof Fault && !error.transient) return undefined;
	throw error;
}
