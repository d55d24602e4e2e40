// Rotations as the durable host keeps them, of every orchestrator and way that a version of the app can be in the middle of when the next
// one is deployed. `RECORD_HISTORIES=0.2.0` with test/unit/orchestrators/upgrade.test.ts writes those of this version.

import { notify } from "../../src/lib/orchestrators/notify.ts";
import type { Command } from "../../src/lib/orchestrators/process.ts";
import { sweepAll } from "../../src/lib/orchestrators/sweep.ts";
import { type History, Lost, type Orchestrator, play } from "./replayed.ts";
import { rotationWorld } from "./rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;
type Recorded = { readonly histories: readonly History[] };

const operator = { kind: "operator", id: "somebody" } as const;
const hour = 3_600_000;

const rotated = async (options: Parameters<typeof rotationWorld>[0] = {}): Promise<World> => {
	const world = rotationWorld(options);
	await world.run(world.request());
	return world;
};

/** Each makes what there is to do, and has it done. */
const runs: { readonly [name: string]: () => Promise<Recorded> } = {
	"a rotation of one user": async () => {
		const world = rotationWorld();
		return world.run(world.request());
	},
	"a rotation with a step that is tried again": async () => {
		const world = rotationWorld();
		world.vault.fail({ code: "vault-unreachable", call: "write", secret: "db-password-pending", times: 2 });
		return world.run(world.request());
	},
	"a rotation that goes on with another one": async () => {
		const world = rotationWorld();
		world.loseInstanceAt((await effectsOfOne()).indexOf("setPassword titanic_admin") + 1, "after");
		await world.run(world.request()).catch((error) => {
			if (!(error instanceof Lost)) throw error;
		});
		return world.run(world.request());
	},
	"a rotation of two users": async () => {
		const world = rotationWorld({ value: "turns" });
		return world.run(world.request());
	},
	"a rotation of a random value": async () => {
		const world = rotationWorld({ value: "random" });
		return world.run(world.request());
	},
	"a rotation of a key, in two steps": async () => {
		const world = rotationWorld({ value: "keys" });
		return world.run(world.request());
	},
	"a rotation with a canary": async () => {
		const world = rotationWorld({ value: "turns" });
		const { consumers } = world.config.secrets["db-password"];
		Object.assign(consumers[0]!, { canary: true });
		consumers.push({ ...consumers[0]!, name: "titanic-worker", canary: false } as never);
		world.cluster.deploy({ namespace: "titanic-api", name: "titanic-worker" });
		return world.run(world.request());
	},
	"a rotation whose pods do not start": async () => {
		const world = rotationWorld();
		world.deployment.stuck = "ProgressDeadlineExceeded";
		return world.run(world.request());
	},
	"a rotation of what leaked": async () => {
		const world = rotationWorld({ value: "turns" });
		world.database.alterRole("rotator", { maySignal: true });
		return world.run(world.request({ force: true, compromised: true, actor: operator }));
	},
	"a dry run": async () => {
		const world = rotationWorld();
		return world.run(world.request({ dryRun: true }));
	},
	"a delivery": async () => {
		const world = await rotated();
		return world.run(world.request({ kind: "deliver" }));
	},
	"a reconciliation": async () => {
		const world = await rotated({ login: { mode: "admin-secret", secret: "admin-password", role: "rotator" } });
		world.database.alterRole(world.role, { password: "by-hand" });
		return world.run(world.request({ kind: "reconcile", direction: "database-from-vault", actor: operator }));
	},
	"a rollback": async () => {
		const world = await rotated();
		return world.run(world.request({ kind: "rollback", actor: operator }));
	},
	"a retirement": async () => {
		const world = await rotated({ value: "turns" });
		world.pass(25 * hour);
		return world.run(world.request({ kind: "retire" }));
	},
	"a sweep": () =>
		answered(sweepAll, { sweep: "2026-11-30T06-00-00Z" }, [
			{ silent: {}, after: "db-password" },
			{ silent: { vaults: ["main"] } },
			{ silent: {} },
			{ code: "swept" },
		]),
	"a notification that is sent again": () =>
		answered(notify, { channel: "ops", notification: { id: "n-1", data: { kind: "failed" } } }, [
			{ state: "again", pauseSeconds: 30 },
			{ state: "sent" },
			{},
		]),
};

const effectsOfOne = async () => (await rotated()).effects;

/** An orchestrator by itself, whose activities answer this. */
function answered(orchestrator: unknown, input: object, answers: readonly unknown[]): Promise<Recorded> {
	let time = Date.parse("2026-11-30T06:00:00Z");
	const left = answers.values();
	const perform = async (command: { readonly ask: string; readonly until?: string }) => {
		if (command.until !== undefined) time = Date.parse(command.until);
		return command.ask === "activity" ? left.next().value : undefined;
	};
	return play("straight", orchestrator as Orchestrator<object, unknown>, input, perform as never, () => new Date(time));
}

/** What the host compares with the history. */
export function comparedOf(asked: Command): string {
	switch (asked.ask) {
		case "activity":
			return asked.name;
		case "wait":
			return "a timer";
		case "first":
			return "a timer, or an event";
		case "children":
			return `${asked.inputs.length} of ${asked.name}`;
	}
}

export interface Recording extends Omit<History, "past"> {
	readonly past: readonly (Omit<History["past"][number], "asked"> & { readonly asked: string })[];
}

export type Recordings = Readonly<Record<string, readonly Recording[]>>;

export async function recordHistories(): Promise<Recordings> {
	const all: Record<string, Recording[]> = {};
	for (const [name, run] of Object.entries(runs)) {
		const { histories } = await run();
		all[name] = histories.map(({ past, ...begun }) => ({
			...begun,
			past: past.map(({ asked, ...answer }) => ({ asked: comparedOf(asked), ...answer })),
		}));
	}
	return all;
}
