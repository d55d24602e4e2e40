// `npm run demo` as a newcomer runs it: a process of its own, on the built app. Each run has a temporary folder of its
// own, whose name is in the arguments or the environment of every process that belongs to it.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { until } from "../../local/until.ts";
import { processesNaming } from "./support/processes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const windows = process.platform === "win32";
const minute = 60_000;

interface Demo extends AsyncDisposable {
	readonly child: ChildProcess;
	readonly folder: string;
	stdout(): string;
	/** What a reader of the terminal has seen so far. */
	seen(): string;
	readonly ended: Promise<number | null>;
	/** Resolves when it has printed this; throws when it ends before. */
	says(text: string): Promise<void>;
	/** What it has left: processes and entries of its temporary folder. */
	left(): Promise<string[]>;
}

/** In a process group of its own, as a terminal starts it. */
async function demo(...options: string[]): Promise<Demo> {
	const folder = await mkdtemp(join(tmpdir(), "demo-test-"));
	// The database server is another user's where the tests are root's.
	await chmod(folder, 0o755);
	const { NODE_OPTIONS: _, ...environment } = process.env;
	const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
	const child = spawn(process.execPath, [join(root, "local", "demo.ts"), ...options], {
		env: { ...environment, PATH: path, TMPDIR: folder, TEMP: folder, TMP: folder },
		stdio: ["ignore", "pipe", "pipe"],
		detached: !windows,
	});
	const texts = { stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const) {
		child[name].setEncoding("utf8").on("data", (text: string) => {
			texts[name] += text;
		});
	}
	const ended = once(child, "close").then(([code]) => code as number | null);
	const seen = () => texts.stdout + texts.stderr;
	const left = async () => [...(await processesNaming(folder)), ...(await readdir(folder))];
	return {
		child,
		folder,
		stdout: () => texts.stdout,
		seen,
		ended,
		left,
		says: (text) =>
			until(`"${text}"`, 240, async () => {
				if (child.exitCode !== null && !seen().includes(text)) throw new Error(`it ended:\n${seen()}`);
				return seen().includes(text) || undefined;
			}).then(() => {}),
		async [Symbol.asyncDispose]() {
			child.kill("SIGTERM");
			await ended;
			await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
		},
	};
}

const text = expect.any(String) as unknown as string;
const number = expect.any(Number) as unknown as number;

/** Exactly the form that the README promises, names and types. */
const promised = {
	scenario: "csi-driver",
	strategy: "single-user",
	path: "csi-driver",
	kind: "Deployment",
	rotation: {
		id: text,
		outcome: "completed",
		code: "near-expiry",
		steps: ["plan", "createSecret", "setSecret", "testSecret", "finishSecret", "deliver", "roll", "verify"].map(
			(name) => ({ name, ms: number }),
		),
		gapMs: number,
	},
	secret: {
		name: "db-password",
		previousVersion: text,
		version: text,
		derived: [{ secret: "db-connection-string", version: text }],
	},
	pods: [
		{ name: text, version: text, ready: true },
		{ name: text, version: text, ready: true },
	],
	traffic: { requests: number, failed: 0 },
	audit: { events: number, verified: true },
	leaks: 0,
};

const lastLine = ({ stdout }: Demo): unknown => JSON.parse(stdout().trimEnd().split("\n").at(-1) ?? "");

// The two whole runs go side by side: most of the time both wait.
test.concurrent(
	"the demo proves the rotation, prints the promised object as its last line, and leaves nothing",
	async () => {
		await using run = await demo("--json");
		expect({ code: await run.ended, seen: run.seen() }).toMatchObject({ code: 0 });
		expect(lastLine(run)).toEqual(promised);
		// Neither colours nor cursor movements where nobody looks at a terminal.
		expect(run.seen()).not.toContain("\u001b");
		expect(await run.left()).toEqual([]);
	},
	5 * minute,
);

test.concurrent(
	"on another Functions host the demo proves the same, and with --keep everything runs until Ctrl-C",
	async () => {
		await using state = await temporaryState();
		const host = join(root, "packages", "functions-host", "main.ts");
		const keys = "--function-key f --master-key m --eventgrid-key e --durable-key d";
		const command = `node "${host}" . --port $PORT --state "${state.path}" ${keys}`;
		await using run = await demo("--keep", "--json", "--host-command", command, "--eventgrid-key", "e");
		await run.says('"leaks":');
		expect(lastLine(run)).toEqual(promised);
		const printed = new Map(
			Array.from(run.seen().matchAll(/^ {2}(\S.*?) {2,}(http\S+)/gm), ([, name, url]) => [name, url]),
		);
		expect([...printed.keys()].sort()).toEqual(
			["Azurite", "Key Vault", "Kubernetes", "identity", "rotation API", "the page", "titanic-api"].sort(),
		);
		expect((await fetch(printed.get("titanic-api") ?? "")).status).toBe(200);
		expect((await fetch(printed.get("the page") ?? "")).status).toBe(200);
		expect((await fetch(printed.get("rotation API") ?? "")).status).toBe(401);
		await goesOn(run.seen());
		// The search that the other tests rely on does find what is there: servers, host, pods, folders.
		expect((await run.left()).length).toBeGreaterThan(windows ? 4 : 8);
		if (windows) return;
		interrupt(run, "SIGINT");
		expect(await run.ended).toBe(0);
		expect(await run.left()).toEqual([]);
	},
	5 * minute,
);

