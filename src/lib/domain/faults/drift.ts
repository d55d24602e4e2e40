// Drift: what is not as the last rotation left it. Found by the sweep or reported by an event; repaired only when an
// operator says which side is right (POST /api/secrets/{name}/reconciliations).

import { final } from "./kind.ts";

const fromVault = 'direction "database-from-vault"';
const anew = 'direction "new-password"';
const reconcile = "rotator reconcile NAME, which shows its plan first";

export const driftFaults = {
	"live-deleted": final<{ vault: string; secret: string }>(
		({ vault, secret }) => `The live secret ${secret} in vault ${vault} was deleted, recoverably.`,
		`If it should be there, ${reconcile}: ${fromVault} recovers it; ${anew} replaces it too. Never purge it.`,
	),
	"live-disabled": final<{ vault: string; secret: string }>(
		({ vault, secret }) => `The newest version of the live secret ${secret} in vault ${vault} was disabled.`,
		`Ask why it was disabled. If it leaked, ${reconcile}: ${anew}; if by mistake, ${fromVault} enables it.`,
	),
	"live-changed-by-hand": final<{ vault: string; secret: string; version: string }>(
		({ vault, secret, version }) =>
			`Version ${version} of the live secret ${secret} in vault ${vault} was made by hand, not by a rotation.`,
		`If its value is right, ${reconcile}: ${fromVault}; if not, ${anew}.`,
	),
	"live-replaced-by-hand": final<{ vault: string; secret: string; version: string }>(
		({ vault, secret, version }) =>
			`Version ${version} of ${secret} in vault ${vault} was made by hand, and the database accepts it.`,
		`Nothing is broken. If it was meant, ${reconcile}: ${fromVault} adopts it and delivers it; if not, ${anew}.`,
	),
	"database-restored": final<{ server: string; role: string; version: string }>(
		({ server, role, version }) =>
			`Server ${server} accepts for role ${role} the earlier version ${version} of its secret, not the live one.`,
		`The database was restored from a backup, or set back. ${reconcile}: ${fromVault} sets the live password again.`,
	),
	"database-changed-by-hand": final<{ server: string; role: string }>(
		({ server, role }) =>
			`Server ${server} rejects the live password of role ${role} and the earlier ones: it was changed by hand.`,
		`${reconcile}: ${fromVault} sets the live password again, ${anew} makes another. Login mode self needs login.recovery.`,
	),
	"pending-deleted": final<{ vault: string; secret: string }>(
		({ vault, secret }) =>
			`The pending secret ${secret} in vault ${vault} was deleted in the middle of a rotation; the database may have only its password.`,
		`Never purge it. ${reconcile}: ${anew} recovers it and goes on with it, ${fromVault} goes back to the live one.`,
		{ leaves: "open" },
	),
	"pending-disabled": final<{ vault: string; secret: string; version: string; server: string; role: string }>(
		({ vault, secret, version, server, role }) =>
			`Server ${server} accepts for role ${role} no password that can be read; version ${version} of the pending secret ${secret} in vault ${vault} is disabled, and may be what it has.`,
		`${reconcile}: either direction enables it and looks, where there is no other way in. Never purge it.`,
	),
	"derived-changed-by-hand": final<{ vault: string; secret: string; derived: string; detail: string }>(
		({ vault, secret, derived, detail }) =>
			`Secret ${derived} in vault ${vault}, which is derived from ${secret}, ${detail}.`,
		`${reconcile}: ${fromVault} renders it again from the live secret.`,
	),
	"pod-on-old-version": final<{ workload: string; pods: string; detail: string }>(
		({ workload, pods, detail }) => `Of ${workload}, pod ${pods} does not use the live version: ${detail}.`,
		`rotator deliver NAME brings the live version to every pod; so does a reconciliation.`,
	),
	"no-way-in": final<{ server: string; role: string }>(
		({ server, role }) => `No known password of role ${role} gets into server ${server}, so nothing can be set there.`,
		"Configure login.recovery (an admin role, for reconciliations only), or set the role's password to the live secret's value by hand.",
	),
};
