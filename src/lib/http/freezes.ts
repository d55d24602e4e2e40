// Freezes that operators put on and end.
// FRH1. On the audit log before it counts, as an order is. Kept by: freezes.test.ts.

import { randomUUID } from "node:crypto";
import { Fault } from "../domain/fault.ts";
import { isOn, type StoredFreeze, wrongWithEnd } from "../domain/freeze.ts";
import { noteOf, unnamed } from "../triggers/request.ts";
import { configured, handle, orRecorded, reply } from "./handle.ts";

/** `GET /api/freezes` */
export const listFreezes = handle("listFreezes", async (_asked, { ports }) => {
	const { config } = await ports.configuration();
	const now = ports.clock.now();
	const stored = await (await ports.records()).freezes();
	const configuredOnes = config.freezes.map(({ from, to, reason, secrets }) => ({
		...{ from: new Date(from).toISOString(), until: new Date(to).toISOString(), reason },
		...(secrets && { secrets }),
	}));
	const isLeft = ({ until }: { until: string }) => now.getTime() < Date.parse(until);
	const all = [...configuredOnes.filter(isLeft), ...stored.filter(isLeft)];
	return reply(200, { freezes: all.sort((one, other) => Date.parse(one.until) - Date.parse(other.until)) });
});

/** `POST /api/freezes` */
export const startFreeze = handle("startFreeze", async ({ body, trigger }) => {
	const { ports, actor } = trigger;
	const { secret, namespace, reason } = body;
	const now = ports.clock.now();
	await orRecorded(
		trigger,
		() => secret ?? unnamed,
		async () => {
			const wrong = wrongWithEnd(body.until, now);
			if (wrong !== undefined) throw new Fault("body-not-valid", { problems: `field until ${wrong}` });
			const { config } = await ports.configuration();
			const consumers = Object.values(config.secrets).flatMap((one) => one.consumers);
			if (namespace !== undefined && !consumers.some((one) => one.namespace === namespace))
				throw new Fault("body-not-valid", { problems: "field namespace is that of no consumer" });
		},
	);
	if (secret !== undefined) await configured(trigger, secret);
	const freeze: StoredFreeze = {
		id: randomUUID(),
		from: now.toISOString(),
		until: new Date(body.until).toISOString(),
		reason,
		by: actor,
		...(secret !== undefined && { secret }),
		...(namespace !== undefined && { namespace }),
	};
	const scope = namespace === undefined ? "" : ` of namespace ${namespace}`;
	await (await ports.audit()).append({
		...noteOf(trigger, secret ?? unnamed),
		...{ step: "freeze", code: "freeze-started", message: `${freeze.id}${scope}, until ${freeze.until}: ${reason}` },
	});
	await (await ports.records()).changeFreezes((all) => [...all.filter((one) => isOn(one, now)), freeze]);
	return reply(201, freeze);
});

/** `POST /api/freezes/{id}/end` */
export const endFreeze = handle("endFreeze", async ({ params, body, trigger }) => {
	const { ports } = trigger;
	const { id } = params;
	const records = await ports.records();
	const now = ports.clock.now();
	const found = await orRecorded(
		trigger,
		() => unnamed,
		async () => {
			const one = (await records.freezes()).find((freeze) => freeze.id === id);
			if (!one) throw new Fault("freeze-unknown", { id });
			return one;
		},
	);
	if (!isOn(found, now)) return reply(200, found);
	await (await ports.audit()).append({
		...noteOf(trigger, found.secret ?? unnamed),
		...{ step: "freeze", code: "freeze-ended", message: `${id}: ${body.reason}` },
	});
	// It stays until the next one is put on, so that ending it once more finds it.
	const ended = { ...found, until: now.toISOString() };
	await records.changeFreezes((all) => all.map((one) => (one.id === id && isOn(one, now) ? ended : one)));
	return reply(200, ended);
});
