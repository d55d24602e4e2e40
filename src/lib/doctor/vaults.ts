// What the app may do with the secrets of one entry, and whether they are there.
// DVA1. A value that is read to see whether it may be read is dropped there and then. Kept by: doctor.test.ts, which looks for
//      every value of the world in what is answered.

import list from "../../../infra/rights.json" with { type: "json" };
import type { Ports } from "../app.ts";
import { azureNameOf, type Configuration } from "../config/configuration.ts";
import type { FoundRight, FoundSystem } from "../domain/diagnosis.ts";
import { Fault } from "../domain/fault.ts";
import { tag } from "../domain/tags.ts";
import type { AppIdentity } from "../ports/identity.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { asFault } from "../steps/boundary.ts";
import type { Managed } from "../steps/managed.ts";
import { assignRole, listRoles } from "./commands.ts";
import { denied, faultOf, ofFault, ok, silent, unknown } from "./found.ts";

type Kind = "managed" | "pending" | "derived" | "readable";

export interface Thing {
	/** The configuration's key. */
	readonly vault: string;
	readonly secret: string;
	readonly kind: Kind;
}

/** Every secret that the rotation reads or writes. */
export function thingsOf({ name, pendingName, secret }: Managed, { repositories }: Configuration): Thing[] {
	const { vault } = secret;
	const login = "login" in secret ? secret.login : undefined;
	const admin = login && (login.mode === "admin-secret" ? login : login.mode === "self" ? login.recovery : undefined);
	const tokens = secret.consumers.flatMap(({ delivery }) => {
		const git = "repository" in delivery ? repositories[delivery.repository]?.login : undefined;
		return git?.mode === "secret" ? [git] : [];
	});
	const readable = [...(admin ? [{ vault: admin.vault ?? vault, secret: admin.secret }] : []), ...tokens];
	const all: Thing[] = [
		{ vault, secret: name, kind: "managed" },
		{ vault, secret: pendingName, kind: "pending" },
		...secret.derived.map((derived): Thing => ({ vault, secret: derived.secret, kind: "derived" })),
		...readable.map((one): Thing => ({ vault: one.vault, secret: one.secret, kind: "readable" })),
	];
	return [...new Map(all.map((one) => [`${one.vault} ${one.secret}`, one])).values()];
}

export async function askVaults(
	ports: Ports,
	config: Configuration,
	target: Managed,
	app: AppIdentity,
): Promise<FoundSystem[]> {
	const things = thingsOf(target, config);
	const vaults = [...new Set(things.map(({ vault }) => vault))];
	return Promise.all(
		vaults.map(async (vault) => {
			const vaultName = azureNameOf(config.vaults[vault]!);
			const system = `Key Vault ${vault}`;
			const store = await ports.store(vault).catch((error) => asFault(error, "doctor"));
			if (store instanceof Fault) return silent(system, store);
			const ofVault = things.filter((thing) => thing.vault === vault);
			const asked = await Promise.all(
				ofVault.map((thing) => askOf(store, thing, vaultName, app, config.backups !== undefined)),
			);
			const dead = asked.find((one) => one instanceof Fault);
			if (dead) return silent(system, dead);
			const lists = await mayList(store, ofVault[0]!.secret, vaultName, app);
			return { system, rights: [...(asked as FoundRight[][]).flat(), lists] };
		}),
	);
}

/** @returns a fault where the vault does not answer */
async function askOf(
	store: SecretStore,
	{ vault, secret, kind }: Thing,
	vaultName: string,
	app: AppIdentity,
	isBackedUp: boolean,
): Promise<FoundRight[] | Fault> {
	const scope = { vaultName, of: `secrets/${secret}` };
	const seen = await store.latest(secret).then(
		// Nothing but these leaves: not the value.
		(latest) => ({ state: latest.state, ...(latest.state === "present" && { of: latest.secret }) }),
		(error) => asFault(error, "doctor"),
	);
	if (seen instanceof Fault && !isRight(seen)) return seen;
	const wrote =
		!(seen instanceof Fault) && seen.of?.tags[tag.rotationId] !== undefined
			? ` Its newest version was written by rotation ${seen.of.tags[tag.rotationId]}, at ${seen.of.created.toISOString()}.`
			: "";
	const backup = isBackedUp && (kind === "managed" || kind === "derived") ? list.actions.backup.rights : [];
	const rights = [...list.actions[kind].rights, ...backup].map(({ right: action, why, code, then }) => {
		const verb = action.split("/").at(-2) ?? "";
		const right = `${verb} ${secret}`;
		if (verb !== "getSecret") {
			const says = `It cannot be asked without doing it. It ${why}.${verb === "setSecret" ? wrote : ""}`;
			return unknown(right, says, listRoles(scope, app));
		}
		if (!(seen instanceof Fault)) return ok(right);
		if (seen.code !== code) return ofFault(right, seen);
		return denied(right, code, `It is needed for ${why}; without it: ${then}.`, assignRole(kind, scope, app));
	});
	if (seen instanceof Fault || kind === "pending" || kind === "derived") return rights;
	return [...rights, isThere(seen.state, vault, secret)];
}

const isRight = ({ code }: Fault): boolean => code === "vault-forbidden" || code === "vault-denied";

function isThere(state: "present" | "absent" | "disabled", vault: string, secret: string): FoundRight {
	const right = `Secret ${secret} is there, and enabled.`;
	if (state === "present") return ok(right);
	return ofFault(right, new Fault(state === "absent" ? "secret-missing" : "secret-disabled", { vault, secret }));
}

async function mayList(store: SecretStore, secret: string, vaultName: string, app: AppIdentity): Promise<FoundRight> {
	const [{ right: action, why, code, then }] = list.actions.vault.rights as [(typeof list.actions.vault.rights)[0]];
	const right = `${action.split("/").at(-2)} of the vault`;
	const fault = await faultOf(() => store.versions(secret));
	if (!fault) return ok(right);
	if (fault.code !== code) return ofFault(right, fault);
	return denied(right, "vault-forbidden", `It ${why}; without it: ${then}.`, assignRole("vault", { vaultName }, app));
}
