// A whole rotation in memory: every port is a fake that passes its contract suite, the activities are the product's own.
// Time passes only when an orchestrator waits. A crash is an effect at which the process dies: nothing after it happens,
// database sessions end, and the activity comes again, as the durable host brings it again.

import type { Ports } from "../../src/lib/app.ts";
import { Configuration } from "../../src/lib/config/configuration.ts";
import { type Line, verifyChain } from "../../src/lib/domain/audit-chain.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import type { Notice } from "../../src/lib/domain/notice.ts";
import { Password } from "../../src/lib/domain/password.ts";
import type { RotationRequest } from "../../src/lib/domain/requests/index.ts";
import type { ConsumerStatus, RotationStatus } from "../../src/lib/domain/rotation.ts";
import { orchestrators } from "../../src/lib/orchestrators/index.ts";
import type { Command } from "../../src/lib/orchestrators/process.ts";
import { silent, type Telemetry } from "../../src/lib/ports/telemetry.ts";
import type { Run as Execution, Ids } from "../../src/lib/steps/boundary.ts";
import { activities } from "../../src/lib/steps/index.ts";
import { fakeCluster } from "./fake-cluster.ts";
import { fakeDatabase } from "./fake-database.ts";
import { fakeVault } from "./fake-vault.ts";
import type { Hooks } from "./hooks.ts";
import { memoryAudit } from "./memory-audit.ts";
import { memoryHeads } from "./memory-heads.ts";
import { memoryRecords } from "./memory-records.ts";
import { Lost, type Orchestrator, type Perform, play, type Run } from "./replayed.ts";
import { type Changes, requestOf } from "./requests.ts";

const day = 86_400_000;
const role = "titanic_admin";
const firstPassword = "first-password";
export const deployment = { namespace: "titanic-api", name: "titanic-api" };

const configuration = {
	vaults: { main: { url: "https://titanic-kv-prod.vault.azure.net" } },
	servers: { "titanic-db": { host: "titanic-db.postgres.database.azure.com", database: "titanic" } },
	clusters: { "titanic-aks": { server: "https://titanic-aks.hcp.azmk8s.io" } },
	secrets: {
		"db-password": {
			vault: "main",
			server: "titanic-db",
			role,
			login: { mode: "self" } as object,
			derived: [{ secret: "db-connection-string", template: "postgresql://{role}:{password}@{host}/{database}" }],
			consumers: [
				{
					cluster: "titanic-aks",
					kind: "Deployment",
					...deployment,
					delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" },
					application: { readsAgain: true, keepsSessions: true },
				},
			],
		},
	},
};

class ProcessDied extends Error {}

/** When the host hands out a step again whose process died. */
const redeliveryMs = 2_000;

/** The second role of two that take turns, and their owner. */
export const secondRole = "titanic_second";
export const ownerRole = "titanic_owner";

const jsonValue = { template: '{"username": "{role}", "password": "{password}"}', format: "json" };

/** @param options.value what the secret's value is made of; default: the password alone
 * @param options.mostAttempts ends every patience sooner: a day of tries writes thousands of records */
