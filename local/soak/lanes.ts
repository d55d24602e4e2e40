// The managed secrets that a soak rotates side by side: `db-password` with its workload, and further ones with roles, a
// derived secret and rights of their own: single users in both ways of logging in, or one of each strategy.
// LN1. A lane has nothing in common with another but the servers. Otherwise: what one lane breaks is counted in another.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { V1Deployment } from "@kubernetes/client-node";
import { parse, stringify } from "yaml";
import type { DataAction } from "../../packages/key-vault/index.ts";
import { apiOf, at, type Wire } from "../../packages/kubernetes-api/index.ts";
import type { Kind } from "../rights.ts";
import type { Stack } from "../stack.ts";
import { actionsOn, identities, names, seedPassword } from "../world.ts";
import type { LaneFacts } from "./kinds.ts";
import { type Wires, wiredAddresses } from "./wires.ts";

export interface Lane extends LaneFacts {
	/** Whose passwords it has: two where they take turns, none where no database knows it. */
	readonly roles: readonly string[];
	readonly derived: string;
	/** Takes a right of the rotator on one of the lane's secrets away. @returns a function that grants it again */
	readonly deny: (action: string, secret: string) => () => void;
}

export const admin = { role: "soak_admin", secret: "soak-admin-password" } as const;

/** @param count 1 to 8; the first is `db-password` */
export const laneFacts = (count: number): LaneFacts[] =>
	Array.from({ length: count }, (_, index) =>
		index === 0
			? first
			: {
					name: `soak-${index}-password`,
					strategy: "single-user",
					login: index % 2 === 0 ? "self" : "admin-secret",
					delivers: false,
				},
	);

const first: LaneFacts = {
	name: "db-password",
	strategy: "single-user",
	login: "self",
	delivers: true,
	path: "csi-driver",
};

/** Every strategy, and two ways into the pods of one workload. */
export const mixedLanes: readonly LaneFacts[] = [
	first,
	{ name: "soak-single", strategy: "single-user", login: "admin-secret", delivers: false },
	{ name: "soak-turns", strategy: "alternating-users", login: "admin-secret", delivers: false },
	{ name: "soak-key", strategy: "random-value", delivers: true, path: "kubernetes-secret" },
];

/** Of the last of these, in the workload's namespace. */
export const copied = { secret: "soak-key", key: "key" } as const;

/** Makes the roles, secrets, rights and entries of the lanes, and leads the app's configuration through the wires. */
export async function openLanes(stack: Stack, wires: Wires, facts: readonly LaneFacts[]): Promise<Lane[]> {
	const { vault, postgres } = stack;
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
	config.secrets["db-password"].derived[0].template = urlOf(stack, "{role}", "{password}");

	const lanes: Lane[] = [];
	for (const lane of facts) {
		const { name } = lane;
		if (name === first.name) {
			const deny: Lane["deny"] = (action, secret) => stack.withdraw("rotator", action, secret);
			lanes.push({ ...lane, roles: [names.role], derived: "db-connection-string", deny });
			continue;
		}
		const derived = `${name.replace(/-password$/, "")}-derived`;
		const { roles, value, derivedValue, entry } = await seeds[lane.strategy](stack, lane, derived);
		vault.owner.set(name, value, { tags: { rotation: "90days" } });
		vault.owner.set(derived, derivedValue);
		const takers = new Map([
			[name, grantable(stack, name, "managed")],
			[derived, grantable(stack, derived, "derived")],
			[`${name}-pending`, grantable(stack, `${name}-pending`, "pending")],
		]);
		config.secrets[name] = { vault: "main", ...entry };
		lanes.push({ ...lane, roles, derived, deny: (action, secret) => takers.get(secret)?.(action) ?? (() => {}) });
	}
	await writeFile(file, stringify(config));
	return lanes;
}

interface Seeded {
	readonly roles: readonly string[];
	readonly value: string;
	readonly derivedValue: string;
	/** Of the configuration. */
	readonly entry: object;
}

const urlOf = ({ postgres }: Stack, role: string, password: string) =>
	`postgresql://${role}:${password}@${postgres.host}:${postgres.port}/${names.database}?sslmode=require`;

const roleOf = ({ name }: LaneFacts): string => name.replace(/-password$/, "").replaceAll("-", "_");

