// What is rotated, and how: the registry that the recovery matrix is made of. Each login mode, strategy and delivery path of
// the configuration has an entry here; one without does not compile, and one with is covered by every fault.

import type { Vault } from "../../../packages/key-vault/index.ts";
import type { ConsumerConfig, ManagedSecret } from "../../../src/lib/config/configuration.ts";
import type { PathName } from "../../../src/lib/paths/index.ts";
import { cronJobHand } from "./cron-job-hand.ts";
import { csiHand } from "./csi-hand.ts";
import type { Effect } from "./effect.ts";
import { esoHand } from "./eso-hand.ts";
import { fluxHand, generatorHand } from "./flux-hand.ts";
import type { GitOps, GitOpsOptions } from "./git-ops.ts";
import type { Hand, HandOptions } from "./hand.ts";
import { identityHand } from "./identity-hand.ts";
import { secretHand } from "./secret-hand.ts";
import type { Servers } from "./servers.ts";

export interface Place {
	readonly servers: Servers;
	readonly vault: Vault;
	/** Eight hexadecimal digits that are this case's alone: part of each name that cases would share otherwise. */
	readonly id: string;
	readonly namespace: string;
	/** The managed role, and the one that takes turns with it where the strategy has two. */
	readonly role: string;
	readonly second: string;
	/** Where the path needs it. */
	readonly gitOps?: GitOps;
}

type Login = Extract<ManagedSecret, { login: unknown }>["login"];

interface LoginScenario {
	/** Makes what this login needs, and says how it is configured. `SQL` is run as the superuser. */
	seed(place: Place): { readonly login: Login; readonly sql: string };
	/** Secrets that the app may read besides. */
	readonly reads: readonly string[];
	/** What to run as the superuser so that ALTER ROLE is refused, and to undo it; none where PostgreSQL cannot refuse it. */
	readonly forbidden?: (place: Place) => { readonly take: string; readonly give: string };
	/** How the rotation is started: both ways are taken. */
	readonly trigger: "event" | "sweep";
}

const rotator = ({ id }: Place) => `rotator_${id}`;
const entraRole = ({ id }: Place) => `entra_${id}`;
const owner = ({ id }: Place) => `titanic_owner_${id}`;
const everyRole = ({ role, second }: Place) => `${role}, ${second}`;

