// A switch may end for good only where vault and database agree.
// ST1. A final fault of a run that comes again says nothing of what the runs before it did. Otherwise: the right to ALTER is
//      taken away after the first run used it, the second ends as "nothing changed", and nobody gets in. Nor may a run
//      end so after our password was published: the audit log was closed then, and the consumers wait.

import type { Ports } from "../../app.ts";
import { Fault } from "../../domain/fault.ts";
import type { Source } from "../../domain/standing.ts";
import type { Managed } from "../managed.ts";
import { credentialOf } from "../version.ts";
import { rendered } from "./derive.ts";
import { whenGone } from "./found.ts";

interface Of {
	readonly credentialId: string;
	readonly source: Source;
}

/**
 * @returns the fault as it is when it is transient, or somebody else's password is in force, or the live password is not ours
 *   and logs in; else `switch-unsettled`, which is tried again until it is
 */
export async function settled(ports: Ports, target: Managed, of: Of, fault: Fault): Promise<Fault> {
	if (fault.transient || (await isTheirs(ports, target, of.source, fault).catch(() => false))) return fault;
	const asBefore = await isAsBefore(ports, target, of).catch(() => false);
	if (fault.leaves === "open") {
		// Coming again brings nothing back. Where the database never got it, nothing is lost.
		const { vault } = target.secret;
		return asBefore ? new Fault("pending-lost", { vault, secret: target.pendingName }) : fault;
	}
	return asBefore ? fault : new Fault("switch-unsettled", { secret: target.id, code: fault.code });
}

/** Of another role's password the fault says nothing: an admin's may have expired since the first run. */
async function isTheirs(
	ports: Ports,
	{ pendingName, secret: { vault, server, role } }: Managed,
	source: Source,
	{ leaves, names }: Fault,
): Promise<boolean> {
	if (leaves !== "theirs") return false;
	if (source.secret === "live" || !("role" in names) || names.role === role) return true;
	const ours = await (await ports.store(vault)).version(pendingName, source.version);
	return !(await (await ports.database(server)).accepts({ role, password: ours }));
}

/** By values: a tag may be anybody's, and a derived secret that was restored has what it had. */
async function isAsBefore(ports: Ports, target: Managed, { credentialId, source }: Of): Promise<boolean> {
	const { name, pendingName, secret } = target;
	const store = await ports.store(secret.vault);
	const live = await store.latest(name);
	if (live.state !== "present" || credentialOf(live) === credentialId) return false;
	const at = source.secret === "pending" ? pendingName : name;
	const wanted = await store.version(at, source.version).catch(whenGone);
	if (wanted?.equals(live.value)) return false;
	const ours = wanted && rendered(target, wanted);
	for (const { secret: derived } of secret.derived) {
		// One that may not be read was not written either: it is read first.
		const found = await store.latest(derived).catch(() => undefined);
		if (found?.state !== "present") continue;
		const value = ours?.get(derived);
		if (value ? found.value.equals(value) : credentialOf(found) === credentialId) return false;
	}
	return (await ports.database(secret.server)).accepts({ role: secret.role, password: live.value });
}
