// What a rotation waits for that is about to start: its window, the end of a freeze, or a person.

import type { Ports } from "../app.ts";
import { freezeAt, type Held, heldBy } from "../domain/calendar.ts";
import { Fault } from "../domain/fault.ts";
import type { RollbackRequest, RotateRequest } from "../domain/requests/index.ts";
import type { Checklist } from "./checklist.ts";
import type { Managed } from "./managed.ts";

type Order = RotateRequest | RollbackRequest;

const isByPerson = ({ actor }: Pick<Order, "actor">): boolean => actor.kind === "operator";

/** @returns what holds it back where no person has ordered it */
export async function heldBack(
	ports: Ports,
	target: Managed,
	order: Pick<Order, "actor">,
	expires?: Date,
): Promise<Held | undefined> {
	if (isByPerson(order)) return undefined;
	const { config } = await ports.configuration();
	return heldBy({ ...target.secret, freezes: config.freezes }, target.id, ports.clock.now(), expires);
}

/** A person's order waits for no window; in a freeze it takes force. */
export async function frozen(ports: Ports, { id }: Managed, order: Order, checks: Checklist): Promise<Fault[]> {
	const { config } = await ports.configuration();
	if (config.freezes.length === 0 || !isByPerson(order) || order.kind === "rollback" || order.force) return [];
	return checks.look(`No freeze is on for ${id}.`, async () => {
		const freeze = freezeAt(config, id, ports.clock.now());
		if (!freeze) return undefined;
		return new Fault("freeze-on", { secret: id, until: new Date(freeze.to).toISOString(), reason: freeze.reason });
	});
}