/** What the role needs that sets the others' passwords, and what to run so that it may not. */
const grantTo = (of: (place: Place) => string) => ({
	granted: (place: Place) => `GRANT ${everyRole(place)} TO ${of(place)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
	forbidden: (place: Place) => ({
		take: `REVOKE ${everyRole(place)} FROM ${of(place)}`,
		give: grantTo(of).granted(place),
	}),
});

export const logins: { readonly [M in Login["mode"]]: LoginScenario } = {
	self: {
		seed: () => ({ login: { mode: "self" }, sql: "" }),
		reads: [],
		trigger: "sweep",
	},
	"admin-secret": {
		seed(place) {
			const password = `rotator-of-${place.id}`;
			place.vault.owner.set("rotator-password", password);
			return {
				login: { mode: "admin-secret", secret: "rotator-password", role: rotator(place) },
				sql: `CREATE ROLE ${rotator(place)} LOGIN CREATEROLE PASSWORD '${password}'; ${grantTo(rotator).granted(place)}`,
			};
		},
		reads: ["rotator-password"],
		forbidden: grantTo(rotator).forbidden,
		trigger: "event",
	},
	"entra-token": {
		seed: (place) => ({
			login: { mode: "entra-token", role: entraRole(place) },
			sql: `CREATE ROLE ${entraRole(place)} LOGIN CREATEROLE IN ROLE azure_ad_user; ${grantTo(entraRole).granted(place)}`,
		}),
		reads: [],
		forbidden: grantTo(entraRole).forbidden,
		trigger: "sweep",
	},
};

interface StrategyScenario {
	/** How many values the live secret has had once it was rotated once, the first one included. */
	readonly values: number;
	/** What the configuration gives for it, with the template of the derived secret. */
	fields(
		place: Place,
		login: Login,
	): { readonly derived: readonly [{ readonly secret: string; readonly template: string }]; [field: string]: unknown };
	/** What is in force, if not what is live. */
	readonly isInDatabase: boolean;
	/** How the app logs in; default: each way that there is. */
	readonly login?: Login["mode"];
	/** Makes what it needs besides the two roles, as the superuser. */
	readonly sql?: (place: Place) => string;
	/** The live secret's value, with this password; default: the password. */
	readonly value?: (role: string, password: string) => string;
	/** What is in a value, if not the password of the managed role alone. */
	readonly read?: (value: string) => { readonly role: string; readonly password: string };
	/** What was live before goes on to be in force. */
	readonly leavesOld?: true;
}

/** Whom a live value lets in. */
export const loginIn = ({ strategy }: Scenario, { role }: Place, value: string) =>
	strategies[strategy].read?.(value) ?? { role, password: value };

type Strategy = ManagedSecret["strategy"] | "random-value with fallbacks";

export const strategies: { readonly [S in Strategy]: StrategyScenario } = {
	"single-user": {
		values: 2,
		fields: ({ role }, login) => ({
			server: "titanic-db",
			role,
			login,
			derived: [{ secret: "db-connection-string", template: "postgresql://{role}:{password}@{host}/titanic" }],
		}),
		isInDatabase: true,
	},
	"alternating-users": {
		values: 2,
		login: "admin-secret",
		fields: (place, login) => ({
			server: "titanic-db",
			roles: [place.role, place.second],
			owner: owner(place),
			login,
			value: { template: '{"username": "{role}", "password": "{password}"}', format: "json" },
			derived: [{ secret: "db-connection-string", template: "postgresql://{role}:{password}@{host}/titanic" }],
		}),
		isInDatabase: true,
		sql: (place) => `CREATE ROLE ${owner(place)} NOLOGIN;
			GRANT ${owner(place)} TO ${everyRole(place)} WITH INHERIT TRUE, SET TRUE;
			ALTER ROLE ${place.role} SET role = ${owner(place)}; ALTER ROLE ${place.second} SET role = ${owner(place)}`,
		value: (role, password) => JSON.stringify({ username: role, password }),
		read(value) {
			const { username, password } = JSON.parse(value) as { username: string; password: string };
			return { role: username, password };
		},
		leavesOld: true,
	},
	"random-value": {
		values: 2,
		fields: ({ role }) => ({
			random: { format: "hex" },
			derived: [{ secret: "db-connection-string", template: `postgresql://${role}:{value}@127.0.0.1/titanic` }],
		}),
		isInDatabase: false,
	},
	"random-value with fallbacks": {
		values: 3,
		fields: ({ role }) => ({
			strategy: "random-value",
			random: { format: "hex" },
			fallbacks: { sessionLifetimeHours: 744 },
			derived: [{ secret: "db-connection-string", template: `postgresql://${role}:{value}@127.0.0.1/titanic` }],
		}),
		isInDatabase: false,
	},
};

interface PathScenario {
	/** What Flux makes the Secret of, which is in a git repository, how the app logs in there, and whether people merge. */
	readonly git?: Pick<GitOpsOptions, "of" | "login" | "reviewed">;
	/** Where it does not go with the first one. */
	readonly strategy?: keyof typeof strategies;
	consumer(place: Place): Omit<ConsumerConfig, "copyTimeoutSeconds" | "rolloutTimeoutSeconds">;
	/** Where it is another one in all but some calls, those alone are met; or all of some steps, where only those differ. */
	readonly meets?: "what no other has" | readonly string[];
	/** A random value that the same workload uses, and that is due at the same time. */
	readonly also?: string;
	/** Deploys the workload with the seeded secrets, and is its cluster's hand from then on. */
	deploy(options: HandOptions): Promise<Hand>;
}

/** A file in git that Flux makes the Secret of. */
const inGit =
	(path: "flux-sops" | "kustomize-generator"): PathScenario["consumer"] =>
	({ namespace, gitOps }) => ({
		cluster: "titanic-aks",
		namespace,
		kind: "Deployment",
		name: "titanic-api",
		delivery: {
			path,
			repository: "gitops",
			...{ file: gitOps!.file, recipients: [...gitOps!.recipients] },
			secret: "titanic-api-secrets",
			keys: { "db-password": "db-password", "db-connection-string": "database-url" },
			...{ fluxNamespace: namespace, kustomization: "titanic-api" },
		},
	});

type Path =
	| PathName
	| "csi-driver without a restart"
	| "csi-driver, a CronJob"
	| "csi-driver, two secrets by one roll"
	| "flux-sops as a GitHub App"
	| "flux-sops by pull requests";

