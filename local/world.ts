// The seed world: what the service finds in Azure when it is installed. Names, tags, rights and roles are those of a real
// installation, so a right that is missing here is missing there.

import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { DataAction, KeyAction, Vault } from "../packages/key-vault/index.ts";
import type { Manifest } from "../packages/kubernetes-api/index.ts";
import { type GitOps, gitOpsNames } from "./git/git-ops.ts";
import { build } from "./kustomize/index.ts";
import { type Kind, rightsByKind } from "./rights.ts";
import { folderOf, type Scenario, secretOf } from "./scenarios.ts";

export const names = {
	vault: "titanic-kv-prod",
	namespace: "titanic-api",
	workload: "titanic-api",
	serviceAccount: "titanic-api-sa",
	image: "titanicacr.azurecr.io/titanic-api:1.0.0",
	/** A CronJob, and what it runs. */
	report: "titanic-report",
	reportImage: "titanicacr.azurecr.io/titanic-report:1.0.0",
	role: "titanic_admin",
	/** Two users that take turns, their owner, and who changes their passwords. */
	turns: ["titanic_app_a", "titanic_app_b"],
	owner: "titanic_app",
	rotatorRole: "titanic_rotator",
	database: "titanic",
	signingKey: "audit-head",
} as const;

/** With the password of `rotatorRole`. */
export const adminSecret = "rotator-password";

export const identities = {
	rotator: {
		objectId: "0b1ec700-0000-4000-8000-000000000001",
		clientId: "c11e0700-0000-4000-8000-000000000001",
		name: "titanic-secret-rotator",
	},
	csi: {
		objectId: "0b1ec700-0000-4000-8000-000000000002",
		clientId: "00000000-0000-0000-0000-00000000c11e",
		name: "titanic-api",
	},
} as const;

export const audience = "api://titanic-secret-rotator";

const day = 86_400_000;
const right = (action: string, key?: string) =>
	`Microsoft.KeyVault/vaults/${key === undefined ? "secrets" : "keys"}/${action}` as DataAction | KeyAction;

/** A password of the seed world, as somebody made it by hand years ago. */
export const seedPassword = (): string => randomBytes(18).toString("base64url");

export interface Database {
	readonly host: string;
	readonly port: number;
}

export const connectionString = (password: string, { host, port }: Database, role: string = names.role): string =>
	`postgresql://${role}:${password}@${host}:${port}/${names.database}?sslmode=require`;

export const takesTurns = ({ strategy }: Scenario): boolean => strategy === "alternating-users";
const firstRole = (scenario: Scenario): string => (takesTurns(scenario) ? names.turns[0] : names.role);

/** Whom a value of `db-password` lets in, or the very first password. */
export function loginIn(scenario: Scenario, value: string): { readonly role: string; readonly password: string } {
	if (!value.startsWith("{")) return { role: firstRole(scenario), password: value };
	const { username: role, password } = JSON.parse(value) as { username: string; password: string };
	return { role, password };
}

/** The three secrets with their tags; what is rotated expires in 29 days, so its near-expiry event is due. */
export function seedVault(vault: Vault, password: string, database: Database, now: Date, scenario: Scenario): void {
	const tags = (sensitivity: string) => ({
		application: "titanic-api",
		environment: "production",
		sensitivity,
		rotation: "90days",
	});
	const inDays = (days: number) => new Date(now.getTime() + days * day);
	const due: readonly string[] = [secretOf(scenario), ...(scenario.together ? [scenario.together] : [])];
	const expires = (secret: string) => inDays(due.includes(secret) ? 29 : 300);
	const role = firstRole(scenario);
	const value = takesTurns(scenario) ? JSON.stringify({ username: role, password }) : password;
	vault.owner.set("db-password", value, {
		tags: tags("critical"),
		expires: expires("db-password"),
		contentType: "text/plain",
	});
	vault.owner.set("db-connection-string", connectionString(password, database, role), {
		tags: tags("critical"),
		expires: expires("db-password"),
	});
	vault.owner.set("flask-secret-key", randomBytes(24).toString("hex"), {
		tags: tags("high"),
		expires: expires("flask-secret-key"),
	});
	vault.owner.createKey(names.signingKey);
}

/** `getSecret/action`, ...: without the kind of object, which the scope says. */
export const actionsOn = (kind: Kind) => rightsByKind[kind].map((action) => action.slice(action.indexOf("/") + 1));

