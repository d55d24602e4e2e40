// A switch may end for good only where vault and database agree.
// ST1. A final fault of a run that comes again says nothing of what the runs before it did. Otherwise: the right to ALTER is
//      taken away after the first run used it, the second ends as "nothing changed", and nobody gets in.

import { Fault } from "../domain/fault.ts";
import type { Ports } from "../ports/ports.ts";
import type { Managed } from "./managed.ts";

/** These say it themselves: the database has neither the live password nor ours, or has somebody else's live one. */
const settledByThemselves: readonly string[] = ["password-rejected", "live-changed"];

/**
 * @returns the fault as it is when it is transient or the live password logs in; else `switch-unsettled`, which is tried
 *   again until it is
 */
export async function settled(ports: Ports, { name, secret }: Managed, fault: Fault): Promise<Fault> {
	if (fault.transient || settledByThemselves.includes(fault.code)) return fault;
	return (await agree(ports, name, secret.vault, secret.server, secret.role).catch(() => false))
		? fault
		: new Fault("switch-unsettled", { secret: name, code: fault.code });
}

async function agree(ports: Ports, name: string, vault: string, server: string, role: string): Promise<boolean> {
	const live = await (await ports.store(vault)).latest(name);
	return live.state === "present" && (await ports.database(server)).accepts({ role, password: live.value });
}
