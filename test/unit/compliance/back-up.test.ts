// Backups behind rotations and in the sweep, in memory: what is made, when, and what happens where it cannot be.

import { describe, expect, test } from "@jest/globals";
import { backUp } from "../../../src/lib/compliance/back-up.ts";
import { backUpRotated } from "../../../src/lib/compliance/backups.ts";
import { type BackupName, nameOfBackup } from "../../../src/lib/domain/backup.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { sweep } from "../../support/sweep.ts";
import { configuration, inDays, world } from "../triggers/world.ts";

const container = "https://titanicbak.blob.core.windows.net/backups";

/** The world of the triggers, with a container of backups; time passes where the test says so. */
function withBackups(backups: object | "none" = { container, keepDays: 100 }) {
	const made = world({ ...configuration, ...(backups !== "none" && { backups }) });
	for (const name of ["db-password", "db-connection-string"])
		made.vaults.main.seed(name, "iceberg", { expires: inDays(90) });
	let time = inDays(0).getTime();
	const kept = new Map<string, string>();
	let refusing: Fault | undefined;
	const store = {
		async add(_: unknown, name: BackupName, backup: Uint8Array) {
			if (refusing) throw refusing;
			const called = nameOfBackup(name);
			if (kept.has(called)) return "kept" as const;
			kept.set(called, Buffer.from(backup).toString());
			return "added" as const;
		},
	};
	const ports = { ...made.ports, clock: { now: () => new Date(time) }, backups: async () => store };
	return {
		...made,
		call: { ...made.call, ports, actor: { kind: "timer" } as const },
		kept,
		passDays(days: number) {
			time += days * 86_400_000;
		},
		refuse(fault: Fault | undefined) {
			refusing = fault;
		},
		backedUp: () => made.audited().filter((line) => line.startsWith("backup ")),
		async ended(changes: Partial<RotationStatus> = {}) {
			const rotationId = `db-password.${crypto.randomUUID()}`;
			const at = new Date(time).toISOString();
			await made.records.saveRotation({
				...{ rotationId, secret: "db-password", kind: "rotate", requestedBy: { kind: "timer" }, requestedAt: at },
				...{ endedAt: at, steps: [], outcome: "completed", version: versionOf(made) },
				...changes,
			});
		},
	};
}
const versionOf = (made: ReturnType<typeof world>) => made.vaults.main.versions("db-password").at(-1)!.version;
const forbidden = () => new Fault("backups-forbidden", { store: container, right: "add to" });

describe("a managed secret", () => {
	test("is backed up with what is derived from it, under names with their versions, and the log has it", async () => {
		const { call, kept, vaults, backedUp } = withBackups();
		expect(await backUp(call, "db-password")).toEqual({ state: "current", at: inDays(0).toISOString() });
		const named = (secret: string) =>
			`titanic-kv-prod.vault.azure.net/${secret}/2026-06-01.${vaults.main.versions(secret)[0]!.version}.keyvaultbackup`;
		expect([...kept.keys()]).toEqual([named("db-password"), named("db-connection-string")]);
		expect([...kept.values()][0]).toBe(`backup of ${vaults.main.versions("db-password")[0]!.version}`);
		expect(backedUp()).toEqual(["backup intent undefined db-password", "backup outcome backed-up db-password"]);
	});

	test("is left alone where the configuration wants no backups", async () => {
		const { call, kept, backedUp, ended } = withBackups("none");
		await ended();
		expect(await backUp(call, "db-password")).toBeUndefined();
		expect(await backUpRotated(call)).toBe(0);
		expect(kept.size + backedUp().length).toBe(0);
	});

	test("is not backed up again while nothing is new, and is when its backup is old", async () => {
		const { call, kept, passDays, backedUp } = withBackups();
		await backUp(call, "db-password");
		passDays(49);
		expect(await backUp(call, "db-password")).toMatchObject({ state: "current" });
		expect([kept.size, backedUp().length]).toEqual([2, 2]);
		passDays(1);
		expect(await backUp(call, "db-password")).toEqual({ state: "current", at: inDays(50).toISOString() });
		expect(kept.size).toBe(4);
	});

	test("has only what is new of it backed up", async () => {
		const { call, kept, vaults } = withBackups();
		await backUp(call, "db-password");
		vaults.main.seed("db-connection-string", "postgresql://iceberg");
		await backUp(call, "db-password");
		expect([...kept.keys()].map((name) => name.split("/")[1])).toEqual([
			"db-password",
			"db-connection-string",
			"db-connection-string",
		]);
	});

	test.each<[string, (made: ReturnType<typeof withBackups>) => void, string]>([
		["the container refuses it", ({ refuse }) => refuse(forbidden()), "backups-forbidden"],
		["the vault refuses it", ({ vaults }) => void vaults.main.deny("back up"), "vault-forbidden"],
		["the vault is cut off", ({ vaults }) => void vaults.main.cut(), "vault-unreachable"],
	])("is told of where %s, and fails nobody", async (_, happens, code) => {
		const made = withBackups();
		await backUp(made.call, "db-password");
		const before = made.kept.size;
		made.vaults.main.seed("db-password", "new");
		happens(made);
		const { state, problem } = (await backUp(made.call, "db-password"))!;
		expect(problem).toMatchObject({ code });
		expect(state).toBe(code === "vault-unreachable" ? "current" : "behind");
		expect(made.kept.size).toBe(before);
	});

	test("of which one backup was made and the next failed, has only the other one made again", async () => {
		const { call, kept, vaults, audit } = withBackups();
		const allow = vaults.main.deny("back up", "db-connection-string");
		expect(await backUp(call, "db-password")).toMatchObject({ state: "none", problem: { code: "vault-forbidden" } });
		expect(kept.size).toBe(1);
		allow();
		expect(await backUp(call, "db-password")).toEqual({ state: "current", at: inDays(0).toISOString() });
		expect(kept.size).toBe(2);
		expect(audit.records.at(-1)?.data.message).toMatch(/^Backup of db-connection-string \w+\.$/);
	});

	test("is not backed up where the log cannot take that it will be", async () => {
		const { call, kept, audit } = withBackups();
		audit.cut();
		expect(await backUp(call, "db-password")).toMatchObject({ state: "none", problem: { code: "audit-unavailable" } });
		expect(kept.size).toBe(0);
	});

	test("is told of, and nothing fails, where what was backed up cannot be read", async () => {
		const { call, records } = withBackups();
		records.cut();
		expect(await backUp(call, "db-password")).toMatchObject({
			state: "none",
			problem: { code: "records-unavailable" },
		});
	});

	test("keeps the backup that it has when it is deleted", async () => {
		const { call, vaults } = withBackups();
		await backUp(call, "db-password");
		vaults.main.remove("db-password");
		expect(await backUp(call, "db-password")).toEqual({ state: "current", at: inDays(0).toISOString() });
	});
});

