// The value that is stored as the pending secret: a new one, or an earlier one that is brought back; where old keys are still
// accepted, with those.
// NV1. What is accepted is computed here, before anything is published, and is what the second step publishes: see
//      domain/keyring.ts.

import type { Ports } from "../app.ts";
import type { PastValue } from "../domain/keyring.ts";
import type { Password } from "../domain/password.ts";
import type { VersionId } from "../domain/secret-version.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { takesTurns } from "../strategies/index.ts";
import type { Managed } from "./managed.ts";
import { whenGone } from "./switch/found.ts";

export interface Next {
	/** A rollback's: the version of the live secret whose value is stored. Absent: a new one is made. */
	readonly bringsBack?: VersionId;
	/** Nothing old is accepted. */
	readonly compromised?: boolean;
}

export async function nextValue(ports: Ports, target: Managed, of: Next): Promise<Password> {
	const { name, secret, content } = target;
	const store = await ports.store(secret.vault);
	const { bringsBack, compromised = false } = of;
	const next = bringsBack === undefined ? await freshValue(store, target) : await store.version(name, bringsBack);
	const { keyring } = content;
	if (!keyring) return next;
	const from = keyring.neededFrom(ports.clock.now());
	return keyring.signing(next, compromised ? [] : await pastValues(ports, target, from), from);
}

/** Only the live value shows whose turn it is. */
async function freshValue(store: SecretStore, { name, content }: Managed): Promise<Password> {
	const { account, fresh } = content;
	if (!account || !takesTurns(account)) return fresh();
	const live = await store.latest(name);
	return fresh(live.state === "present" ? live.value : undefined);
}

/** The live one first, then back to `from` and one further. */
async function pastValues(ports: Ports, { name, secret }: Managed, from: Date): Promise<PastValue[]> {
	const store = await ports.store(secret.vault);
	const live = await store.latest(name);
	if (live.state !== "present") return [];
	const past: PastValue[] = [{ created: live.secret.created, value: live.value }];
	const older = (await store.versions(name)).filter((one) => one.enabled && one.version !== live.secret.version);
	for (const { version, created } of older.reverse()) {
		const { created: last } = past.at(-1) ?? live.secret;
		if (last < from) break;
		const value = await store.version(name, version).catch(whenGone);
		if (value) past.push({ created, value });
	}
	return past;
}