export function rotationWorld(
	options: {
		login?: object;
		mostAttempts?: number;
		value?: "json" | "random" | "keys" | "turns";
		telemetry?: Telemetry;
	} = {},
) {
	let time = Date.parse("2026-11-23T12:00:00Z");
	const now = () => new Date(time);
	const clock = { now };
	const effects: string[] = [];
	const notices: Notice[] = [];
	let later: { at: number; act: () => void } | undefined;
	let event: (() => unknown) | undefined;
	let restarted: (() => Promise<unknown>) | undefined;
	let heard: ((effect: string) => void) | undefined;
	let dead = false;
	let instanceIsLost = false;
	let die: { at: number; when: "before" | "after" } | undefined;
	const hooks: Hooks = {
		before(effect) {
			if (dead) throw new ProcessDied();
			effects.push(effect);
			if (die?.at === effects.length && die.when === "before") throw kill();
		},
		after(effect) {
			heard?.(effect);
			if (die?.at === effects.length && die.when === "after") throw kill();
		},
	};
	let deaths = 0;
	const kill = () => {
		dead = true;
		deaths++;
		return new ProcessDied();
	};
	const revive = () => {
		dead = false;
		die = undefined;
		database.endSessions();
	};

	const vault = fakeVault({ now, hooks });
	const database = fakeDatabase({ name: "titanic-db", hooks, now });
	const cluster = fakeCluster({ name: "titanic-aks", now, hooks });
	const audit = memoryAudit({ clock, hooks });
	const heads = memoryHeads({ hooks });
	const records = memoryRecords({ hooks, now });

	const tags = { application: "titanic-api", rotation: "90days" };
	const inDays = (days: number) => new Date(time + days * day);
	const takesTurns = options.value === "turns";
	const isJson = options.value === "json" || takesTurns;
	const written = (password: string) => (isJson ? `{"username": "${role}", "password": "${password}"}` : password);
	const passwordOf = (value: string): string => (isJson ? JSON.parse(value).password : value);
	const hasKeys = options.value === "keys";
	/** What signs. */
	const keyOf = (value: string): string => (value.startsWith("{") ? JSON.parse(value).current : value);
	const roleOf = (value: string): string => (isJson ? JSON.parse(value).username : role);
	vault.seed("db-password", written(firstPassword), {
		tags,
		created: inDays(-100),
		expires: inDays(29),
		contentType: "text/plain",
	});
	vault.seed("db-connection-string", `postgresql://${role}:${firstPassword}@titanic-db/titanic`, { tags });
	vault.seed("admin-password", "admin-password-value", {});
	database.createRole(role, { password: firstPassword });
	database.createRole("rotator", {
		password: "admin-password-value",
		hasCreateRole: true,
		adminOn: [role, secondRole],
	});
	if (takesTurns) {
		const turn = { memberOf: [ownerRole], actsAs: ownerRole };
		database.createRole(ownerRole, { password: "nobody has it", canLogin: false });
		database.createRole(secondRole, { password: "nobody knows it", ...turn });
		database.alterRole(role, turn);
	}
	const api = cluster.deploy(deployment, { copyLooks: 2, rolloutLooks: 2 });

	/** The pods have the newest version of each of these. */
	const hold = (...secrets: readonly string[]) => {
		const seeded = (secret: string) => {
			const { version, value } = vault.versions(secret).at(-1)!;
			return { vault: "main", secret, version, value: new Password(value) };
		};
		api.holds(secrets.map(seeded));
	};
	hold("db-password", "db-connection-string");

	const text = structuredClone(configuration);
	const isRandom = options.value === "random" || hasKeys;
	if (isRandom) {
		const { server: _, role: __, login: ___, ...others } = text.secrets["db-password"];
		const derived = [{ secret: "db-connection-string", template: `postgresql://${role}:{value}@titanic-db/titanic` }];
		const fallbacks = hasKeys ? { fallbacks: { sessionLifetimeHours: 240 } } : {};
		Object.assign(text.secrets, { "db-password": { ...others, strategy: "random-value", derived, ...fallbacks } });
	}
	if (isJson) Object.assign(text.secrets["db-password"], { value: jsonValue });
	if (takesTurns) {
		const { role: first, ...others } = text.secrets["db-password"];
		const login = { mode: "admin-secret", secret: "admin-password", role: "rotator" };
		const pair = { strategy: "alternating-users", roles: [first, secondRole], owner: ownerRole, login };
		Object.assign(text.secrets, { "db-password": { ...others, ...pair } });
	}
	if (options.login) text.secrets["db-password"].login = options.login;
	const world = { config: text };
	/** Parsed anew when it has changed, as the file is. */
	let read: { text: string; parsed: ReturnType<typeof Configuration.safeParse> } | undefined;
	const ports: Ports = {
		clock,
		configuration: async () => {
			const text = JSON.stringify(world.config);
			if (read?.text !== text) read = { text, parsed: Configuration.safeParse(world.config) };
			const { parsed } = read;
			if (!parsed.success) throw new Fault("configuration-invalid", { file: "test", problems: "broken." });
			return { config: parsed.data, text: "secrets: {}\n", hash: "c0ffee", folder: "." };
		},
		audit: async () => audit,
		heads: async () => heads.heads,
		records: async () => records,
		backups: async () => Promise.reject(new Error("There are no backups in this world.")),
		store: async () => vault.store,
		database: async () => database.database,
		repository: async () => Promise.reject(new Error("There is no repository in this world.")),
		encryptionKeys: async () => Promise.reject(new Error("There is no key in this world.")),
		identity: async () => ({}),
		channel: async (name) => {
			throw new Fault("channel-unknown", { channel: name });
		},
		workloads: async () => cluster.workloads,
		deliveryPath: async () => cluster.path,
	};

	const watched = options.telemetry ?? silent;
	let executions = 0;
	/** What runs beside, as `Rotations` would tell it. */
	const running = new Map<string, RotationStatus>();
	const reported = (input: object, told: unknown) => {
		const status = told as RotationStatus | ConsumerStatus;
		const { secret } = input as Ids;
		const whole = running.get(secret);
		if (!("workload" in status)) running.set(secret, status);
		else if (whole) {
			const consumers = (whole.consumers ?? []).map((one) => (one.workload === status.workload ? status : one));
			running.set(secret, { ...whole, consumers });
		}
	};
	const perform: Perform = async (command) => {
		if (instanceIsLost && die === undefined) instanceIsLost = false;
		if (command.ask === "first" && event !== undefined) {
			const act = event;
			event = undefined;
			goOnTo(time + 1000);
			await act();
			return undefined;
		}
		if (command.ask !== "activity") {
			const { until } = command.ask === "first" ? command.of[0] : command;
			goOnTo(Date.parse(until));
			return undefined;
		}
		for (;;) {
			try {
				return await execute(command);
			} catch (error) {
				if (!dead) throw error;
				revive();
				await restarted?.();
				if (dead) revive();
				if (instanceIsLost) throw new Lost();
				goOnTo(time + redeliveryMs);
			}
		}
	};
	const goOnTo = (at: number) => {
		time = Math.max(time, at);
		if (!later || time < later.at) return;
		later.act();
		later = undefined;
	};
	const execute = async (command: Extract<Command, { ask: "activity" }>) => {
		const activity = activities[command.name as keyof typeof activities] as (
			p: Ports,
			i: unknown,
			r: Execution,
		) => Promise<unknown>;
		const run = {
			attempt: `run-${++executions}`,
			tell: (notice: Notice) => {
				notices.push(notice);
				watched.told(notice);
			},
			rotations: { running: async (secret: string) => running.get(secret) },
		};
		const input = JSON.parse(JSON.stringify(command.input));
		const answer = await watched.activity({ name: command.name, input, attempt: run.attempt }, () =>
			activity(ports, input, run),
		);
		if (dead) throw new ProcessDied();
		return answer;
	};

	const live = () => vault.versions("db-password").at(-1)!;
	const accepts = (password: string, of = role) =>
		database.database.accepts({ role: of, password: new Password(password) });
	let requests = 0;
	return Object.assign(world, {
		vault,
		database,
		cluster,
		deployment: api,
		hold,
		audit,
		heads,
		records,
		ports,
		effects,
		/** What alerts would see. */
		notices,
		role,
		/** Of the live value. */
		liveRole: () => roleOf(live().value),
		firstPassword,
		now,
		pass(milliseconds: number) {
			time += milliseconds;
		},
		/** Does this so many seconds from now, when time passes: between two tries of an activity, or in a wait. */
		atTime(seconds: number, act: () => void) {
			later = { at: time + seconds * 1000, act };
		},
		/** The event comes that the next pause also waits for. */
		atEvent(act: () => unknown = () => {}) {
			event = act;
		},
		/** Told of each effect once it took place. */
		onEffect(listener: (effect: string) => void) {
			heard = listener;
		},
		/** What the new process does before the activity comes again; where it dies of that, there is another one. */
		onRestart(then: () => Promise<unknown>) {
			restarted = then;
		},
		/** Whether the process has died as it was told to. */
		died: () => deaths > 0,
		/** The process dies at the n-th effect from the beginning of the world (1 = the first). */
		dieAt: (at: number, when: "before" | "after") => {
			die = { at, when };
			instanceIsLost = false;
		},
		/** The same, and its instance is lost too (purged, or its code was changed): only another trigger can go on. */
		loseInstanceAt: (at: number, when: "before" | "after") => {
			die = { at, when };
			instanceIsLost = true;
		},
		running,
		request: (changes: Changes = {}): RotationRequest =>
			requestOf({
				rotationId: `${changes.secret ?? "db-password"}.00000000-0000-4000-8000-${String(++requests).padStart(12, "0")}`,
				actor: { kind: "event-grid", id: "event-1" },
				requestedAt: now().toISOString(),
				...changes,
			}),
		run(request: RotationRequest, mode: "straight" | "replayed" = "straight"): Promise<Run<RotationStatus>> {
			const orchestrator = orchestrators[request.kind] as Orchestrator<RotationRequest, RotationStatus>;
			return play(mode, orchestrator, request, perform, now, options.mostAttempts, reported);
		},
		live,
		accepts,
		/** Values that the live secret ever had. */
		values: () => new Set(vault.versions("db-password").map(({ value }) => value)),
		/** Whether vault, derived secret and database agree, and whose password it is. */
		async agreement() {
			const derived = vault.versions("db-connection-string").at(-1)?.value ?? "";
			const password = hasKeys ? encodeURIComponent(live().value) : passwordOf(live().value);
			return {
				// What no database knows is in force where it is live.
				liveLogsIn: isRandom || (await accepts(password, roleOf(live().value))),
				derivedAgrees: derived.includes(`:${password}@`),
				isNew: (hasKeys ? keyOf(live().value) : password) !== firstPassword,
			};
		},
		chain: () => verifyChain(linesOf(audit.lines)),
	});
}

async function* linesOf(texts: readonly string[]): AsyncGenerator<Line> {
	for (const [index, text] of texts.entries()) yield { file: "memory", line: index + 1, text };
}