const configurationOf = (file: string) => join(dirname(file), "rotation.config.yaml");

/** As somebody goes on in another terminal, with what is printed. */
async function goesOn(printed: string): Promise<void> {
	const files = [...printed.matchAll(/^ {2}source (\S+\.sh)$/gm)].map(([, file]) => file!);
	expect(files.map((file) => basename(file))).toEqual([
		"operator.sh",
		"reader.sh",
		"approver.sh",
		"lead.sh",
		"break-glass.sh",
		"auditor.sh",
	]);
	const asked: [file: string, args: string[], code: number][] = [
		[files[0]!, ["secrets", "-o", "name"], 0],
		[files[1]!, ["rotate", "db-password", "--dry-run"], 4],
		[files[5]!, ["audit", "--secret", "db-password", "-o", "json"], 0],
		// What az login gives elsewhere, and the app's settings, are in the files too.
		[files[5]!, ["audit", "verify"], 0],
		[files[0]!, ["discover", "--config", configurationOf(files[0]!), "--context", "local"], 0],
	];
	for (const [file, args, code] of asked) {
		if (!windows) expect((await stat(file)).mode & 0o077).toBe(0);
		const exports = (await readFile(file, "utf8")).matchAll(/^export (\w+)='(.*)'$/gm);
		const env: NodeJS.ProcessEnv = {
			...process.env,
			...Object.fromEntries([...exports].map(([, name, value]) => [name, value])),
		};
		const command = join(root, "src", "cli", "rotator.ts");
		const done = spawnSync(process.execPath, [command, ...args], { env, encoding: "utf8" });
		expect({ args, code: done.status, said: done.stderr }).toMatchObject({ code });
		// Nothing that opens something is on the terminal.
		for (const name of ["ROTATOR_TOKEN", "VAULT_TOKEN", "MASTER_KEY", "IDENTITY_HEADER", "PGPASSWORD"])
			expect(printed).not.toContain(env[name]!);
	}
}

// Windows has no such signals: there `kill` ends a process at once.
const onUnix = windows ? test.skip : test;
if (windows) console.warn("skipped: a terminal's Ctrl-C cannot be sent to a process on Windows");

/** As a terminal does it: to every process of the group. */
const interrupt = ({ child }: Demo, signal: NodeJS.Signals) => process.kill(-(child.pid ?? Number.NaN), signal);

onUnix.each<{ when: string; after: string; signals: NodeJS.Signals[] }>([
	{ when: "while the first servers start", after: "identity", signals: ["SIGINT"] },
	{ when: "while pods and host start, by the end of the terminal", after: "Azurite", signals: ["SIGHUP"] },
	{
		when: "in the middle of the rotation, twice in quick succession",
		after: "setSecret",
		signals: ["SIGINT", "SIGINT"],
	},
])(
	"interrupted $when, it ends with 130 and leaves nothing",
	async ({ after, signals }) => {
		await using run = await demo();
		await run.says(after);
		for (const signal of signals) interrupt(run, signal);
		expect({ code: await run.ended, seen: run.seen() }).toMatchObject({ code: 130 });
		expect(await run.left()).toEqual([]);
	},
	5 * minute,
);

onUnix(
	"it stops everything when the reader of its output is gone",
	async () => {
		await using run = await demo();
		await run.says("identity");
		run.child.stdout?.destroy();
		expect(await run.ended).toBe(130);
		expect(await run.left()).toEqual([]);
	},
	5 * minute,
);

test("help is exit 0, wrong options are exit 2 with one sentence and the help", async () => {
	await using help = await demo("--help");
	await using driver = await demo("--driver", "2");
	await using unknown = await demo("--no-such");
	await using scenario = await demo("--scenario", "csi-diver");
	await using list = await demo("--scenario", "list");
	expect([await help.ended, help.stdout()]).toEqual([0, expect.stringContaining("Examples:")]);
	expect([await driver.ended, driver.seen()]).toEqual([2, expect.stringContaining('--driver is "2"; give 1.5 or 1.6')]);
	expect([await unknown.ended, unknown.seen()]).toEqual([2, expect.stringContaining("--no-such")]);
	expect([await scenario.ended, scenario.seen()]).toEqual([2, expect.stringContaining("did you mean csi-driver?")]);
	expect([await list.ended, list.seen()]).toEqual([0, expect.stringMatching(/^csi-driver +one user's password/m)]);
});

/** Beside the demo's own folder: what another host keeps is not the demo's to remove. */
async function temporaryState(): Promise<AsyncDisposable & { path: string }> {
	const path = await mkdtemp(join(tmpdir(), "demo-test-state-"));
	return {
		path,
		[Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
	};
}
