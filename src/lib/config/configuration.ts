// The rotation configuration: what is managed, where it lives, who consumes it.
// C1. Strict: an unknown key is a mistake, not an extension. Otherwise: a misspelt option silently keeps its default.
// C2. Every message names the allowed range and, by path and line, the place; of the value only what fields.ts allows.

import * as z from "zod";
import { kindNames } from "../kinds/index.ts";
import { Delivery } from "../paths/index.ts";
import { type StrategyName, strategies, strategyNames } from "../strategies/index.ts";
import { targets } from "../targets/index.ts";
import { Backups } from "./backups.ts";
import { calendarFields, Freeze, wrongWithCalendar } from "./calendar.ts";
import { type Inconsistency, inconsistencies } from "./consistency.ts";
import {
	Key,
	kubernetesName,
	list,
	mapping,
	oneOf,
	PemFile,
	record,
	SecretName,
	text,
	wanted,
	wantedIn,
	whole,
} from "./fields.ts";
import { Notifications, wrongWithNotifications } from "./notifications.ts";
import { exemptions, PolicyClass, policyClass, wrongWithClasses } from "./policy-classes.ts";
import { RepositoryConfig } from "./repository.ts";
import { SafeUrl } from "./safe-url.ts";

/** Key Vault has no path; secrets of a vault with one would be asked for where there are none. */
const VaultUrl = SafeUrl.refine((value) => new URL(value).pathname === "/", {
	error: "has a path; give https://<name>.vault.azure.net",
}).meta({ patternErrorMessage: "an https URL" });

export const Vault = mapping({
	url: VaultUrl.describe("https://<name>.vault.azure.net"),
	name: Key.optional().describe("The vault's name in Azure, where it is not the URL's first label."),
	writesPer10Seconds: whole("versions", 22, 300)
		.default(30)
		.describe(
			"How many new versions all instances of the app together make in it within 10 s, at most; whatever is more waits. Key Vault takes 300 from everybody together.",
		),
});
export type Vault = z.infer<typeof Vault>;

export type Server = z.infer<typeof targets.postgres.schema>;

const Cluster = mapping({
	server: SafeUrl.describe("The API server, https://..."),
	ca: PemFile,
	deliveriesAtOnce: whole("rotations", 1, 1_000)
		.optional()
		.describe(
			"How many rotations bring their versions into one namespace at once, at most: each from before its switch to its end, for an hour at most. Another one waits before it changes anything. Absent: any number.",
		),
});

const flag = () => z.boolean(wanted("true or false")).optional();
/** What no manifest says. */
const Application = mapping({
	readsAgain: flag().describe(
		"It reads its file, or the vault, again when a login is rejected (28P01). Absent: no is assumed.",
	),
	keepsSessions: flag().describe(
		"Its pool opens all sessions at the start and keeps them, so that requests need no new login. Absent: no is assumed.",
	),
	startSeconds: whole("seconds", 1, 3_600)
		.optional()
		.describe("From a pod's creation to its readiness. Absent: 30 is assumed."),
});

const ConsumerConfig = mapping({
	cluster: Key.describe("One of clusters."),
	namespace: kubernetesName.describe("The workload's namespace."),
	kind: oneOf(kindNames).describe("The workload's kind."),
	name: kubernetesName.describe("The workload's name."),
	delivery: Delivery,
	canary: flag().describe(
		"It gets each new version first: the other consumers are begun once it has proved it. Only where the value before stays valid meanwhile: with alternating-users, and with random-value where there are fallbacks. Absent: no.",
	),
	roll: oneOf(["none"])
		.optional()
		.describe(
			"`none`: no pod is replaced, because the application reads its file, or the vault, again by itself. Refused where it takes the value from anything that stays as it is while a pod runs. Absent: all pods are restarted.",
		),
	copyTimeoutSeconds: whole("seconds", 10, 86_400)
		.default(300)
		.describe("How long, in seconds, the copy may stay old: the driver's poll interval and 90 s more."),
	rolloutTimeoutSeconds: whole("seconds", 10, 86_400)
		.default(900)
		.describe(
			"How long, in seconds, the restart of all pods may take; with `roll: none`, until all have the new version.",
		),
	rollTogetherSeconds: whole("seconds", 0, 600)
		.optional()
		.describe(
			"How long, in seconds, it waits before the roll for other secrets of the same workload that are being rotated, so that it is rolled once. Absent: 60; and 0 with single-user, where each second counts for how long requests may fail.",
		),
	application: Application.optional(),
	events: flag().describe(
		"Kubernetes Events on the workload say when a delivery begins and how it ends. The app needs the right to create events in the namespace; without it, nothing else changes. Absent: no.",
	),
	maxExposureSeconds: whole("seconds", 0, 86_400)
		.optional()
		.describe(
			"How long, in seconds, requests may fail after the change of the password, as the plan computes it. Above it a rotation that nobody forced is refused. Absent: the plan warns where it is above 0.",
		),
});
export type ConsumerConfig = z.infer<typeof ConsumerConfig>;

/** What every secret has, before and behind what its strategy has. */
const place = {
	vault: Key.describe("One of vaults."),
	name: SecretName.optional().describe("The secret's name in that vault. Default: the entry's own."),
};
const schedule = {
	rotateEveryDays: whole("days", 1, 730).default(90).describe("The rotation period, in days."),
	expiryMarginDays: whole("days", 1, 365)
		.default(30)
		.describe(
			"A new version expires so many days after it is due. Below 30, the sweep is what starts the rotation: Key Vault's near-expiry event comes 30 days before expiry, and is then too early.",
		),
	policyClass,
	...calendarFields,
	approval: oneOf(["required", "none"])
		.optional()
		.describe(
			"`required`: each rotation and rollback waits until another person has approved its plan. Absent: as `approvals.required` says.",
		),
	consumers: list(ConsumerConfig, 20).describe("Workloads that use the secret."),
};

