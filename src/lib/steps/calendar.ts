// What a rotation waits for that is about to start: its window, the end of a freeze, an approval, or a person.
// CLN1. A person who approves an order starts it, as one who orders it does: it waits for no window, and a freeze refuses it.
//       Otherwise: what is asked for at night and approved in the morning expires before the next night.

import type { Ports } from "../app.ts";
import { needsApproval } from "../config/configuration.ts";
import { stateAt } from "../domain/approval.ts";
import { type Freeze, freezeAt, type Held, heldBy } from "../domain/calendar.ts";
import { Fault } from "../domain/fault.ts";
import { allFreezes } from "../domain/freeze.ts";
import type { RollbackRequest, RotateRequest } from "../domain/requests/index.ts";
import type { Checklist } from "./checklist.ts";
import type { Managed } from "./managed.ts";

type Order = RotateRequest | RollbackRequest;

const isByPerson = ({ actor, approval }: Pick<Order, "actor" | "approval">): boolean =>
	actor.kind === "operator" || approval !== undefined;

/** @returns what holds it back where no person has ordered it */
export async function heldBack(
	ports: Ports,
	target: Managed,
	order: Pick<Order, "actor" | "approval">,
	expires?: Date,
): Promise<Held | undefined> {
	if (isByPerson(order)) return undefined;
	const held = heldBy({ ...target.secret, freezes: await freezesNow(ports) }, target.id, ports.clock.now(), expires);
	return held ?? awaited(ports, target);
}

/** Those of the configuration, and those that operators have put on. */
export async function freezesNow(ports: Ports): Promise<Freeze[]> {
	const { config } = await ports.configuration();
	return allFreezes(config.freezes, await (await ports.records()).freezes(), config.secrets);
}

/** It was asked for already: it is not planned again until that is over. Whether that counts is found out when somebody decides. */
async function awaited(ports: Ports, { id, secret }: Managed): Promise<Held | undefined> {
	const { config } = await ports.configuration();
	if (!needsApproval(config, secret)) return undefined;
	const now = ports.clock.now();
	const found = (await (await ports.records()).approvalsOf(id)).find(
		({ state, expiresAt }) => stateAt(state, expiresAt, now) === "awaiting-approval",
	);
	return found && { code: "awaiting-approval", id: found.id, until: found.expiresAt };
}

/** A person's order waits for no window; in a freeze it takes force. */
export async function frozen(ports: Ports, { id }: Managed, order: Order, checks: Checklist): Promise<Fault[]> {
	if (!isByPerson(order) || order.kind === "rollback" || order.force) return [];
	const freezes = await freezesNow(ports);
	if (freezes.length === 0) return [];
	return checks.look(`No freeze is on for ${id}.`, async () => {
		const freeze = freezeAt({ freezes }, id, ports.clock.now());
		if (!freeze) return undefined;
		return new Fault("freeze-on", { secret: id, until: new Date(freeze.to).toISOString(), reason: freeze.reason });
	});
}
