// The managed secrets that a soak rotates side by side: `db-password` with its workload, and further ones with a role, a
// derived secret and rights of their own, in both ways of logging in.
// LN1. A lane has nothing in common with another but the servers. Otherwise: what one lane breaks is counted in another.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import type { DataAction } from "../../packages/key-vault/index.ts";
import type { Kind } from "../rights.ts";
import type { Stack } from "../stack.ts";
import { actionsOn, identities, names, seedPassword } from "../world.ts";
import type { LaneFacts } from "./kinds.ts";
import { type Wires, wiredAddresses } from "./wires.ts";

export interface Lane extends LaneFacts {
	readonly role: string;
	readonly derived: string;
	/** Takes a right of the rotator on one of the lane's secrets away. @returns a function that grants it again */
	readonly deny: (action: string, secret: string) => () => void;
}

export const admin = { role: "soak_admin", secret: "soak-admin-password" } as const;

/** @param count 1 to 8; the first is `db-password` */
export const laneFacts = (count: number): LaneFacts[] =>
	Array.from({ length: count }, (_, index) =>
		index === 0
			? { name: "db-password", login: "self", delivers: true }
			: { name: `soak-${index}-password`, login: index % 2 === 0 ? "self" : "admin-secret", delivers: false },
	);

/** Makes the roles, secrets, rights and entries of the lanes, and leads the app's configuration through the wires. */
export async function openLanes(stack: Stack, wires: Wires, facts: readonly LaneFacts[]): Promise<Lane[]> {
	const { vault, postgres } = stack;
	const urlOf = (role: string, password: string) =>
		`postgresql://${role}:${password}@${postgres.host}:${postgres.port}/${names.database}?sslmode=require`;
	const template = urlOf("{role}", "{password}");

	const adminPassword = seedPassword();
	vault.owner.set(admin.secret, adminPassword);
	grantable(stack, admin.secret, "readable");
	await postgres.query(`CREATE ROLE ${admin.role} LOGIN CREATEROLE PASSWORD '${verifierOf(adminPassword)}'`);

	const file = stack.settings.ROTATION_CONFIG_FILE as string;
	const config = parse(await readFile(file, "utf8"));
	const addresses = wiredAddresses(wires, stack);
	config.vaults.main.url = addresses.vaultUrl;
	config.servers["titanic-db"].port = addresses.databasePort;
	config.clusters["titanic-aks"].server = addresses.clusterServer;
	// The derived secrets keep the address that pods use.
	config.secrets["db-password"].derived[0].template = template;

	const lanes: Lane[] = [];
	for (const lane of facts) {
		const { name, login } = lane;
		if (lane.delivers) {
			const deny: Lane["deny"] = (action, secret) => stack.withdraw("rotator", action, secret);
			lanes.push({ ...lane, role: names.role, derived: "db-connection-string", deny });
			continue;
		}
		const role = name.replace(/-password$/, "").replaceAll("-", "_");
		const derived = name.replace(/-password$/, "-connection-string");
		const password = seedPassword();
		await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD '${verifierOf(password)}'`);
		if (login === "admin-secret") await postgres.query(`GRANT ${role} TO ${admin.role} WITH ADMIN OPTION`);
		vault.owner.set(name, password, { tags: { rotation: "90days" } });
		vault.owner.set(derived, urlOf(role, password));
		const takers = new Map([
			[name, grantable(stack, name, "managed")],
			[derived, grantable(stack, derived, "derived")],
			[`${name}-pending`, grantable(stack, `${name}-pending`, "pending")],
		]);
		config.secrets[name] = {
			vault: "main",
			server: "titanic-db",
			role,
			login: login === "self" ? { mode: "self" } : { mode: "admin-secret", ...admin },
			derived: [{ secret: derived, template }],
		};
		lanes.push({ ...lane, role, derived, deny: (action, secret) => takers.get(secret)?.(action) ?? (() => {}) });
	}
	await writeFile(file, stringify(config));
	return lanes;
}

/** Grants what the list has for this kind of secret, each right so that it can be taken away and given again. */
function grantable({ vault }: Stack, secret: string, kind: Kind) {
	const { objectId } = identities.rotator;
	const give = (action: string) =>
		vault.grant({ objectId, secret, actions: [`Microsoft.KeyVault/vaults/secrets/${action}` as DataAction] });
	const taking = new Map(actionsOn(kind).map((action) => [action, give(action)]));
	return (action: string) => {
		const take = taking.get(action);
		if (!take) throw new Error(`The rotator has no right ${action} on ${secret}.`);
		take();
		return () => void taking.set(action, give(action));
	};
}

/** No password in clear goes to the server: its log is searched for them. @see RFC 5802, section 3 */
function verifierOf(password: string): string {
	const salt = randomBytes(16);
	const salted = pbkdf2Sync(password, salt, 4096, 32, "sha256");
	const keyed = (text: string) => createHmac("sha256", salted).update(text).digest();
	const storedKey = createHash("sha256").update(keyed("Client Key")).digest("base64");
	return `SCRAM-SHA-256$4096:${salt.toString("base64")}$${storedKey}:${keyed("Server Key").toString("base64")}`;
}
