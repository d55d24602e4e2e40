// What the tests of the host share: a tiny app, a state folder each, calls of the durable HTTP API.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "../durable/store.ts";
import type { Host, StartOptions } from "../start.ts";

export const appDir = fileURLToPath(new URL("./app", import.meta.url));
export const keys = { function: "f-key", master: "m-key", eventGrid: "e-key", durable: "d-key" };

/** A state folder of its own, with the settings of a host on it; gone with the test. */
export async function state() {
	const dir = await mkdtemp(join(tmpdir(), "functions-host-test-"));
	const journal = join(dir, "journal");
	await writeFile(journal, "");
	const env = { JOURNAL: journal, HUB: "TinyHub", SCHEDULE: "0 0 3 * * *" };
	const log: string[] = [];
	const onLine = (_: string, line: string) => log.push(line);
	return {
		dir,
		options: { appDir, stateDir: dir, keys, env, onLine } satisfies StartOptions,
		log: () => log,
		journal: () => readFileSync(journal, "utf8").split("\n").filter(Boolean),
		[Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }),
	};
}

export async function until<T>(what: string, probe: () => T | Promise<T>, seconds = 15): Promise<NonNullable<T>> {
	for (const end = Date.now() + seconds * 1000; ; ) {
		const seen = await probe();
		if (seen) return seen as NonNullable<T>;
		if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
		await new Promise((done) => setTimeout(done, 20));
	}
}

export async function durable(host: Host, method: string, path: string, body?: unknown) {
	const response = await fetch(`${host.url}/runtime/webhooks/durabletask/${path}`, {
		method,
		headers: { "x-functions-key": keys.durable, "content-type": "application/json" },
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	return { status: response.status, json: (await response.json().catch(() => null)) as Record<string, unknown> | null };
}

export const over = (host: Host, id: string) =>
	until(`${id} to be over`, async () => {
		const { json } = await durable(host, "GET", `instances/${id}`);
		return ["Completed", "Failed", "Terminated"].includes(json?.runtimeStatus as string) ? json : undefined;
	});

/** Leaves the hub as a host does that was killed before the nightly run. */
export function missARun(stateDir: string): void {
	using store = openStore(stateDir, "TinyHub");
	const [last, next] = [Date.now() - 30 * 3600_000, Date.now() - 6 * 3600_000];
	store.saveTimer({ name: "nightly", schedule: "0 0 3 * * *", last, next, updated: last });
}