const entryOf = <F extends z.ZodRawShape>(fields: F) => mapping({ ...place, ...fields, ...schedule });
type EntryOf<N> = N extends StrategyName ? ReturnType<typeof entryOf<(typeof strategies)[N]["fields"]>> : never;

const Entry = z.discriminatedUnion(
	"strategy",
	Object.values(strategies).map(({ fields }) => entryOf(fields)) as unknown as [EntryOf<StrategyName>],
	wantedIn("strategy", strategyNames.map((name) => JSON.stringify(name)).join(" or "), strategyNames),
);
/** `name` is the secret's in its vault, given or not; and so is the strategy. */
type Named<E> = E extends { strategy?: infer S }
	? Omit<E, "strategy"> & { name: string; strategy: NonNullable<S> }
	: never;
export type ManagedSecret = Named<z.infer<typeof Entry>>;

const anyOf = (options: readonly string[]) =>
	mapping(Object.fromEntries(options.map((option) => [option, z.unknown().optional()])));
const optionsByStrategy = new Map<unknown, ReadonlySet<string>>(
	strategyNames.map((name) => [
		name,
		new Set(Object.keys({ ...place, ...strategies[name].fields, ...schedule }).filter((option) => option !== "name")),
	]),
);
/** Of a secret's entry, its name aside; single-user's where no strategy is known. */
export const optionsOf = (strategy: unknown): ReadonlySet<string> =>
	optionsByStrategy.get(strategy) ?? optionsByStrategy.get("single-user")!;
/** What they hold is checked in the entries that take it. */
const Defaults = mapping({
	secrets: anyOf([...new Set(strategyNames.flatMap((name) => [...optionsOf(name)]))])
		.optional()
		.describe("Options of secrets, for each that leaves them out and whose strategy has them."),
	consumers: anyOf(Object.keys(ConsumerConfig.shape))
		.optional()
		.describe("Options of consumers, for each that leaves them out."),
}).optional();
const include = list(text("a relative path that ends in .yaml, or a pattern with * and ?", /^[^\0]+$/), 200).describe(
	"Further files, relative to this one and in the first file's folder; `*` and `?` stand for names. They have `vaults`, `servers`, `clusters`, `repositories`, `secrets` and `include`.",
);

const names = z.record(z.string(), z.unknown(), wanted("a mapping of names")).optional();
/** The parts of a file that is included: what is for all secrets is in the first file. */
export const Included = mapping({
	...{ vaults: names, servers: names, clusters: names, repositories: names, secrets: names },
	include,
});

const Shape = mapping({
	vaults: record(Key, Vault, 200),
	servers: record(Key, targets.postgres.schema, 2000),
	clusters: record(Key, Cluster, 50).default({}),
	repositories: record(Key, RepositoryConfig, 50).default({}),
	approvals: mapping({
		required: z
			.boolean(wanted("true or false"))
			.default(false)
			.describe("Rotations and rollbacks of every secret need an approval, unless the secret says `approval: none`."),
		expireHours: whole("hours", 1, 168)
			.default(24)
			.describe("How long an order waits for its approval, in hours, its rotation's begin included."),
	}).default({ required: false, expireHours: 24 }),
	freezes: list(Freeze, 50).describe("Times in which no rotation starts by itself."),
	policyClasses: record(Key, PolicyClass, 50)
		.default({})
		.describe("Why secrets are rotated as often as they are: each with its rationale and its risk analysis."),
	exemptions,
	notifications: Notifications,
	backups: Backups,
	secrets: record(SecretName, Entry, 20_000),
	defaults: Defaults,
	include,
});

/** Parts that no included file has. */
export const firstOnly: ReadonlySet<string> = new Set(
	Object.keys(Shape.shape).filter((part) => !Object.hasOwn(Included.shape, part)),
);

/** The whole file, each field by itself. Keys of `secrets` are ids: what the API, the audit log and the records call the managed secrets. */
export const Configuration = Shape.transform(({ include: _, defaults: __, ...config }) => ({
	...config,
	secrets: named(config.secrets),
}));

/** What fields are to each other. @returns everything wrong; the caller sorts it by lines */
export function wrongTogether(config: Configuration): Inconsistency[] {
	const found = inconsistencies(config);
	const problem = (path: PropertyKey[], message: string) => void found.push({ path, message });
	wrongWithCalendar(config, problem);
	wrongWithClasses(config, problem);
	wrongWithNotifications(config, problem);
	return found;
}

export type Configuration = z.infer<typeof Configuration>;

const named = (entries: Readonly<Record<string, z.infer<typeof Entry>>>): Record<string, ManagedSecret> =>
	Object.fromEntries(
		Object.entries(entries).map(([id, entry]) => {
			const { name = id, strategy = "single-user" } = entry;
			return [id, { ...entry, name, strategy } as ManagedSecret];
		}),
	);

/** Does each rotation of this secret wait until another person has approved it? */
export const needsApproval = ({ approvals }: Pick<Configuration, "approvals">, { approval }: ManagedSecret): boolean =>
	approval === undefined ? approvals.required : approval === "required";

/** The vault's name in Azure: what events and SecretProviderClasses call it. */
export const azureNameOf = (vault: Vault): string => vault.name ?? new URL(vault.url).hostname.split(".")[0]!;
