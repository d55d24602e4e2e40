// Several secrets of one workload that are rotated at the same time roll it once.
// TG1. A delivery that is ready to roll waits only for others whose copy is not new yet, never for one that is ready: those do
//      not wait for anybody. Otherwise: two deliveries wait for each other. Kept by: together.test.ts.
// TG2. It waits at most as long as the configuration says, and for none that fails, is tried again or cannot be asked.
//      Otherwise: one secret's failure keeps another one from the pods. Kept by: together.test.ts.
// TG3. Where the value before opens nothing any more, nobody waits unless the configuration says how long. Otherwise: a rotation
//      that could be over fails requests. Kept by: together.test.ts, exposure.test.ts.

import type { Configuration, ConsumerConfig } from "../config/configuration.ts";
import { type ConsumerStatus, isUnderWay, type RotationStatus } from "../domain/rotation.ts";
import { isRolled, type WorkloadRef, workloadText } from "../domain/workload.ts";
import type { Rotations } from "../ports/orchestration.ts";
import { takesTurns } from "../strategies/index.ts";
import type { Activity, Ids, Run } from "./boundary.ts";
import type { Managed } from "./managed.ts";

/** Where waiting costs nothing. */
const usualSeconds = 60;

/** Other managed secrets for which this workload is rolled, by their ids. */
export const othersOf = ({ secrets }: Configuration, secret: string, workload: WorkloadRef): string[] =>
	Object.entries(secrets).flatMap(([id, { consumers }]) =>
		id !== secret && consumers.some((one) => isRolled(one) && isSame(one, workload)) ? [id] : [],
	);

const isSame = (one: WorkloadRef, other: WorkloadRef): boolean =>
	one.cluster === other.cluster && workloadText(one) === workloadText(other);

/** How long it waits for them, at most. */
export function togetherSeconds(
	config: Configuration,
	{ id, content: { account } }: Pick<Managed, "id" | "content">,
	consumer: ConsumerConfig,
): number {
	if (!isRolled(consumer) || othersOf(config, id, consumer).length === 0) return 0;
	return consumer.rollTogetherSeconds ?? (account && !takesTurns(account) ? 0 : usualSeconds);
}

export interface Others {
	/** Ids of secrets that are on their way to this workload, and do not have it yet. */
	readonly onTheirWay: readonly string[];
	/** Those whose copy is new, too. */
	readonly ready: readonly string[];
}

/** A look at what else is delivered to this workload now. */
export const checkOthers: Activity<
	Ids & { readonly consumer: WorkloadRef },
	Others,
	Run & { readonly rotations: Rotations }
> = async (ports, { secret, consumer }, { rotations }) => {
	const { config } = await ports.configuration();
	const found = await Promise.all(
		othersOf(config, secret, consumer).map(async (id) => {
			const status = await rotations.running(id).catch(() => undefined);
			return { id, stage: status && stageOf(status, workloadText(consumer)) };
		}),
	);
	const at = (sought: Stage) => found.flatMap(({ id, stage }) => (stage === sought ? [id] : []));
	return { onTheirWay: at("copy"), ready: at("ready") };
};

type Stage = NonNullable<ConsumerStatus["stage"]>;

/** One that has not published yet counts like one whose copy is old. */
function stageOf(status: RotationStatus, workload: string): Stage | undefined {
	const { outcome, dryRun, kind, retrying, consumers } = status;
	if (outcome !== undefined || dryRun || kind === "retire" || retrying) return undefined;
	if (!consumers) return "copy";
	const own = consumers.find((consumer) => consumer.workload === workload);
	return own && isUnderWay(own) && !own.retrying ? (own.stage ?? "copy") : undefined;
}
