// What a Key Vault event asks for. Pure: the event and the configuration in, a decision out; it never throws.
// EV1. Only a secret of the configuration is ever named. Otherwise: anyone who can post an event picks what is rotated.
// EV2. A text of the sender's gets into no sentence. Otherwise: the audit log carries what a stranger wrote.
// Both schemas: Event Grid's (`eventType`) and CloudEvents 1.0 (`type`). Microsoft's own samples have stray spaces in keys
// and values, and EXP and NBF come as text, number, null or not at all, so neither is read.

import { azureNameOf, type Configuration, type ManagedSecret } from "../config/configuration.ts";

export type EventDecision =
	/** `secret` is its id. */
	| { readonly act: "rotate"; readonly secret: string; readonly seenVersion: string; readonly eventId?: string }
	/** A new version of a managed secret: is it one of ours? */
	| { readonly act: "look"; readonly secret: string; readonly seenVersion: string; readonly eventId?: string }
	| {
			readonly act: "ignore";
			readonly code: "event-malformed" | "event-foreign" | "event-pending" | "event-kind";
			readonly sentence: string;
			/** Set where the event names a secret of the configuration. */
			readonly secret?: string;
			readonly eventId?: string;
	  };

const rotating = new Set(["microsoft.keyvault.secretnearexpiry", "microsoft.keyvault.secretexpired"]);
const newVersion = "microsoft.keyvault.secretnewversioncreated";

/** Keys trimmed and in lower case; of two that are one then, the first counts. */
function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
	const fields = new Map<string, unknown>();
	if (typeof value !== "object" || value === null) return fields;
	for (const [key, field] of Object.entries(value)) {
		const name = key.trim().toLowerCase();
		if (!fields.has(name)) fields.set(name, field);
	}
	return fields;
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value.trim() : undefined);

/** @see https://learn.microsoft.com/azure/event-grid/event-schema-key-vault */
export function decideEvent(event: unknown, config: Configuration): EventDecision {
	const fields = fieldsOf(event);
	const id = textOf(fields.get("id"));
	const eventId = id !== undefined && /^[\w.:-]{1,128}$/.test(id) ? id : undefined;
	const ignore = (code: Extract<EventDecision, { act: "ignore" }>["code"], sentence: string, secret?: string) =>
		({ act: "ignore", code, sentence, secret, eventId }) as const;

	const type = textOf(fields.get("eventtype") ?? fields.get("type"))?.toLowerCase();
	const data = fieldsOf(fields.get("data"));
	const [vaultName, objectName, version] = ["vaultname", "objectname", "version"].map((key) => textOf(data.get(key)));
	if (!type) return ignore("event-malformed", "The event has no type.");
	if (!rotating.has(type) && type !== newVersion) {
		return ignore("event-kind", "The event's type is none that rotates a secret.");
	}
	if (!vaultName || !objectName || !version) {
		return ignore("event-malformed", "The event lacks VaultName, ObjectName or Version.");
	}
	if (!/^[0-9a-f]{32}$/i.test(version)) return ignore("event-malformed", "The event's Version is none of Key Vault's.");
	if (textOf(data.get("objecttype"))?.toLowerCase() !== "secret") {
		return ignore("event-kind", "The event is not about a secret.");
	}
	if (objectName.toLowerCase().endsWith("-pending")) {
		return ignore("event-pending", "The event is about a pending secret, which is the rotator's own.");
	}
	// Key Vault's names have no case; the configuration allows no two of one vault that differ in case only.
	const isMeant = ({ vault, name }: ManagedSecret) =>
		same(name, objectName) && same(azureNameOf(config.vaults[vault]!), vaultName);
	const [secret] = Object.entries(config.secrets).find(([, entry]) => isMeant(entry)) ?? [];
	if (secret === undefined) return ignore("event-foreign", "The event is about a secret without an entry.");
	const act = type === newVersion ? "look" : "rotate";
	return { act, secret, seenVersion: version.toLowerCase(), eventId };
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
