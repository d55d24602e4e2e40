import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
	type BackupName,
	backupEntryOf,
	backupIn,
	backupStateOf,
	type LastBackup,
	nameOfBackup,
} from "../../../src/lib/domain/backup.ts";
import { backupsIn, type ComplianceEntry } from "../../../src/lib/domain/compliance.ts";

const version = "0123456789abcdef0123456789abcdef";
const other = "f".repeat(32);
const given: BackupName = { vault: "titanic-kv.vault.azure.net", secret: "db-password", version, day: "2026-11-30" };

describe("a backup's name", () => {
	test("has vault, secret, day and version in it, and they are read off it again", () => {
		const name = nameOfBackup(given);
		expect(name).toBe(`titanic-kv.vault.azure.net/db-password/2026-11-30.${version}.keyvaultbackup`);
		expect(backupIn(name)).toEqual(given);
	});

	test("is the same whatever the case of the secret's name: Key Vault's have none", () => {
		expect(nameOfBackup({ ...given, secret: "DB-Password" })).toBe(nameOfBackup(given));
	});

	test("has a port where the vault's URL has one", () => {
		const name = nameOfBackup({ ...given, vault: "127.0.0.1:8200" });
		expect(name).toMatch(/^127\.0\.0\.1_8200\//);
		expect(backupIn(name)?.vault).toBe("127.0.0.1:8200");
	});

	test.each<[string, Partial<BackupName>]>([
		["a secret that climbs out of its folder", { secret: "../audit" }],
		["a secret with a folder of its own", { secret: "a/b" }],
		["a secret without a name", { secret: "" }],
		["a secret with a line's end", { secret: "db\n" }],
		["a vault with a folder", { vault: "titanic-kv/other" }],
		["a version that is none", { version: "latest" }],
		["a day that is none", { day: "2026-11-30T00" }],
	])("is refused for %s", (_, wrong) => {
		expect(() => nameOfBackup({ ...given, ...wrong })).toThrow(TypeError);
	});

	test("is one backup's alone, whatever its secret is called", () => {
		const secret = fc.stringMatching(/^[0-9a-zA-Z-]{1,127}$/);
		fc.assert(
			fc.property(secret, secret, (one, another) => {
				const same = one.toLowerCase() === another.toLowerCase();
				expect(nameOfBackup({ ...given, secret: one }) === nameOfBackup({ ...given, secret: another })).toBe(same);
			}),
		);
	});

	test.each([
		"notes.txt",
		`db-password/2026-11-30.${version}.keyvaultbackup`,
		`a/b/c/2026-11-30.${version}.keyvaultbackup`,
	])("is not read off %s", (blob) => expect(backupIn(blob)).toBeUndefined());
});

describe("whether a backup is due", () => {
	const now = new Date("2026-11-30T12:00:00Z");
	const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();
	const last = (changes: Partial<LastBackup> = {}): LastBackup => ({
		...{ secret: "db-password", version, at: daysAgo(1) },
		...changes,
	});
	const state = (found: LastBackup | undefined, live: string | undefined = version) =>
		backupStateOf(found, live, { now, keepDays: 100 });

	test("it is where there is none", () => {
		expect(state(undefined)).toBe("none");
		expect(state({ secret: "db-password" })).toBe("none");
	});
	test("it is where there is a newer version", () => expect(state(last(), other)).toBe("behind"));
	test("it is when half of the time that it is kept is over, and not a moment earlier", () => {
		expect(state(last({ at: daysAgo(50) }))).toBe("old");
		expect(state(last({ at: daysAgo(49.99) }))).toBe("current");
	});
	test("it is not where the live version is not known, until it is old", () => {
		expect(backupStateOf(last(), undefined, { now, keepDays: 100 })).toBe("current");
		expect(backupStateOf(last({ at: daysAgo(60) }), undefined, { now, keepDays: 100 })).toBe("old");
	});
});

describe("of several", () => {
	const at = "2026-11-30T12:00:00.000Z";
	const problem = { code: "backups-forbidden", message: "m", next: "n" } as never;

	test("the worst is told, with the oldest time and what keeps one of them", () => {
		const made = { last: { secret: "a", version, at }, state: "current" } as const;
		const before = { last: { secret: "b", version, at: "2026-11-01T12:00:00.000Z", failed: { at, problem } } };
		expect(backupEntryOf([made, { ...before, state: "behind" }])).toEqual({
			...{ state: "behind", at: "2026-11-01T12:00:00.000Z", problem },
		});
		expect(backupEntryOf([made])).toEqual({ state: "current", at });
	});

	test("there is no time where one of them has no backup", () => {
		const made = { last: { secret: "a", version, at }, state: "current" } as const;
		expect(backupEntryOf([made, { last: { secret: "b" }, state: "none" }])).toEqual({ state: "none" });
	});

	test("a report counts those that lack one, and says nothing where none are wanted", () => {
		const entry = (secret: string, backup?: ComplianceEntry["backup"]) =>
			({ secret, state: "compliant", action: "none", ...(backup && { backup }) }) as ComplianceEntry;
		expect(backupsIn([entry("a")])).toBeUndefined();
		const entries = [entry("a", { state: "current", at }), entry("b", { state: "behind", at }), entry("c")];
		expect(backupsIn(entries)).toEqual({ current: 1, lacking: ["b"] });
	});
});
