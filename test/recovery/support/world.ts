// One case: a rotation with the product's real adapters on real servers, one fault at one of its effects, and recovery as
// production recovers: the activity comes again, the event comes again, the sweep comes. Nobody else does anything.

import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startVault } from "../../../packages/key-vault/index.ts";
import { auditLines } from "../../../src/lib/adapters/blob/audit-log.ts";
import { headLines } from "../../../src/lib/adapters/blob/heads.ts";
import type { Ports } from "../../../src/lib/app.ts";
import { composePorts } from "../../../src/lib/composition.ts";
import { verifyChain } from "../../../src/lib/domain/audit-chain.ts";
import type { Outcome } from "../../../src/lib/domain/codes.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { parseHead } from "../../../src/lib/domain/signed-head.ts";
import type { Perform } from "../../../src/lib/ports/effect.ts";
import { alone } from "../../support/alone.ts";
import type { Effect, Target } from "./effect.ts";
import { type FaultName, hitOf } from "./faults.ts";
import { gitOps } from "./git-ops.ts";
import type { Hand } from "./hand.ts";
import { durableHost, executing, type Life } from "./host.ts";
import { container, derivedOf, firstPassword, firstValue, logsIn, seed } from "./place.ts";
import { grantRights, type Rights, signingKey } from "./rights.ts";
import { loginIn, logins, type Place, paths, type Scenario, strategies } from "./scenarios.ts";
import type { Servers } from "./servers.ts";

export interface Case {
	readonly scenario: Scenario;
	readonly mode: "straight" | "replayed";
	readonly fault?: FaultName;
	readonly at?: Target;
	/** What the fault comes to there. */
	readonly means?: string;
	/** What its first run may end as; anything when absent. */
	readonly outcomes?: readonly Outcome[] | undefined;
}

class ProcessDied extends Error {}

const hour = 3_600_000;
const vaultName = "titanic-kv";
/** Requests of the case itself, and those that arrive late: they pass the seam a second time unseen. */
const outside = new AsyncLocalStorage<true>();

export interface World extends AsyncDisposable {
	readonly place: Place;
	readonly hand: Hand;
	/** The other secret of the workload, where there are two. */
	readonly also?: string | undefined;
	readonly effects: readonly Effect[];
	/** The trigger, then the rotation until it ends or is lost. */
	rotate(): Promise<RotationStatus[]>;
	/** The next sweep, and what it starts. @returns how the sweep went, and what ended */
	sweep(): Promise<{ how: "failed" | "ended" | "idle"; ended: readonly RotationStatus[] }>;
	/** Whether the fault was met. */
	met(): boolean;
	/** Requests that were under way arrive now. */
	arrive(): Promise<void>;
	/** Gives back what was taken away for good. */
	mend(): Promise<void>;
	accepts(value: string): Promise<boolean>;
	live(): string;
	derivedAgrees(): boolean;
	values(): number;
	pendingEnabled(): boolean;
	chain(): ReturnType<typeof verifyChain>;
	/** The last record that a signed head names: beside the log, and in the second store. */
	signedUpTo(): Promise<number[]>;
	codes(): Promise<string[]>;
	/** The value that the live secret began with, and whether it goes on to log in. */
	readonly firstPassword: string;
	readonly keepsOld: boolean;
	readonly now: () => Date;
	/** The product's, of a life of their own: nothing is done to what they do. */
	ports(): Ports;
	readonly rights: Rights;
}

/** Of a Secret whose name follows its contents, which are each case's own, without that part. */
export const withoutHash = (text: string): string =>
	text.replace(/(titanic-api-secrets)-[2456789bcdfghkmt]{10}\b/g, "$1-(hash)");