export const paths: { readonly [P in Path]: PathScenario } = {
	"csi-driver": {
		consumer: ({ namespace }) => ({
			cluster: "titanic-aks",
			namespace,
			kind: "Deployment",
			name: "titanic-api",
			delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" },
		}),
		deploy: csiHand,
	},
	"csi-driver without a restart": {
		consumer: ({ namespace }) => ({
			cluster: "titanic-aks",
			namespace,
			kind: "Deployment",
			name: "titanic-api",
			delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets", pollSeconds: 60 },
			roll: "none",
		}),
		deploy: (options) => csiHand(options, { readsAgain: true }),
	},
	"csi-driver, a CronJob": {
		consumer: ({ namespace }) => ({
			cluster: "titanic-aks",
			namespace,
			kind: "CronJob",
			name: "titanic-api",
			delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" },
		}),
		deploy: (options) => csiHand(options, { by: cronJobHand }),
		meets: "what no other has",
	},
	"csi-driver, two secrets by one roll": {
		consumer: ({ namespace }) => ({
			cluster: "titanic-aks",
			namespace,
			kind: "Deployment",
			name: "titanic-api",
			delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" },
			rollTogetherSeconds: 60,
		}),
		deploy: csiHand,
		also: "flask-secret-key",
		// The rest is each secret's by itself.
		meets: ["checkOthers", "roll"],
	},
	"flux-sops": {
		git: { of: "manifest" },
		consumer: inGit("flux-sops"),
		deploy: fluxHand,
	},
	"flux-sops as a GitHub App": {
		git: { of: "manifest", login: "github-app" },
		consumer: inGit("flux-sops"),
		deploy: fluxHand,
		meets: "what no other has",
	},
	"flux-sops by pull requests": {
		git: { of: "manifest", reviewed: true },
		strategy: "alternating-users",
		consumer: inGit("flux-sops"),
		deploy: fluxHand,
		meets: "what no other has",
	},
	"kustomize-generator": {
		git: { of: "generator" },
		consumer: inGit("kustomize-generator"),
		deploy: generatorHand,
	},
	"kubernetes-secret": {
		consumer: ({ namespace }) => ({
			cluster: "titanic-aks",
			namespace,
			kind: "Deployment",
			name: "titanic-api",
			delivery: {
				path: "kubernetes-secret",
				secret: "titanic-api-secrets",
				keys: { "db-password": "db-password", "db-connection-string": "database-url" },
			},
		}),
		deploy: secretHand,
	},
	"external-secrets": {
		consumer: ({ namespace }) => ({
			cluster: "titanic-aks",
			namespace,
			kind: "Deployment",
			name: "titanic-api",
			delivery: { path: "external-secrets", externalSecret: "titanic-api-secrets" },
		}),
		deploy: esoHand,
	},
	"workload-identity": {
		consumer: ({ namespace }) => ({
			cluster: "titanic-aks",
			namespace,
			kind: "Deployment",
			name: "titanic-api",
			// Without sessions: the server's clock is the machine's, not the case's.
			delivery: { path: "workload-identity" },
		}),
		deploy: identityHand,
	},
};

export interface Scenario {
	readonly login: keyof typeof logins;
	readonly strategy: keyof typeof strategies;
	readonly path: keyof typeof paths;
}

export const titleOf = (scenario: Scenario): string => Object.values(scenario).join(", ");

const keysOf = <T extends object>(registry: T) => Object.keys(registry) as (keyof T)[];

const [login, strategy, path] = [keysOf(logins)[0]!, keysOf(strategies)[0]!, keysOf(paths)[0]!];

/** Of a rotation: what the login and the strategy have a say in, and what the delivery path has. */
export type Half = "switch" | "delivery";

export interface Run {
	readonly scenario: Scenario;
	/** What is met in this run, besides all that no earlier run has. */
	readonly halves: readonly Half[];
	/** Instead: whatever these steps do. */
	readonly steps?: readonly string[];
}

/** The sum, not the product: the first of each together; each other login and strategy with one path, each other path with one login. */
export const runs: readonly Run[] = [
	{ scenario: { login, strategy, path }, halves: ["switch", "delivery"] },
	...keysOf(logins)
		.slice(1)
		.map((other): Run => ({ scenario: { login: other, strategy, path }, halves: ["switch"] })),
	...keysOf(strategies)
		.slice(1)
		.map(
			(other): Run => ({
				scenario: { login: strategies[other].login ?? login, strategy: other, path },
				halves: ["switch"],
			}),
		),
	...keysOf(paths)
		.slice(1)
		.map((other): Run => {
			const { meets, strategy: needed = strategy } = paths[other];
			const steps = typeof meets === "object" ? { steps: meets } : {};
			const scenario = { login: strategies[needed].login ?? login, strategy: needed, path: other };
			return { scenario, halves: meets ? [] : ["delivery"], ...steps };
		}),
];

/** The steps until the secret is published, without what they ask the cluster. */
const switching: readonly string[] = ["event", "sweep", "plan", "createSecret", "switch"];
export const halfOf = ({ effect, in: step }: Effect): Half =>
	switching.includes(step) && !effect.startsWith("kubernetes ") ? "switch" : "delivery";