const seeds: {
	readonly [S in LaneFacts["strategy"]]: (stack: Stack, lane: LaneFacts, derived: string) => Promise<Seeded>;
} = {
	async "single-user"(stack, lane, derived) {
		const role = roleOf(lane);
		const password = seedPassword();
		const isByAdmin = lane.login === "admin-secret";
		await stack.postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD '${verifierOf(password)}'`);
		if (isByAdmin) await stack.postgres.query(`GRANT ${role} TO ${admin.role} WITH ADMIN OPTION`);
		return {
			roles: [role],
			value: password,
			derivedValue: urlOf(stack, role, password),
			entry: {
				server: "titanic-db",
				role,
				login: isByAdmin ? { mode: "admin-secret", ...admin } : { mode: "self" },
				derived: [{ secret: derived, template: urlOf(stack, "{role}", "{password}") }],
			},
		};
	},

	async "alternating-users"(stack, lane, derived) {
		const owner = roleOf(lane);
		const roles = [`${owner}_a`, `${owner}_b`] as const;
		const password = seedPassword();
		await stack.postgres.query(`
			CREATE ROLE ${owner} NOLOGIN;
			CREATE ROLE ${roles[0]} LOGIN PASSWORD '${verifierOf(password)}';
			CREATE ROLE ${roles[1]} LOGIN;
			GRANT ${owner} TO ${roles.join(", ")} WITH INHERIT TRUE, SET TRUE;
			ALTER ROLE ${roles[0]} SET role = ${owner};
			ALTER ROLE ${roles[1]} SET role = ${owner};
			GRANT ${roles.join(", ")} TO ${admin.role} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
		return {
			roles,
			value: JSON.stringify({ username: roles[0], password }),
			derivedValue: urlOf(stack, roles[0], password),
			entry: {
				strategy: "alternating-users",
				server: "titanic-db",
				roles,
				owner,
				login: { mode: "admin-secret", ...admin },
				value: { template: '{"username": "{role}", "password": "{password}"}', format: "json" },
				derived: [{ secret: derived, template: urlOf(stack, "{role}", "{password}") }],
			},
		};
	},

	async "random-value"(stack, { name }, derived) {
		const value = randomBytes(32).toString("hex");
		await readCopy(stack, value);
		return {
			roles: [],
			value,
			derivedValue: `key=${value}`,
			entry: {
				strategy: "random-value",
				random: { format: "hex" },
				derived: [{ secret: derived, template: "key={value}", format: "raw" }],
				consumers: [
					{
						cluster: "titanic-aks",
						namespace: names.namespace,
						kind: "Deployment",
						name: names.workload,
						delivery: { path: "kubernetes-secret", secret: copied.secret, keys: { [name]: copied.key } },
					},
				],
			},
		};
	},
};

type Deployment = Wire<V1Deployment>;

/** titanic-api reads the key from a Secret beside those that it has, and the rotator may write that one. */
async function readCopy({ cluster }: Stack, value: string): Promise<void> {
	// As a person makes it: of a Secret that a program keeps, the plan would refuse to write a key.
	using api = apiOf(cluster.kubeConfig(), "kubectl-create");
	const { namespace } = names;
	const data = { [copied.key]: Buffer.from(value).toString("base64") };
	const metadata = { name: copied.secret, namespace };
	await api.create(at("v1", "secrets", namespace), {
		apiVersion: "v1",
		kind: "Secret",
		metadata,
		type: "Opaque",
		data,
	});
	const rolePath = at("rbac.authorization.k8s.io/v1", "roles", namespace, "titanic-secret-rotator");
	const { rules } = await api.get<{ rules: object[] }>(rolePath);
	const right = { apiGroups: [""], resources: ["secrets"], resourceNames: [copied.secret], verbs: ["get", "patch"] };
	await api.merge(rolePath, { rules: [...rules, right] });
	const path = at("apps/v1", "deployments", namespace, names.workload);
	const { spec } = await api.get<Deployment>(path);
	const containers = spec!.template!.spec!.containers.map((container) => ({
		...container,
		env: [
			...(container.env ?? []),
			{ name: "SOAK_KEY", valueFrom: { secretKeyRef: { name: copied.secret, key: copied.key } } },
		],
	}));
	await api.merge(path, { spec: { template: { spec: { containers } } } });
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
