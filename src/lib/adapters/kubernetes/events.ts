// An Event on a workload.

import type { V1ObjectMeta } from "@kubernetes/client-node";
import { Fault } from "../../domain/fault.ts";
import type { WorkloadRef } from "../../domain/workload.ts";
import type { WorkloadEvent } from "../../domain/workload-event.ts";
import type { ClusterClient } from "./client.ts";

/** @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
const reporter = "titanic-secret-rotator";

/** What the API says that an object is. */
interface Known {
	readonly apiVersion?: string;
	readonly metadata?: V1ObjectMeta;
}

/**
 * Changes nothing where it is there already.
 * @param object as the API gives it: the Event is on this very one, not on a later one of its name
 */
export async function createEvent(
	client: ClusterClient,
	{ namespace, kind, name }: WorkloadRef,
	{ apiVersion, metadata }: Known,
	{ name: eventName, type, reason, message, at }: WorkloadEvent,
): Promise<void> {
	const time = new Date(at);
	const body = {
		metadata: { name: eventName, namespace },
		involvedObject: { apiVersion, kind, namespace, name, uid: metadata?.uid },
		...{ type, reason, message },
		...{ reportingComponent: reporter, source: { component: reporter } },
		...{ count: 1, firstTimestamp: time, lastTimestamp: time },
	};
	try {
		await client.call({ verb: "create", resource: "events", namespace }, ({ core }) =>
			core.createNamespacedEvent({ namespace, body }),
		);
	} catch (error) {
		if (!(error instanceof Fault) || error.code !== "cluster-conflict") throw error;
	}
}
