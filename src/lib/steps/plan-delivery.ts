// The plan of a delivery without a new password: the live version goes to every consumer again.

import type { ConsumerConfig } from "../config/configuration.ts";
import { Fault } from "../domain/fault.ts";
import type { DeliverRequest } from "../domain/requests/index.ts";
import { type Activity, audited } from "./boundary.ts";
import { impossible } from "./consumers.ts";
import type { PublishedVersion } from "./deliver.ts";
import { managed } from "./managed.ts";
import { liveFacts } from "./plan.ts";

export interface DeliveryPlan {
	readonly published: readonly PublishedVersion[];
	readonly consumers: readonly ConsumerConfig[];
}

export const planDelivery: Activity<DeliverRequest, DeliveryPlan> = (ports, request, run) =>
	audited(ports, run, request, ["plan"], {}, async (journal) => {
		const target = await managed(ports, request.secret);
		const { secret, name } = target;
		const store = await ports.store(secret.vault);
		const latest = await store.latest(name);
		const live = await liveFacts(ports, latest, target);
		if (live.state !== "present") throw live.fault;
		const database = await ports.database(secret.server);
		const { server, role } = secret;
		const isInForce = latest.state === "present" && (await database.accepts({ role, password: latest.value }));
		// Pods that work with another one would be rolled onto a password that gets nobody in.
		if (!isInForce) throw new Fault("password-rejected", { server, role });
		const published: PublishedVersion[] = [{ secret: name, version: live.version }];
		for (const derived of secret.derived) {
			const found = await store.latest(derived.secret);
			if (found.state === "present") published.push({ secret: derived.secret, version: found.secret.version });
			else if (found.state === "disabled")
				throw new Fault("secret-disabled", { vault: secret.vault, secret: derived.secret });
		}
		// What went wrong with an earlier delivery is what this one is for.
		const [fault] = await impossible(ports, target);
		if (fault) throw fault;
		journal.done("plan", "deliver", { configHash: target.configHash, vault: secret.vault, newVersion: live.version });
		return { published, consumers: secret.consumers };
	});
