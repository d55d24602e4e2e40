// What each kind of fault does. An act begins, lasts, and undoes itself; it resolves when the world is as it was.
// FA1. However an act ends, it has undone itself: the next rotation would else fail for a fault that nobody counts.
// FA2. What cannot be done twice at a time (a restart) waits for its turn.

import { setTimeout as pause } from "node:timers/promises";
import type { Host } from "../../packages/functions-host/index.ts";
import type { SecretVersion } from "../../packages/key-vault/index.ts";
import { type VaultEvent, vaultEvent } from "../../packages/key-vault/index.ts";
import { apiOf, at } from "../../packages/kubernetes-api/index.ts";
import type { SeenPod } from "../pods.ts";
import type { Stack } from "../stack.ts";
import { until } from "../until.ts";
import { names } from "../world.ts";
import type { Deployable } from "./bundles.ts";
import type { FaultKind } from "./kinds.ts";
import { admin, type Lane } from "./lanes.ts";
import type { Ledger } from "./ledger.ts";
import type { System, Wires } from "./wires.ts";

export interface World {
	readonly stack: Stack;
	readonly host: Host;
	readonly wires: Wires;
	readonly deployable: Deployable;
	readonly ledger: Ledger;
	/** Aborted when the soak is interrupted, or something in it has failed. */
	readonly signal: AbortSignal;
	/** Which version of the lane's secret each pod has. */
	readonly pods: (lane: Lane) => Promise<SeenPod[]>;
	/** One after the other, for those that name the same thing. */
	inTurn<T>(what: "host" | "postgres" | "cluster", act: () => Promise<T>): Promise<T>;
}

export interface Happening {
	readonly lane: Lane;
	/** The version that was live when the rotation was asked for. */
	readonly base: SecretVersion;
	readonly lastsMs: number;
	/** 0 to 1 */
	readonly choice: number;
	/** Aborted once the rotation is over: what waits to be met waits no longer. */
	readonly over: AbortSignal;
}

/** @returns false when it did not come to pass: nothing that it could have hit came by */
type Act = (world: World, happening: Happening) => Promise<boolean>;

/** As Key Vault says that this version expires soon. */
export const nearExpiry = ({ vault }: Stack, version: SecretVersion): VaultEvent =>
	vaultEvent(vault, "Microsoft.KeyVault.SecretNearExpiry", version, new Date());

const forAWhile =
	(begin: (world: World, happening: Happening) => (() => unknown) | Promise<() => unknown>): Act =>
	async (world, happening) => {
		const undo = await begin(world, happening);
		try {
			await pause(happening.lastsMs, undefined, { signal: world.signal });
		} finally {
			await undo();
		}
		return true;
	};

const cut = (system: System): Act => forAWhile(({ wires }) => wires[system].cut());

const killed = async ({ host, signal }: World, lastsMs: number) => {
	await host.kill();
	await pause(lastsMs, undefined, { signal });
	await host.restart();
};

/** It is restarted and has no token yet, while it can get none. */
const startedWithout =
	(begin: (world: World) => () => void): Act =>
	async (world, { lastsMs }) =>
		world.inTurn("host", async () => {
			await world.host.kill();
			const undo = begin(world);
			try {
				await Promise.all([world.host.restart(), pause(lastsMs + 1_500, undefined, { signal: world.signal })]);
			} finally {
				undo();
			}
			return true;
		});

/** @returns false when no answer was on its way until the rotation was over */
const answerLost =
	(system: System): Act =>
	async ({ wires }, { over }) => {
		while (wires[system].loseNextAnswer() === 0) {
			if (over.aborted) return false;
			await pause(1);
		}
		return true;
	};

