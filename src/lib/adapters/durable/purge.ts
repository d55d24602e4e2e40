// Durable storage is made to forget what is over. It forgets nothing by itself: rows, blobs and the cost of every list grow.
// PU1. Only what is over, and only what the records have: `GET /api/rotations/{id}` answers the same before and after. A
//      rotation without a record (it was terminated, say) stays, since nothing else shows it; its deliveries, which say
//      nothing about it then, go after a week. Kept by: purge.test.ts.
// PU2. One by one by their ids, never by a time alone: the extension itself refuses an instance that runs (412), also one that
//      was started again since it was listed.

import type { DurableClient, DurableOrchestrationStatus, OrchestrationRuntimeStatus } from "durable-functions";
import { Fault } from "../../domain/fault.ts";
import { isDeliveryId, rotationOfDelivery } from "../../domain/ids.ts";
import { isNotifyId } from "../../domain/notify.ts";
import type { Perform } from "../../ports/effect.ts";

const over = ["Completed", "Failed", "Terminated", "Canceled"] as OrchestrationRuntimeStatus[];
/** So many in one go at the most: a hub that was never purged must not keep the sweep from its end. */
const most = 1_000;
const day = 86_400_000;

interface Purge {
	readonly client: Pick<DurableClient, "getStatusBy" | "purgeInstanceHistory">;
	readonly perform: Perform;
	/** The rotation that an instance of a secret was started for. */
	readonly rotationOf: (instance: DurableOrchestrationStatus) => string | undefined;
}

/** The rotation that a delivery's input names. */
const toldBy = ({ input }: DurableOrchestrationStatus): unknown =>
	typeof input === "object" && input !== null && "rotationId" in input ? input.rotationId : undefined;

/** @returns how many instances are gone */
export async function purgeRecorded(
	{ client, perform, rotationOf }: Purge,
	now: Date,
	isRecorded: (rotationId: string) => Promise<boolean>,
): Promise<number> {
	const ageOf = ({ lastUpdatedTime }: DurableOrchestrationStatus) =>
		now.getTime() - new Date(lastUpdatedTime).getTime();
	const known = new Map<string, Promise<boolean>>();
	const recorded = (rotationId: string) => {
		const asked = known.get(rotationId) ?? isRecorded(rotationId);
		known.set(rotationId, asked);
		return asked;
	};
	const isNeedless = async (instance: DurableOrchestrationStatus): Promise<boolean> => {
		// As long as its happening may be found again.
		if (isNotifyId(instance.instanceId)) return ageOf(instance) > 2 * day;
		if (isDeliveryId(instance.instanceId)) {
			const parent = rotationOfDelivery(instance.instanceId, toldBy(instance));
			return (parent !== undefined && (await recorded(parent))) || ageOf(instance) > 7 * day;
		}
		const rotationId = rotationOf(instance);
		return rotationId !== undefined && recorded(rotationId);
	};
	const asked = <T>(effect: string, what: string, work: () => Promise<T>): Promise<T> =>
		perform(effect, work).catch((error) => {
			throw error instanceof Fault ? error : new Fault("history-unpurged", { what }, error);
		});

	let purged = 0;
	for (const instance of await asked("durable list", "list its instances", () =>
		client.getStatusBy({ runtimeStatus: over }),
	)) {
		if (purged >= most) break;
		if (!(await isNeedless(instance))) continue;
		const { instancesDeleted } = await asked("durable purge", "forget one of its instances", () =>
			client.purgeInstanceHistory(instance.instanceId).catch((error) => {
				// It runs again.
				if (error instanceof Error && error.message.includes("status code: 412")) return { instancesDeleted: 0 };
				throw error;
			}),
		);
		purged += instancesDeleted;
	}
	return purged;
}
