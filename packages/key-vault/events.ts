// The events that a vault sends about its secrets.
// E1. Near expiry and expiry are reported once for a version, and for the current version only. Otherwise: a rotation
//     is started by a version that nobody uses any more. Kept by: key-vault.test.ts.
import { randomUUID } from "node:crypto";
import type { SecretVersion } from "./secrets.ts";

export type VaultEventType = `Microsoft.KeyVault.Secret${"NewVersionCreated" | "NearExpiry" | "Expired"}`;

/** The event without the envelope of a schema. */
export interface VaultEvent {
	/** the same for every delivery of the event */
	readonly id: string;
	readonly type: VaultEventType;
	/** resource id of the vault */
	readonly topic: string;
	/** name of the secret */
	readonly subject: string;
	/** ISO 8601 */
	readonly time: string;
	/** as Key Vault spells it; `NBF` and `EXP` are seconds since 1970 */
	readonly data: {
		readonly Id: string;
		readonly VaultName: string;
		readonly ObjectType: "Secret";
		readonly ObjectName: string;
		readonly Version: string;
		readonly NBF: number | null;
		readonly EXP: number | null;
	};
}

export interface EventSource {
	readonly url: string;
	readonly name: string;
	readonly resourceId: string;
}

export const vaultEvent = (vault: EventSource, type: VaultEventType, about: SecretVersion, now: Date): VaultEvent => ({
	id: randomUUID(),
	type,
	topic: vault.resourceId,
	subject: about.name,
	time: now.toISOString(),
	data: {
		Id: `${vault.url}/secrets/${about.name}/${about.version}`,
		VaultName: vault.name,
		ObjectType: "Secret",
		ObjectName: about.name,
		Version: about.version,
		NBF: about.nbf ?? null,
		EXP: about.exp ?? null,
	},
});

const thirtyDays = 30 * 24 * 60 * 60;

/**
 * The vault's look at the clock. Disabled versions count too.
 * @param said remembers what has been sent: kept by the caller from one look to the next
 * @see https://learn.microsoft.com/azure/event-grid/event-schema-key-vault
 */
export const dueEvents = (
	vault: EventSource,
	current: readonly SecretVersion[],
	now: Date,
	said: Set<string>,
): VaultEvent[] => {
	const seconds = Math.floor(now.getTime() / 1000);
	return current.flatMap((version) => {
		const { exp } = version;
		if (exp === undefined) return [];
		const due: VaultEventType[] = [];
		if (seconds >= exp - thirtyDays) due.push("Microsoft.KeyVault.SecretNearExpiry");
		if (seconds >= exp) due.push("Microsoft.KeyVault.SecretExpired");
		const fresh = due.filter((type) => !said.has(`${type} ${version.version}`));
		for (const type of fresh) said.add(`${type} ${version.version}`);
		return fresh.map((type) => vaultEvent(vault, type, version, now));
	});
};