/** Begins to last when the vault has answered so for the first time: one that nobody felt proves nothing. */
const answeredByVault =
	(
		statuses: readonly number[],
		secretsOf: (lane: Lane) => readonly string[],
		begin: (world: World, happening: Happening) => () => void,
	): Act =>
	async (world, happening) => {
		const { requests } = world.stack.vault;
		const from = requests.length;
		const secrets = secretsOf(happening.lane);
		const isMet = () =>
			requests.slice(from).some(({ name, status }) => secrets.includes(name ?? "") && statuses.includes(status));
		const undo = begin(world, happening);
		try {
			while (!isMet() && !happening.over.aborted) await pause(20, undefined, { signal: world.signal });
			if (isMet()) await pause(happening.lastsMs, undefined, { signal: world.signal });
		} finally {
			undo();
		}
		return isMet();
	};

const denied = (action: string, secretOf: (lane: Lane) => string): Act =>
	answeredByVault(
		[403],
		(lane) => [secretOf(lane)],
		(_, { lane }) => lane.deny(action, secretOf(lane)),
	);

const liveSecret = ({ name }: Lane) => name;
const allOf = (lane: Lane) => [pendingSecret(lane), lane.name, lane.derived];
const pendingSecret = ({ name }: Lane) => `${name}-pending`;

/** Only what the app asks for: the driver reads the live secret, too, and is not meant. */
const refusing = (status: 429 | 503, code: string): Act =>
	answeredByVault([status], allOf, ({ stack: { vault } }, { lane, choice }) => {
		const rule = { status, code, retryAfterSeconds: 1 + Math.floor(choice * 2), times: Number.POSITIVE_INFINITY };
		const undo = [
			vault.faults.inject({ ...rule, path: new RegExp(`^/secrets/${lane.name}-pending(/|$)`) }),
			vault.faults.inject({ ...rule, method: "PUT", path: new RegExp(`^/secrets/(${lane.name}|${lane.derived})$`) }),
		];
		return () => {
			for (const one of undo) one();
		};
	});

const restarted =
	(how: "fast" | "immediate"): Act =>
	(world) =>
		world.inTurn("postgres", async () => {
			const end = world.ledger.outage();
			await world.stack.postgres.restart(how).finally(end);
			return true;
		});

const withoutRight =
	(take: (lane: Lane) => string, give: (lane: Lane) => string): Act =>
	(world, happening) =>
		world.inTurn("postgres", async () =>
			forAWhile(async ({ stack: { postgres } }, { lane }) => {
				// The local server does not wait for its disk: a crash a moment later would undo the undoing.
				const lasting = (sql: string) => postgres.query(`SET synchronous_commit TO on; ${sql}`);
				await lasting(take(lane));
				return () => lasting(give(lane));
			})(world, happening),
		);

/** The window is a few milliseconds wide: the vault holds the write that would end it, and then takes it no more. */
const inGap =
	(act: (world: World, happening: Happening) => Promise<unknown>): Act =>
	async (world, happening) => {
		const { vault, postgres } = world.stack;
		const { lane, over } = happening;
		const pendingBefore = vault.owner.get(pendingSecret(lane))?.version;
		const sql = "SELECT xmin::text AS row FROM pg_authid WHERE rolname = $1";
		// The server may be down for another lane's sake.
		const rowNow = async () => (await postgres.query<{ row: string }>(sql, [...lane.roles]).catch(() => []))[0]?.row;
		const before = await until("the role's row", 60, rowNow, world.signal);
		const hold = { delayMs: 4_000, cut: "before" } as const;
		const undo = vault.faults.inject({ method: "PUT", path: new RegExp(`^/secrets/${lane.name}$`), ...hold });
		try {
			await reached("stored", () => vault.owner.get(pendingSecret(lane))?.version !== pendingBefore, over);
			while ([undefined, before].includes(await rowNow())) {
				if (over.aborted) return false;
				await pause(20, undefined, { signal: world.signal });
			}
			await act(world, happening);
			return true;
		} finally {
			undo();
		}
	};

const rolePath = at("rbac.authorization.k8s.io/v1", "roles", names.namespace, "titanic-secret-rotator");