/** Per secret, not per vault; only the sweep's list needs the vault. */
export const rights: { readonly [who in keyof typeof identities]: readonly Right[] } = {
	rotator: [
		{ secret: "db-password", actions: actionsOn("managed") },
		{ secret: "db-connection-string", actions: actionsOn("derived") },
		{ secret: "db-password-pending", actions: actionsOn("pending") },
		{ actions: actionsOn("vault") },
		{ key: names.signingKey, actions: actionsOn("key") },
	],
	csi: ["db-password", "db-connection-string", "flask-secret-key"].map((secret) => ({
		secret,
		actions: ["getSecret/action"],
	})),
};

const ofGitOps: readonly Right[] = [
	{ secret: gitOpsNames.token, actions: actionsOn("readable") },
	{ key: gitOpsNames.key, actions: actionsOn("recipient") },
];

/** What the rotator may do besides, where a scenario has it. */
const further: Readonly<Record<string, readonly Right[]>> = {
	"flux-sops": ofGitOps,
	"kustomize-generator": ofGitOps,
};

interface Right {
	/** The scope; the whole vault when both are absent. */
	readonly secret?: string;
	readonly key?: string;
	readonly actions: readonly string[];
}

/** Takes one of `rights` away. @returns a function that grants it again */
export type Withdraw = (who: keyof typeof rights, action: string, name?: string) => () => void;

/** Of the rotator, where it is the key that is rotated. */
const ofKeyAlone: readonly Right[] = [
	{ secret: "flask-secret-key", actions: actionsOn("managed") },
	{ secret: "flask-secret-key-pending", actions: actionsOn("pending") },
];
const rightsOfKey: readonly Right[] = [
	...ofKeyAlone,
	{ actions: actionsOn("vault") },
	{ key: names.signingKey, actions: actionsOn("key") },
];

/** What it needs besides, where another role changes the passwords. */
const rightsOfAdmin: readonly Right[] = [{ secret: adminSecret, actions: actionsOn("readable") }];

/** Grants all of `rights`, or as much as the scenario needs. */
export function grantRights(vault: Vault, scenario: Scenario): Withdraw {
	const rotator = secretOf(scenario) === "flask-secret-key" ? rightsOfKey : rights.rotator;
	const besides = [...(takesTurns(scenario) ? rightsOfAdmin : []), ...(scenario.together ? ofKeyAlone : [])];
	const granted = { ...rights, rotator: [...rotator, ...besides] };
	const takeBack = new Map<string, () => () => void>();
	const give = (who: keyof typeof rights, action: string, { secret, key }: Pick<Right, "secret" | "key">) => {
		const { objectId } = identities[who];
		const take = vault.grant({ objectId, actions: [right(action, key)], secret, key });
		takeBack.set(`${who} ${action} ${secret ?? key}`, () => {
			take();
			return () => void give(who, action, { secret, key });
		});
	};
	for (const who of ["rotator", "csi"] as const) {
		const all = [...granted[who], ...(who === "rotator" ? (further[scenario.path] ?? []) : [])];
		for (const { actions, ...scope } of all) for (const action of actions) give(who, action, scope);
	}
	return (who, action, name) => {
		const take = takeBack.get(`${who} ${action} ${name}`);
		if (!take) throw new Error(`${who} has no right ${action} on ${name ?? "the vault"}`);
		return take();
	};
}

/** What production deploys: the sample application, and the rights of the rotator in its namespace. */
export async function manifests(scenario: Scenario, vaultUrl: string): Promise<Manifest[]> {
	const instead: Readonly<Record<string, string>> =
		scenario.path === "csi-driver" ? {} : { "../../variants/csi-driver": `../../variants/${scenario.path}` };
	// The encrypted samples are for nobody's key: Flux makes those Secrets of what is in the stack's own repository.
	const objects = (await build(folderOf(scenario), instead)).filter((object) => !("sops" in object));
	if (scenario.path === "kustomize-generator") return asInGit(objects);
	// Pods that read the vault themselves get its address; all else finds it by the vault's name.
	const ours = ({ kind }: Manifest) => scenario.path === "workload-identity" && kind === scenario.kind;
	return objects.map((object) =>
		ours(object) ? (JSON.parse(JSON.stringify(object).replace(azureUrl, vaultUrl)) as Manifest) : object,
	);
}

/**
 * Where Flux applies it, Kustomize builds it again, from the stack's own file: without the sample's Secret, and its name.
 */
function asInGit(objects: Manifest[]): Manifest[] {
	const made = objects.find(({ metadata: { name } }) => name.startsWith(`${copiedSecret}-`));
	if (!made) throw new Error("the variant kustomize-generator makes no Secret");
	return objects
		.filter((object) => object !== made)
		.map((object) => JSON.parse(JSON.stringify(object).replaceAll(made.metadata.name, copiedSecret)) as Manifest);
}

