// A switch may end for good only where vault and database agree.
// ST1. A final fault of a run that comes again says nothing of what the runs before it did. Otherwise: the right to ALTER is
//      taken away after the first run used it, the second ends as "nothing changed", and nobody gets in. Nor may a run
//      end so after our password was published: the audit log was closed then, and the consumers wait.
// ST2. A rejected password is no proof of what the database has. Otherwise: the admin's password is changed, or the role's
//      VALID UNTIL passes, while the vault is away; the run ends as if nothing had happened, and nobody gets in.
//      Kept by: shut-out.test.ts.

import type { Ports } from "../../app.ts";
import type { AuditRecord } from "../../domain/audit-entry.ts";
import { Fault } from "../../domain/fault.ts";
import type { Source } from "../../domain/standing.ts";
import { gather } from "../gather.ts";
import { accepting } from "../in-force.ts";
import type { Managed } from "../managed.ts";
import { credentialOf } from "../version.ts";
import { rendered } from "./derive.ts";
import { acceptingOf, whenGone } from "./found.ts";

interface Of {
	readonly rotationId: string;
	readonly credentialId: string;
	readonly source: Source;
	readonly accepts?: true;
}

/**
 * @returns the fault as it is when it is transient, or somebody else's password is in force, or the live password is not ours
 *   and logs in; else `switch-unsettled`, which is tried again until it is
 */
export async function settled(ports: Ports, target: Managed, of: Of, fault: Fault): Promise<Fault> {
	if (fault.transient || (await isTheirs(ports, target, of, fault).catch(() => false))) return fault;
	const asBefore = await isAsBefore(ports, target, of).catch(() => false);
	if (fault.leaves === "open") {
		// Coming again brings nothing back. Where the database never got it, nothing is lost.
		const { vault } = target.secret;
		return asBefore ? new Fault("pending-lost", { vault, secret: target.pendingName }) : fault;
	}
	return asBefore ? fault : new Fault("switch-unsettled", { secret: target.id, code: fault.code });
}

/**
 * That a password is rejected says nothing about what an earlier run has set: whose it was, and whether only its VALID UNTIL has
 * passed. So either this credential never got as far as ALTER ROLE, or a login shows that the database has a version of the live secret.
 */
async function isTheirs(ports: Ports, target: Managed, of: Of, { leaves, code }: Fault): Promise<boolean> {
	if (leaves !== "theirs") return false;
	if (!(await mayHaveAltered(ports, target, of))) return true;
	if (code !== "live-changed") return false;
	return (await gather(ports, target, "earlier")).standing.state === "database-restored";
}

/** Faults before which nothing was set: what gets in, and what is there, is looked at first. */
const before: readonly string[] = [
	...[
		"password-rejected",
		"admin-rejected",
		"identity-rejected",
		"role-busy",
		"role-lock-lost",
		"live-changed",
		"pending-lost",
	],
	...[
		"pending-deleted",
		"vault-queued",
		"server-queued",
		"namespace-queued",
		"records-unavailable",
		"secret-missing",
		"secret-disabled",
		"secret-empty",
		"role-expired",
	],
];

/** By the audit log, which has the intent of each run before it began. */
async function mayHaveAltered(ports: Ports, { id }: Managed, of: Of): Promise<boolean> {
	const records = (await (await ports.audit()).recent()).map(({ data }) => data);
	const isOurs = ({ rotationId, correlationId }: AuditRecord["data"]) =>
		rotationId === of.rotationId ||
		// A reconciliation of the live version has that one's credential, which was set long ago.
		(of.source.secret === "pending" && (rotationId === of.credentialId || correlationId === of.credentialId));
	const runs = records.filter((one) => one.secretName === id && one.step === "setSecret" && isOurs(one));
	const safe = new Set(runs.filter(({ code }) => before.includes(code ?? "")).map(({ attempt }) => attempt));
	return runs.some(({ attempt }) => !safe.has(attempt));
}

/** By values: a tag may be anybody's, and a derived secret that was restored has what it had. */
async function isAsBefore(ports: Ports, target: Managed, { credentialId, source, accepts }: Of): Promise<boolean> {
	const { name, pendingName, secret } = target;
	const store = await ports.store(secret.vault);
	const live = await store.latest(name);
	if (live.state !== "present" || credentialOf(live) === credentialId) return false;
	const at = source.secret === "pending" ? pendingName : name;
	const given = await store.version(at, source.version).catch(whenGone);
	const wanted = accepts && given ? acceptingOf(target, live, given) : given;
	// A first step finds what accepts its key already as it leaves it.
	if (!accepts && wanted?.equals(live.value)) return false;
	const ours = wanted && rendered(target, wanted);
	for (const { secret: derived } of secret.derived) {
		// One that may not be read was not written either: it is read first.
		const found = await store.latest(derived).catch(() => undefined);
		if (found?.state !== "present") continue;
		const value = ours?.get(derived);
		if (value ? found.value.equals(value) : credentialOf(found) === credentialId) return false;
	}
	return accepting(ports, target)(live.value);
}
