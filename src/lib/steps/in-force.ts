// Where the password of a rotation that was cut short is in force: tags claim it, values and logins prove it.
// IF1. Reads only, and logs in with the live password first: that one is right unless the rotation was cut short in between.

import type { Ports } from "../app.ts";
import type { PendingFacts } from "../domain/policy.ts";
import type { Latest } from "../domain/secret-version.ts";
import type { Managed } from "./managed.ts";
import { type Claimed, claimedVersions, isOver, isStored, latestClaim, publishedBefore } from "./pending.ts";
import { goesOnFrom, hasPublished, hasTakenBack } from "./version.ts";

/** @returns what is left of a rotation, by the newest version of the pending secret; `undefined`: nothing */
export async function pendingFacts(
	ports: Ports,
	target: Managed,
	live: Latest,
	latest: Latest,
): Promise<PendingFacts | undefined> {
	const claim = latestClaim(latest, target);
	if (!claim || latest.state !== "present") return undefined;
	if (live.state !== "present") return inDatabase(ports, target, live, claim);
	const source = { secret: "live", version: live.secret.version } as const;
	const isPublished = hasPublished(live.secret, claim);
	if (isPublished && latest.value.equals(live.value)) return { ...claim, inForce: "live", source };
	const { server, role } = target.secret;
	const isAccepted = await (await ports.database(server)).accepts({ role, password: live.value });
	if (!isAccepted) return inDatabase(ports, target, live, claim);
	if (isPublished) {
		// Something covers the version that was published: is it there?
		const store = await ports.store(target.secret.vault);
		for (const one of await claimedVersions(ports, target)) {
			if ((await store.version(target.pendingName, one.version)).equals(live.value))
				return { ...one, inForce: "live", source };
		}
		return undefined;
	}
	if (!goesOnFrom(live.secret, claim) || (await isOver(ports, claim))) return undefined;
	if (hasTakenBack(live.secret, claim)) return { ...claim, inForce: "derived" };
	// Nobody has it, so a new one is as good; but where the audit log knows it for the rotation's own, there is no need to.
	const isKnown = await isStored(ports, target, claim).catch(() => false);
	const pending = { secret: "pending", version: claim.version } as const;
	return { ...claim, inForce: "nowhere", ...(isKnown && { source: pending }) };
}

/**
 * Nothing is pending by the newest version: does the database have what an older one has? Asked only where nothing is
 * rotated anyway, which puts it right.
 */
export async function coveredPending(ports: Ports, target: Managed, live: Latest): Promise<PendingFacts | undefined> {
	const { server, role } = target.secret;
	const database = await ports.database(server);
	if (live.state === "present" && (await database.accepts({ role, password: live.value }))) return undefined;
	return inDatabase(ports, target, live);
}

/** The database has not the live password. @param latest the newest version's claim, tried before those that it covers */
async function inDatabase(
	ports: Ports,
	target: Managed,
	live: Latest,
	latest?: Claimed,
): Promise<PendingFacts | undefined> {
	const { vault, server, role } = target.secret;
	const [database, store] = [await ports.database(server), await ports.store(vault)];
	const has = async (claim: Claimed) => {
		const password = await store.version(target.pendingName, claim.version);
		const accepted = await database.accepts({ role, password });
		return accepted && (await publishedBefore(ports, target, live, claim, password)) === undefined;
	};
	const found = (claim: Claimed): PendingFacts => ({
		...claim,
		inForce: "database",
		source: { secret: "pending", version: claim.version },
	});
	if (latest && (await has(latest))) return found(latest);
	for (const claim of await claimedVersions(ports, target)) {
		if (claim.version !== latest?.version && (await has(claim))) return found(claim);
	}
	return undefined;
}