const azureUrl = `https://${names.vault}.vault.azure.net`;

/** The keys of the Secret that the example's pods read, and the vault's secrets whose values they have. */
export const copiedKeys = {
	"db-password": "db-password",
	"database-url": "db-connection-string",
	"flask-secret-key": "flask-secret-key",
} as const;
export const copiedSecret = "titanic-api-secrets";

const keys = { "db-password": "db-password", "db-connection-string": "database-url" };

const inGitOps = (recipients: readonly string[]) => ({
	...{ repository: gitOpsNames.repository, recipients, secret: copiedSecret, keys },
	...{ fluxNamespace: gitOpsNames.fluxNamespace, kustomization: gitOpsNames.object },
});

const deliveries = (pollSeconds: number, recipients: readonly string[]): Readonly<Record<string, object>> => ({
	"csi-driver": { secretProviderClass: "titanic-kv-secrets", pollSeconds },
	"external-secrets": { externalSecret: copiedSecret },
	"flux-sops": { ...inGitOps(recipients), file: gitOpsNames.file },
	"kustomize-generator": { ...inGitOps(recipients), file: gitOpsNames.input },
	"kubernetes-secret": {
		secret: copiedSecret,
		keys,
	},
	"workload-identity": { applicationName: "pod" },
});

/** Where the sample's container image is a program of this machine. It trusts the stack's certificate. */
export const images = (caFile: string) => {
	const program = (file: string) => ({
		command: ["node", fileURLToPath(new URL(`../examples/titanic-api/app/${file}`, import.meta.url))],
		env: { NODE_EXTRA_CA_CERTS: caFile },
	});
	return { [names.image]: program("main.ts"), [names.reportImage]: program("report.ts") };
};

const derived = [
	{
		secret: "db-connection-string",
		template: "postgresql://{role}:{password}@{host}:{port}/{database}?sslmode=require",
	},
];
const turnFields = {
	strategy: "alternating-users",
	server: "titanic-db",
	roles: names.turns,
	owner: names.owner,
	login: { mode: "admin-secret", secret: adminSecret, role: names.rotatorRole },
	value: { template: '{"username": "{role}", "password": "{password}"}', format: "json" },
	derived,
};
const passwordFields = {
	server: "titanic-db",
	role: names.role,
	login: { mode: "self" },
	derived,
};
/** Flask's own lifetime of a session. */
const keyFields = { strategy: "random-value", random: { format: "hex" }, fallbacks: { sessionLifetimeHours: 744 } };
const fieldsOf = (scenario: Scenario): object =>
	secretOf(scenario) === "flask-secret-key" ? keyFields : takesTurns(scenario) ? turnFields : passwordFields;

const serving = { name: names.workload, application: { readsAgain: true, keepsSessions: true } };

/** A CronJob stands beside what serves. */
const workloadsOf = ({ kind }: Scenario) =>
	kind === "CronJob"
		? [
				{ kind: "Deployment", ...serving },
				{ kind, name: names.report, application: undefined },
			]
		: [{ kind, ...serving }];

/** The configuration file that an operator would write for this world. */
export function configurationText(at: {
	vaultUrl: string;
	database: Database;
	server: string;
	caFile: string;
	clusterCaFile: string;
	pollSeconds: number;
	scenario: Scenario;
	gitOps?: GitOps;
}): string {
	const common = {
		vault: "main",
		rotateEveryDays: 90,
		consumers: workloadsOf(at.scenario).map(({ kind, name, application }) => ({
			cluster: "titanic-aks",
			namespace: names.namespace,
			kind,
			name,
			delivery: {
				path: at.scenario.path,
				...deliveries(at.pollSeconds, at.gitOps?.recipients ?? [])[at.scenario.path],
			},
			...(application && { application }),
		})),
	};
	return stringify({
		// Nobody else writes to it.
		vaults: { main: { url: at.vaultUrl, name: names.vault, writesPer10Seconds: 300 } },
		servers: {
			"titanic-db": {
				host: at.database.host,
				port: at.database.port,
				database: names.database,
				tls: { ca: at.caFile },
			},
		},
		clusters: { "titanic-aks": { server: at.server, ca: at.clusterCaFile } },
		...(at.gitOps && {
			repositories: {
				[gitOpsNames.repository]: {
					url: at.gitOps.server.url,
					login: { mode: "secret", vault: "main", secret: gitOpsNames.token },
				},
			},
		}),
		secrets: {
			[secretOf(at.scenario)]: { ...fieldsOf(at.scenario), ...common },
			...(at.scenario.together && {
				[at.scenario.together]: { strategy: "random-value", random: { format: "hex" }, ...common },
			}),
		},
	});
}