export async function openWorld(servers: Servers, { scenario, mode, fault, at }: Case): Promise<World> {
	await using stack = new AsyncDisposableStack();
	const id = randomBytes(4).toString("hex");
	let time = Date.parse("2026-11-23T12:00:00Z");
	const now = () => new Date(Math.floor(time / 1000) * 1000);
	const vault = stack.use(await startVault({ identity: servers.identity, name: vaultName, now }));
	const [namespace, role] = [`titanic-${id}`, `titanic_admin_${id}`];
	const values = {
		"db-password": firstValue(scenario.strategy, role),
		"database-url": derivedOf(role, firstPassword),
	};
	const { git, also } = paths[scenario.path];
	const ops = git && stack.use(await gitOps({ vault, namespace, now, ...git }, values));
	const second = `titanic_second_${id}`;
	const place: Place = { servers, vault, id, namespace, role, second, ...(ops && { gitOps: ops }) };
	const config = await seed(place, scenario, now);
	vault.owner.createKey(signingKey);
	const rights = stack.use(grantRights(place, scenario.login, also));
	const hand = stack.use(await paths[scenario.path].deploy({ ...place, now, ...(also && { also }) }));
	const containers = await Promise.all(
		["audit", "records", "audit-copy"].map((kind) => container(servers, `${kind}-${id}`)),
	);
	// What is left of a case slows the next ones down.
	for (const one of containers) stack.defer(async () => void (await one.delete()));
	const configFile = join(servers.folder, `${id}.yaml`);
	await writeFile(configFile, JSON.stringify(config));
	const settings = {
		...servers.env,
		ROTATION_CONFIG_FILE: configFile,
		AUDIT_CONTAINER_URL: containers[0]!.url,
		RECORDS_CONTAINER_URL: containers[1]!.url,
		AUDIT_SIGNING_KEY_URL: `${vault.url}/keys/${signingKey}`,
		AUDIT_COPY_CONTAINER_URL: containers[2]!.url,
		OPERATORS_ISSUER: "https://login.example.org/v2.0",
		OPERATORS_AUDIENCE: "titanic-secret-rotator",
		OPERATORS_JWKS_URL: "https://login.example.org/keys",
	};

	const effects: Effect[] = [];
	const counts = new Map<string, number>();
	const late: { act: () => Promise<unknown>; until: "next effect" | "the end" }[] = [];
	let current: (Life & { die(): Error; bury(): Promise<void> }) | undefined;
	let hits = 0;
	let mendRight: (() => Promise<void>) | undefined;

	const hit =
		fault &&
		hitOf(fault, at!, {
			die: () => current!.die(),
			postpone: (act, until) => void late.push({ act, until }),
			async forbid(effect) {
				mendRight = await rights.take(effect);
				return mendRight !== undefined;
			},
		});
	const arrive = async (until?: "next effect") => {
		for (const one of late.splice(0)) {
			if (until && one.until !== until) late.push(one);
			else await outside.run(true, () => one.act().catch(() => {}));
		}
	};

	const nameOf = (effect: string) => withoutHash(effect.replaceAll(`_${id}`, "").replaceAll(`-${id}`, ""));
	const seam = (life: () => { dead: boolean; under: Set<Promise<unknown>> }): Perform => {
		return async <T>(effect: string, act: () => Promise<T>): Promise<T> => {
			if (outside.getStore()) return act();
			const state = life();
			if (state.dead) throw new ProcessDied();
			if (late.length > 0) await arrive("next effect");
			const name = nameOf(effect);
			const nth = (counts.get(name) ?? 0) + 1;
			counts.set(name, nth);
			const { name: activity, number } = executing.getStore()!;
			effects.push({ effect: name, nth, in: activity, execution: number, alongside: state.under.size > 0 });
			const isMet = hit !== undefined && at?.effect === name && nth >= at.nth && nth < at.nth + hit.times && !mended;
			if (isMet) hits++;
			const acting = isMet ? hit.act(effect, act) : act();
			state.under.add(acting);
			try {
				const answer = await acting;
				if (state.dead) throw new ProcessDied();
				return answer;
			} finally {
				state.under.delete(acting);
			}
		};
	};
	let mended = false;

	/** A new life has new clients, and nothing of the memory of the one before. */
	function begin() {
		const state = { dead: false, under: new Set<Promise<unknown>>() };
		const perform = seam(() => state);
		return {
			// The only one that is at work: what it notes of itself, by a timer, would be other calls in each run.
			ports: composePorts(settings, { perform, clock: { now }, instances: alone }),
			perform,
			isDead: () => state.dead,
			die() {
				state.dead = true;
				return new ProcessDied();
			},
			/** What it had sent is through, and the server has noticed that its sessions are gone. */
			async bury() {
				await Promise.allSettled(state.under);
				await servers.sql.query(
					`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
					WHERE usename LIKE $1 AND application_name = 'titanic-secret-rotator'`,
					[`%${id}`],
				);
			},
		};
	}
	const pass = async (ms: number) => {
		time += ms;
		await hand.round();
	};
	const host = durableHost({
		mode,
		now,
		pass,
		async life() {
			if (current?.isDead()) {
				await current.bury();
				current = undefined;
			}
			current ??= begin();
			return current;
		},
		losesInstance: () => fault?.startsWith("its instance is lost") ?? false,
	});

	const live = () => vault.owner.get("db-password")!;
	const event = () => ({
		id: randomUUID(),
		eventType: "Microsoft.KeyVault.SecretNearExpiry",
		data: { VaultName: vaultName, ObjectName: "db-password", ObjectType: "Secret", Version: live().version },
	});
	const owned = stack.move();
	return {
		place,
		hand,
		also,
		effects,
		firstPassword: firstValue(scenario.strategy, role),
		keepsOld: strategies[scenario.strategy].leavesOld ?? false,
		now,
		ports: () => composePorts(settings, { clock: { now } }),
		rights,
		async rotate() {
			const how = logins[scenario.login].trigger;
			const given = event();
			// Event Grid delivers an event again that was not acknowledged.
			for (
				let delivery = 1;
				(await host.trigger(how, given)) === "failed" && how === "event" && delivery < 4;
				delivery++
			)
				await pass(60_000);
			const ended = await host.work();
			await arrive("next effect");
			return ended;
		},
		async sweep() {
			await pass(6 * hour);
			const how = await host.trigger("sweep");
			return { how, ended: await host.work() };
		},
		met: () => hits > 0,
		arrive: () => arrive(),
		async mend() {
			mended = true;
			await mendRight?.();
		},
		async accepts(value) {
			if (!strategies[scenario.strategy].isInDatabase) return value === live().value;
			const login = loginIn(scenario, place, value);
			return logsIn(servers, login.role, login.password);
		},
		live: () => live().value,
		derivedAgrees() {
			const login = loginIn(scenario, place, live().value);
			return vault.owner.get("db-connection-string")?.value === derivedOf(login.role, login.password);
		},
		values: () => new Set(vault.owner.versions("db-password").map(({ value }) => value)).size,
		pendingEnabled: () => {
			const pending = vault.owner.get("db-password-pending");
			return pending?.enabled === true && pending.tags["rotation-id"] !== undefined;
		},
		chain: () => verifyChain(auditLines({ containerUrl: containers[0]!.url, credential: servers.storage.credential })),
		signedUpTo: () =>
			Promise.all(
				[containers[0]!, containers[2]!].map(async ({ url: containerUrl }) => {
					const lines = headLines({ containerUrl, credential: servers.storage.credential });
					const heads = (await Array.fromAsync(lines)).map(({ text }) => parseHead(text));
					return Math.max(0, ...heads.map((signed) => signed?.head.seq ?? Number.POSITIVE_INFINITY));
				}),
			),
		async codes() {
			const found: string[] = [];
			for await (const { text } of auditLines({
				containerUrl: containers[0]!.url,
				credential: servers.storage.credential,
			})) {
				const { data } = JSON.parse(text);
				found.push(`${data.rotationId.slice(-4)} ${data.step} ${data.phase} ${data.code ?? ""} ${data.attempt}`);
			}
			return found;
		},
		async [Symbol.asyncDispose]() {
			await current?.bury();
			await owned.disposeAsync();
		},
	};
}
