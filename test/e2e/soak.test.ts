// `npm run soak` as a process of its own, short, three of them side by side; and the invariants in a world that was broken by hand: they do see it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { mountedPods } from "../../local/pods.ts";
import { afterRotation } from "../../local/soak/invariants.ts";
import type { Lane } from "../../local/soak/lanes.ts";
import type { Results } from "../../local/soak/report.ts";
import { names } from "../../local/world.ts";
import type { SecretVersion } from "../../packages/key-vault/index.ts";
import { processesNaming } from "./support/processes.ts";
import { stackFor } from "./support/scene.ts";

const minute = 60_000;
const program = fileURLToPath(new URL("../../local/soak/main.ts", import.meta.url));

/**
 * With a temporary folder of its own.
 * @param interruptedAt what it is interrupted after, by Ctrl-C
 * @returns how it ended, and what it left: processes and entries of that folder
 */
async function soak(options: readonly string[], interruptedAt?: string) {
	const folder = await mkdtemp(join(tmpdir(), "soak-test-"));
	// The database server is another user's where the tests are root's.
	await chmod(folder, 0o755);
	const { NODE_OPTIONS: _, ...environment } = process.env;
	const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
	const child = spawn(process.execPath, [program, ...options], {
		env: { ...environment, PATH: path, TMPDIR: folder, TEMP: folder, TMP: folder },
		stdio: ["ignore", "pipe", "pipe"],
	});
	const said = { stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const) {
		child[name].setEncoding("utf8").on("data", (text: string) => {
			said[name] += text;
			if (interruptedAt !== undefined && text.includes(interruptedAt)) child.kill("SIGINT");
		});
	}
	const [code] = await once(child, "close");
	const left = [...(await processesNaming(folder)), ...(await readdir(folder))];
	await rm(folder, { recursive: true, force: true });
	return { code, left, ...said };
}

/** @returns what a run told in which everything held, and which left nothing */
async function unbroken(options: readonly string[]): Promise<Results> {
	const { code, left, stdout, stderr } = await soak(options);
	const results = JSON.parse(stdout.trimEnd().split("\n").at(-1) || "{}") as Results;
	const broken = results.invariants?.flatMap((one) => one.broken.map((what) => `${one.invariant}: ${what}`));
	const ended = { code, broken, left, stderr: code === 0 ? "" : stderr };
	expect(ended).toEqual({ code: 0, broken: [], left: [], stderr: "" });
	return results;
}

test.concurrent(
	"ten rotations among faults of many kinds: every planned fault was done, and nothing that must hold was broken",
	async () => {
		const results = await unbroken(["--rotations", "10", "--seed", "43", "--json"]);
		expect(results).toMatchObject({ seed: 43, rotations: { planned: 10, done: 10 } });
		const faults = Object.entries(results.faults).filter(([, { planned }]) => planned > 0);
		expect(faults.length).toBeGreaterThanOrEqual(13);
		expect(faults.filter(([, { planned, injected }]) => planned !== injected)).toEqual([]);
		expect(results.invariants.every(({ checked }) => checked > 0)).toBe(true);
		expect(results.logins.attempts).toBeGreaterThan(50);
		expect(results.requests.attempts).toBeGreaterThan(50);
	},
	12 * minute,
);

test.concurrent(
	"eight rotations of a mix: each strategy rotates beside the others, and no login of two users that take turns fails",
	async () => {
		const results = await unbroken(["--rotations", "8", "--seed", "2", "--mix", "--json"]);
		expect(results).toMatchObject({ mix: true, lanes: 4, rotations: { planned: 8, done: 8 } });
		const checked = results.invariants.map(({ invariant }) => invariant);
		expect(checked).toEqual(
			expect.arrayContaining(["the other user's password goes on to log in", "the derived secret has it"]),
		);
	},
	12 * minute,
);

test("wrong options are exit 2 with one sentence and the help", async () => {
	const { code, stderr } = await soak(["--rotations", "0"]);
	expect([code, stderr]).toEqual([2, expect.stringContaining('--rotations is "0"')]);
	expect(stderr).toContain("Examples:");
});

// Windows has no such signal: there `kill` ends a process at once.
const onUnix = process.platform === "win32" ? test.skip : test.concurrent;
if (process.platform === "win32") console.warn("skipped: Ctrl-C cannot be sent to a process on Windows");

onUnix(
	"interrupted in the middle of rotations and faults, it ends with 130, tells what it found and leaves nothing",
	async () => {
		const { code, left, stderr, stdout } = await soak(["--rotations", "12", "--seed", "1", "--json"], " 3/12");
		expect({ code, left, stderr }).toEqual({
			code: 130,
			left: [],
			stderr: expect.stringContaining("Stopping everything"),
		});
		expect(stderr).toContain("Cut short, the whole is not checked: interrupted");
		const { rotations, invariants, cutShort } = JSON.parse(stdout) as Results;
		expect(cutShort).toBe("interrupted");
		expect(rotations.done).toBeGreaterThanOrEqual(3);
		const logsIn = invariants.find(({ invariant }) => invariant === "the live password logs in");
		expect(logsIn?.checked).toBeGreaterThanOrEqual(3);
	},
	15 * minute,
);

describe("in a world that was broken by hand", () => {
	const stack = stackFor({ appDir: undefined, driverPollMs: 60 * minute });

	test("each invariant says what is broken", async () => {
		const { owner } = stack().vault;
		const lane: Lane = {
			name: "db-password",
			strategy: "single-user",
			login: "self",
			delivers: true,
			path: "csi-driver",
			roles: [names.role],
			derived: "db-connection-string",
			deny: () => () => {},
		};
		const base = owner.get("db-password") as SecretVersion;
		const says = async () =>
			Object.fromEntries(
				await Promise.all(
					Object.entries(afterRotation)
						.filter(([, { of }]) => !of || of(lane))
						.map(
							async ([invariant, { broken }]) =>
								[invariant, await broken({ stack: stack(), lane, base, pods: () => mountedPods(stack()) })] as const,
						),
				),
			);
		// Somebody stored two values that the database has never heard of, and left a pending secret behind.
		owner.set("db-password", "by-hand-1", { tags: { "rotation-id": "db-password.1" } });
		const live = owner.set("db-password", "by-hand-2", { tags: { "rotation-id": "db-password.1" } });
		owner.set("db-password-pending", "by-hand-3", { tags: { "rotation-id": "db-password.2" } });
		const broken = await says();
		expect(broken).toEqual({
			"the live password logs in": `version ${live.version} is refused: 28P01`,
			"the derived secret agrees with it, and logs in": expect.stringContaining("has another login than"),
			"the password before it is refused": `version ${base.version} still gets an answer: in`,
			"exactly one new version with a value of its own": expect.stringMatching(
				/^2 new versions, 2 values, 1 rotations, 0 taken back \(\w{6} by \S+, \w{6} by \S+\)$/,
			),
			"no pending secret is left to go on with": expect.stringContaining("is enabled"),
			"each pod proves the live version": expect.stringContaining(base.version),
		});
		expect(JSON.stringify(broken)).not.toContain("by-hand");
	});
});