describe("the sweep", () => {
	test("backs up what is new and says of each secret how its backups are", async () => {
		const { call, kept, vaults } = withBackups();
		vaults.side.seed("side-password", "lifeboat", { expires: inDays(90) });
		const { secrets } = await sweep(call);
		expect(secrets.map(({ secret, backup }) => [secret, backup?.state])).toEqual([
			["db-password", "current"],
			["side-password", "current"],
		]);
		expect(kept.size).toBe(3);
	});

	test("looks at every secret and ends as ever where no backup can be made", async () => {
		const { call, refuse } = withBackups();
		refuse(forbidden());
		const { secrets, problems } = await sweep(call);
		expect(secrets.map(({ state, problem }) => [state, problem])).toEqual([
			["compliant", undefined],
			["unreadable", expect.anything()],
		]);
		expect(secrets[0]?.backup).toMatchObject({ state: "none", problem: { code: "backups-forbidden" } });
		expect(problems.filter(({ code }) => code.startsWith("backups"))).toEqual([]);
	});
});

describe("the timer", () => {
	test("backs up what a rotation has just made, once", async () => {
		const { call, kept, ended } = withBackups();
		await ended();
		expect(await backUpRotated(call)).toBe(1);
		expect(kept.size).toBe(2);
		expect(await backUpRotated(call)).toBe(0);
	});

	test.each<[string, Partial<RotationStatus>]>([
		["a dry run", { dryRun: true, outcome: "planned" }],
		["a run that made no version", { version: undefined, outcome: "skipped" } as Partial<RotationStatus>],
	])("leaves %s alone", async (_, run) => {
		const { call, ended } = withBackups();
		await ended(run);
		expect(await backUpRotated(call)).toBe(0);
	});

	test("leaves to the sweep what ended long ago", async () => {
		const { call, ended, passDays } = withBackups();
		await ended();
		passDays(1);
		expect(await backUpRotated(call)).toBe(0);
	});

	test("tries again after some minutes where one could not be made, and not every minute", async () => {
		const { call, kept, ended, refuse, passDays, backedUp } = withBackups();
		refuse(forbidden());
		await ended();
		const minute = 1 / 1440;
		for (let minutes = 0; minutes < 5; minutes++) {
			await backUpRotated({ ...call, attempt: `invocation-${minutes}` });
			passDays(minute);
		}
		expect(backedUp().filter((line) => line.includes("outcome"))).toEqual([
			"backup outcome backups-forbidden db-password",
		]);
		refuse(undefined);
		expect(await backUpRotated(call)).toBe(1);
		expect(kept.size).toBe(2);
	});
});
