// What is not waited for where the value from before must not be, or may not be, what pods go on with.
// UG1. An order about a compromised value, and a reconciliation, deliver to every consumer at once. Otherwise: while one is tried,
//      the others go on with a value that somebody knows, or that opens nothing. Kept by: canary.test.ts.

import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import { Fault } from "../domain/fault.ts";
import type { RollbackRequest, RotateRequest } from "../domain/requests/index.ts";
import { workloadText } from "../domain/workload.ts";
import type { Checklist } from "./checklist.ts";
import { saysCompromised } from "./compromised.ts";
import type { Managed } from "./managed.ts";
import { togetherSeconds } from "./together.ts";

type Order = RotateRequest | RollbackRequest;

export const atOnce = (consumers: readonly ConsumerConfig[]): ConsumerConfig[] =>
	consumers.map(({ canary: _, ...consumer }) => ({ ...consumer, rollTogetherSeconds: 0 }));

/** With how long each waits for other secrets. */
export async function deliveredTo(
	ports: Ports,
	target: Managed,
	isCompromised = false,
): Promise<readonly ConsumerConfig[]> {
	const { consumers } = target.secret;
	if (isCompromised) return atOnce(consumers);
	const { config } = await ports.configuration();
	return consumers.map((consumer) => ({
		...consumer,
		rollTogetherSeconds: togetherSeconds(config, target, consumer),
	}));
}

/** Reports where it would be waited for otherwise. */
export async function canaryFirst({ name, secret }: Managed, request: Order, checks: Checklist): Promise<void> {
	const canary = secret.consumers.find((consumer) => consumer.canary);
	if (!canary) return;
	const workload = workloadText(canary);
	const ignored = saysCompromised(request)
		? new Fault("canary-ignored", { secret: name, canary: workload })
		: undefined;
	await checks.look(
		`${workload} proves the new version before the others get it.`,
		async () => ignored,
		() => "warned",
	);
}
