// Key Vault.

import { denied, final, queued, transient, unreachable } from "./kind.ts";

export const vaultFaults = {
	"vault-unreachable": unreachable<{ vault: string }>(
		({ vault }) => `Vault ${vault} cannot be reached or failed to answer.`,
		"Check the vault's network rules and private endpoint, and that its name resolves from the app.",
	),
	"no-earlier-version": final<{ vault: string; secret: string }>(
		({ vault, secret }) =>
			`No earlier version of ${secret} in vault ${vault} that is enabled has another value that could be live again.`,
		"Name a version by `to` (az keyvault secret list-versions), enable it first if it is disabled, or start a rotation.",
	),
	"version-unusable": final<{ vault: string; secret: string; version: string; detail: string }>(
		({ vault, secret, version, detail }) =>
			`Version ${version} of ${secret} in vault ${vault} cannot be live again: ${detail}.`,
		"Name another version by `to`, or none for the one before the live one.",
	),
	"vault-throttled": transient<{ vault: string }>(
		({ vault }) => `Vault ${vault} is throttling requests.`,
		"It is tried again by itself; if it stays, look for another client that floods the vault.",
	),
	"vault-queued": queued<{ vault: string }>(
		({ vault }) => `So much is written to vault ${vault} at this moment that this one waits for its turn.`,
		"It comes again by itself. vaults.<name>.writesPer10Seconds says how much all instances of the app may write (docs/configuration.md).",
	),
	/** `secret` is `*` for what needs the whole vault. */
	"vault-forbidden": denied<{ vault: string; secret: string; right: string }>(
		({ vault, secret, right }) =>
			`The app may not ${right} ${secret === "*" ? "secrets" : `secret ${secret}`} in vault ${vault}.`,
		"Grant the app's identity that data action on that secret (docs/security.md lists the rights).",
	),
	/** A 403 for a reason that Key Vault has words for and we have not. */
	"vault-denied": denied<{ vault: string; secret: string; right: string; inner: string }>(
		({ vault, secret, right, inner }) =>
			`Vault ${vault} does not let the app ${right} ${secret === "*" ? "secrets" : `secret ${secret}`}: ${inner}.`,
		"Look that word up in Key Vault's REST error codes; check the vault's state, its access model and its network rules.",
	),
	"vault-blocked": denied<{ vault: string }>(
		({ vault }) => `The firewall of vault ${vault}, or a proxy before it, turns the app away.`,
		"Allow the app's subnet in the vault's network rules, or give the vault a private endpoint in its network.",
	),
	"vault-foreign": final<{ vault: string }>(
		({ vault }) => `What answers at the address of vault ${vault} is not a Key Vault, so it gets no token.`,
		"Give https://<name>.vault.azure.net as vaults.<name>.url.",
	),
	"vault-unauthorized": denied<{ vault: string }>(
		({ vault }) => `Vault ${vault} does not accept the app's token.`,
		"Check that the vault belongs to the tenant of the app's identity.",
	),
	"vault-rejected": final<{ vault: string; secret: string; detail: string }>(
		({ vault, secret, detail }) => `Vault ${vault} rejects the request for secret ${secret}: ${detail}.`,
		"Compare the secret's tags, content type, expiry and value size with Key Vault's limits.",
	),
	"vault-busy": transient<{ vault: string; secret: string }>(
		({ vault, secret }) => `Vault ${vault} is still recovering secret ${secret}, or works on it for somebody else.`,
		"It is tried again by itself; if it stays, look for another client that writes, deletes or recovers this secret.",
	),
	"secret-being-deleted": transient<{ vault: string; secret: string }>(
		({ vault, secret }) => `Vault ${vault} is deleting secret ${secret} at this moment.`,
		"It is tried again by itself; a deletion takes up to a minute and can be undone only after it. Find out who deletes it.",
	),
	/** Key Vault shows a secret nowhere while it deletes or recovers it, and after it was purged. */
	"secret-nowhere": transient<{ vault: string; secret: string }>(
		({ vault, secret }) =>
			`Vault ${vault} shows secret ${secret}, which has been there, neither among its secrets nor among the deleted ones.`,
		"It is being deleted or recovered: look again in a minute. If it stays, it was purged, or the configuration names another vault than before (docs/runbook.md, a vault secret is lost for good).",
	),
	"secret-missing": final<{ vault: string; secret: string }>(
		({ vault, secret }) => `Vault ${vault} has no secret ${secret}.`,
		"Was it deleted just now, look again in a minute. Else store the current credential there, or correct the name in the configuration.",
	),
	"secret-disabled": final<{ vault: string; secret: string }>(
		({ vault, secret }) => `The newest version of secret ${secret} in vault ${vault} is disabled.`,
		"Enable it, or store a new enabled version; consumers cannot read it either.",
	),
	"secret-empty": final<{ vault: string; secret: string }>(
		({ vault, secret }) => `Secret ${secret} in vault ${vault} has no value.`,
		"Store the current credential as a new version.",
	),
	"value-unreadable": final<{ vault: string; secret: string }>(
		({ vault, secret }) =>
			`The value of secret ${secret} in vault ${vault} does not have the form that value.template gives, or is another role's.`,
		"Store the current credential in that form as a new version, or correct value.template (docs/configuration.md).",
	),
	"secret-deleted": final<{ vault: string; secret: string }>(
		({ vault, secret }) => `Secret ${secret} in vault ${vault} is deleted but recoverable.`,
		"Do not purge it. rotator reconcile NAME brings it back, or az keyvault secret recover.",
	),
	"sessions-end": final<{ vault: string; secret: string }>(
		({ vault, secret }) =>
			`What was signed with the key of ${secret} in vault ${vault} before is accepted no longer: sessions of it end as pods are restarted.`,
		"Nothing, if somebody knows the key who must not; else rotate it without compromised.",
	),
	"live-changed": final<{ vault: string; secret: string }>(
		({ vault, secret }) => `Somebody else published a version of ${secret} in vault ${vault} meanwhile.`,
		"Find out who writes this secret before the next rotation; rotator compliance shows after a sweep whether vault and database agree.",
		{ leaves: "theirs" },
	),
	"live-overtaken": final<{ vault: string; secret: string; version: string }>(
		({ vault, secret, version }) =>
			`This rotation was held up while another one changed ${secret} in vault ${vault}; the value of version ${version}, which the database accepts, is live again.`,
		"Nothing is to be done. If it comes again, look for what stops the app's process for minutes.",
	),
	"live-overwritten": transient<{ vault: string; secret: string }>(
		({ vault, secret }) => `Somebody overwrote ${secret} in vault ${vault} at the moment it was published.`,
		"It is published again by itself; find out who else writes this secret.",
	),
	"pending-lost": final<{ vault: string; secret: string }>(
		({ vault, secret }) =>
			`The version of the pending secret ${secret} in vault ${vault} that this rotation stored cannot be read any more.`,
		"Start the rotation again; nothing was changed by this one.",
		{ leaves: "untouched" },
	),
};
