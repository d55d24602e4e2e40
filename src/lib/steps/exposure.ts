// How long requests of each consumer may fail once the password has been changed, and whether that is allowed.
// XP1. More than `maxExposureSeconds` is refused where nobody forced the rotation; a forced one reports it as a warning,
//      because the old password may have leaked (CZ2 of consumers.ts). Kept by: exposure.test.ts.
// XP2. Without `maxExposureSeconds` nothing is refused. Otherwise: a configuration that rotated yesterday does not today.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import { type Exposure, exposureOf, exposureOfRolls, exposureOfRuns, exposureUnrolled } from "../domain/exposure.ts";
import { Fault } from "../domain/fault.ts";
import { someOf } from "../domain/line.ts";
import type { ConsumerExposure, RotationExposure } from "../domain/rotation.ts";
import { workloadText } from "../domain/workload.ts";
import type { Wanted } from "../ports/delivery-path.ts";
import { takesTurns } from "../strategies/index.ts";
import type { Checklist } from "./checklist.ts";
import { wantedOf } from "./consumers.ts";
import type { Managed } from "./managed.ts";
import { deliveredTo } from "./urgent.ts";

/** @returns the faults that refuse, and how long it is where there are consumers */
export async function exposed(
	ports: Ports,
	target: Managed,
	checks: Checklist,
	{ force, refusesNobody }: { readonly force: boolean; readonly refusesNobody: boolean },
): Promise<{ readonly faults: readonly Fault[]; readonly exposure?: RotationExposure }> {
	const consumers = await deliveredTo(ports, target);
	const { account } = target.content;
	const rolls = refusesNobody ? 2 : account && takesTurns(account) ? 1 : 0;
	if (consumers.length === 0) return { faults: [] };
	const wanted = await wantedOf(ports, target);
	const faults: Fault[] = [];
	const found: ConsumerExposure[] = [];
	for (const consumer of consumers) {
		const workload = workloadText(consumer);
		const look = async () => {
			const exposure = await exposureAt(ports, consumer, wanted, rolls);
			found.push({ workload, ...exposure });
			return judged(exposure, consumer);
		};
		const isForced = ({ code }: Fault) => force && code === "exposure-too-long";
		if (account && rolls === 0) await warnOfRuns(ports, consumer, checks);
		const check = `Requests to ${workload} fail for no longer than its maxExposureSeconds.`;
		const weigh = (fault: Fault) => (fault.code === "exposure-unlimited" || isForced(fault) ? "warned" : "refused");
		faults.push(...(await checks.look(check, look, weigh)));
	}
	const expectedSeconds = Math.max(0, ...found.map((one) => one.expectedSeconds));
	return { faults, exposure: { expectedSeconds, consumers: found } };
}

/** A run that is under way has the old password, and opens no new session with it. */
async function warnOfRuns(ports: Ports, consumer: ConsumerConfig, checks: Checklist): Promise<void> {
	const workloads = await ports.workloads(consumer.cluster);
	if (workloads.rolls(consumer) || consumer.roll === "none") return;
	const workload = workloadText(consumer);
	const look = async () => {
		const pods = await workloads.pods(consumer);
		return pods.length === 0
			? undefined
			: new Fault("run-under-way", { workload, pods: someOf(pods.map(({ name }) => name)) });
	};
	await checks.look(`No run of ${workload} is under way.`, look, () => "warned");
}

async function exposureAt(
	ports: Ports,
	consumer: ConsumerConfig,
	wanted: readonly Wanted[],
	rolls: number,
): Promise<Exposure> {
	const { cluster, delivery, application, rollTogetherSeconds } = consumer;
	const workloads = await ports.workloads(cluster);
	const settings = await workloads.settings(consumer);
	const isRolled = workloads.rolls(consumer);
	if (rolls > 0) return exposureOfRolls(settings, isRolled ? rolls : 0, application ?? {});
	const lag = await (await ports.deliveryPath(delivery.path, cluster)).lag(consumer, wanted);
	if (isRolled) return exposureOf(settings, lag, application ?? {}, rollTogetherSeconds);
	return (consumer.roll === "none" ? exposureUnrolled : exposureOfRuns)(settings, lag, application ?? {});
}

function judged({ expectedSeconds: seconds }: Exposure, consumer: ConsumerConfig): Fault | undefined {
	const workload = workloadText(consumer);
	const limit = consumer.maxExposureSeconds;
	if (limit === undefined) return seconds > 0 ? new Fault("exposure-unlimited", { workload, seconds }) : undefined;
	return seconds > limit ? new Fault("exposure-too-long", { workload, seconds, limit }) : undefined;
}
