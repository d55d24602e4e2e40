// Leaks on purpose: a text gets into each place the way a leak would.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { BlobServiceClient } from "@azure/storage-blob";
import pg from "pg";
import type { PlaceName } from "../../../local/leaks/places.ts";
import type { Stack } from "../../../local/stack.ts";
import { until } from "../../../local/until.ts";
import { identities } from "../../../local/world.ts";
import { type administrator, deploymentPath, patched } from "./scene.ts";

interface Planted {
	/** Where a place cannot be written to from outside: the stack as it would be. */
	readonly seen?: Partial<Stack>;
	readonly undo?: () => unknown;
}

/** @param words letters, digits and hyphens each */
type Plant = (stack: Stack, words: readonly string[]) => Promise<Planted>;

/** @param kubernetes of `administrator`, which a test file closes */
export const plants = (
	kubernetes: ReturnType<typeof administrator>,
): Readonly<Record<Exclude<PlaceName, "host log" | "answers of the host" | "pg_stat_statements">, Plant>> => ({
	"answers of the app": async (stack, words) => {
		for (const word of words) {
			const answer = await stack.api(`secrets/${word}/rotations`, { method: "POST", body: {} });
			if (!(await answer.text()).includes(word))
				throw new Error("The app does not repeat the name that it was asked for.");
		}
		return {};
	},
	/** An orchestration by that name: the host keeps it, says so in its log, and answers with it. */
	"task hub": async ({ host, keys }, words) => {
		const api = `${host?.url}/runtime/webhooks/durabletask`;
		const id = `planted-${crypto.randomUUID()}`;
		const call = (method: string, path: string, body?: string) =>
			fetch(`${api}/${path}?code=${keys.durable}`, { method, ...(body && { body }) });
		await call("POST", `orchestrators/${encodeURIComponent(words.join(" "))}/${id}`, "{}");
		await until("its end", 90, async () => (await call("GET", `instances/${id}`)).status === 200 || undefined);
		return { undo: () => call("DELETE", `instances/${id}`) };
	},
	blobs: async ({ azurite, identity }, words) => {
		const credential = identity.managedIdentity(identities.rotator).credential();
		const container = new BlobServiceClient(azurite.url, credential).getContainerClient("rotations");
		const text = words.join(" ");
		await container.getBlockBlobClient("planted").upload(text, text.length);
		return {};
	},
	"crash reports": async ({ folders }, words) => {
		await started(["--report-directory", folders.reports, "-e", "process.report.writeReport()"], {
			PLANTED: words.join(" "),
		}).exited;
		return {};
	},
	/** The pods write what they write: here a line is put in where theirs are read. */
	"pod logs": async ({ node }, words) => ({
		seen: { node: { ...node, logs: async () => `${await node.logs()}${words.join(" ")}` } },
	}),
	"database log": async ({ postgres }, words) => {
		// A utility statement: of others pg_stat_statements keeps no constants.
		await postgres.query(`COMMENT ON DATABASE titanic IS '${words.join(" ")}'`);
		return { undo: () => postgres.query("COMMENT ON DATABASE titanic IS NULL") };
	},
	pg_stat_activity: async ({ postgres }, words) => {
		const client = new pg.Client({ connectionString: postgres.url() });
		await client.connect();
		await client.query(`SELECT '${words.join(" ")}'`);
		return { undo: () => client.end() };
	},
	tags: async ({ vault: { owner } }, words) => {
		const { name, version, tags } = owner.get("flask-secret-key")!;
		// A tag's value has at most 512 characters.
		const halves = [words.slice(0, words.length / 2), words.slice(words.length / 2)];
		const planted = halves.map((half, index) => [`planted-${index}`, half.join(" ")]);
		owner.update(name, version, { tags: { ...tags, ...Object.fromEntries(planted) } });
		return { undo: () => owner.update(name, version, { tags }) };
	},
	"cluster objects": async (_, words) => ({
		undo: await patched(kubernetes(), deploymentPath, { metadata: { annotations: { planted: words.join(" ") } } }),
	}),
	"arguments of the host": (stack, words) => asHost(stack, words),
	"arguments of a pod": async (_, words) => running(["titanic-api/app/main.ts", ...words]),
	"arguments of other processes": async (_, words) => running(words),
	"environment of the host": (stack, words) => asHost(stack, [], { PLANTED: words.join(" ") }),
	"environment of a pod": async (_, words) => running(["titanic-api/app/main.ts"], { PLANTED: words.join(" ") }),
	"environment of other processes": async (_, words) => running([], { PLANTED: words.join(" ") }),
});

/** One more host: a process that waits, and which the stack has started as one. */
async function asHost({ hosts }: Stack, args: readonly string[], env?: Record<string, string>): Promise<Planted> {
	const { pid, undo } = await running(args, env);
	return { undo, seen: { hosts: [...hosts, { ...hosts[0]!, pid }] } };
}

/** A process that waits; its arguments may say whose it is. */
async function running(args: readonly string[], env: Record<string, string> = {}): Promise<Planted & { pid: number }> {
	const { process, exited } = started(["-e", "process.stdin.resume()", ...args], env);
	await once(process, "spawn");
	return {
		pid: process.pid!,
		undo: async () => {
			process.kill();
			await exited;
		},
	};
}

function started(args: readonly string[], env: Record<string, string>) {
	const child = spawn(process.execPath, args, {
		env: { ...process.env, ...env },
		stdio: ["pipe", "ignore", "inherit"],
	});
	return { process: child, exited: once(child, "exit") };
}