export const acts: { readonly [K in FaultKind]: Act } = {
	"host-killed": (world, { lastsMs }) =>
		world.inTurn("host", async () => {
			await killed(world, lastsMs);
			return true;
		}),
	"host-killed-twice": (world, { lastsMs }) =>
		world.inTurn("host", async () => {
			await killed(world, 0);
			await pause(lastsMs, undefined, { signal: world.signal });
			await killed(world, 0);
			return true;
		}),
	"host-killed-in-gap": inGap((world, { lastsMs }) => world.inTurn("host", () => killed(world, lastsMs))),
	"deploy-changed": (world) =>
		world.inTurn("host", async () => {
			await world.deployable.changed(world.host);
			return true;
		}),
	"deploy-renamed": (world) =>
		world.inTurn("host", async () => {
			await world.deployable.renamed(world.host);
			return true;
		}),
	"postgres-restarted": restarted("fast"),
	"postgres-crashed": restarted("immediate"),
	"postgres-crashed-in-gap": inGap(restarted("immediate")),
	"vault-cut": cut("vault"),
	"postgres-cut": cut("postgres"),
	"blobs-cut": cut("blobs"),
	"kubernetes-cut": cut("kubernetes"),
	"identity-cut": startedWithout(({ wires }) => wires.identity.cut()),
	"token-failing": startedWithout(({ stack }) =>
		stack.identity.faults.inject({ path: /^\/msi\/token$/, status: 500, times: Number.POSITIVE_INFINITY }),
	),
	"vault-answer-lost": answeredByVault([0], allOf, ({ stack: { vault } }, { lane, choice }) => {
		const secret = allOf(lane)[Math.floor(choice * 3)] as string;
		return vault.faults.inject({ method: "PUT", path: new RegExp(`^/secrets/${secret}$`), cut: "after" });
	}),
	"postgres-answer-lost": answerLost("postgres"),
	"blobs-answer-lost": answerLost("blobs"),
	"vault-throttled": refusing(429, "Throttled"),
	"vault-unavailable": refusing(503, "ServiceUnavailable"),
	"get-denied": denied("getSecret/action", liveSecret),
	"set-denied": denied("setSecret/action", liveSecret),
	"derived-denied": denied("setSecret/action", ({ derived }) => derived),
	"update-denied": denied("update/action", pendingSecret),
	"cluster-denied": (world, happening) =>
		world.inTurn("cluster", async () => {
			using api = apiOf(world.stack.cluster.kubeConfig(), "administrator");
			const { rules } = await api.get<{ rules: unknown[] }>(rolePath);
			return forAWhile(async () => {
				await api.merge(rolePath, { rules: [] });
				return () => api.merge(rolePath, { rules });
			})(world, happening);
		}),
	"createrole-denied": withoutRight(
		() => `ALTER ROLE ${admin.role} NOCREATEROLE`,
		() => `ALTER ROLE ${admin.role} CREATEROLE`,
	),
	"admin-option-denied": withoutRight(
		({ roles }) => `REVOKE ADMIN OPTION FOR ${roles.join(", ")} FROM ${admin.role}`,
		({ roles }) => `GRANT ${roles.join(", ")} TO ${admin.role} WITH ADMIN OPTION`,
	),
	async "event-duplicated"({ stack }, { base }) {
		const event = nearExpiry(stack, base);
		for (let copy = 0; copy < 2; copy++) stack.topic.publish(event, { duplicate: true });
		return true;
	},
	async "event-delayed"({ stack, signal }, { base, lastsMs }) {
		await pause(lastsMs, undefined, { signal });
		stack.topic.publish(nearExpiry(stack, base));
		return true;
	},
	async "event-out-of-order"({ stack }, { lane, base }) {
		const versions = stack.vault.owner.versions(lane.name);
		const older = versions[versions.findIndex(({ version }) => version === base.version) - 1] ?? base;
		stack.topic.publish(nearExpiry(stack, older));
		return true;
	},
};

/** Waits until something is so, or gives up with the rotation's end. */
export const reached = (what: string, is: () => boolean, over: AbortSignal): Promise<true | undefined> =>
	until(what, 600, async () => (is() || over.aborted ? true : undefined), undefined, 10);
