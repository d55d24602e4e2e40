// What the demo and the end-to-end tests prove after a rotation, from outside: at the database, the vault, the pods, the
// audit log and everything that was written.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { leaksIn } from "./leaks/index.ts";
import type { Leak } from "./leaks/search.ts";
import { podsOf, type SeenPod } from "./pods.ts";
import { secretOf } from "./scenarios.ts";
import type { Stack } from "./stack.ts";
import { copiedSecret, identities, loginIn, names } from "./world.ts";

export interface Proof {
	readonly publishedLogsIn: boolean;
	readonly derivedLogsIn: boolean;
	readonly oldIsRefused: boolean;
	readonly oldLogsIn: boolean;
	/** The Secret that the pods' environment is made of has the published value. */
	readonly copyIsPublished: boolean;
	/** Secrets in the namespace that have the published value. */
	readonly copies: number;
	/** How often pods read the secret in the vault, as their own identity. */
	readonly readsByPods: number;
	/** Versions of the live secret that have a value of their own. */
	readonly versions: number;
	readonly pods: readonly SeenPod[];
	readonly audit: {
		readonly events: number;
		readonly verified: boolean;
		/** False: part of it could not be read just now, so nothing is known of the whole. */
		readonly checked: boolean;
		/** Steps that were begun and have no outcome: a process was killed in them. */
		readonly openIntents: number;
		/** What is wrong with the log, and where. */
		readonly flaw?: string;
		/** Heads with a good signature, of both stores, and the latest record that one of them names. */
		readonly signedHeads: number;
		readonly signedUpTo: number;
	};
	readonly leaks: readonly Leak[];
}

/** @param old the value that was replaced last */
export async function prove(stack: Stack, old = stack.firstPassword): Promise<Proof> {
	const secret = secretOf(stack.scenario);
	const live = stack.vault.owner.get("db-password")?.value ?? "";
	const derived = stack.vault.owner.get("db-connection-string")?.value ?? "";
	const { host, port } = stack.postgres;
	const at = (value: string) => {
		const { role, password } = loginIn(stack.scenario, value);
		return `postgresql://${role}:${password}@${host}:${port}/${names.database}`;
	};
	const before = await login(at(old));
	return {
		publishedLogsIn: (await login(at(live))) === "in",
		derivedLogsIn: (await login(derived.replace(/\?.*/, ""))) === "in",
		oldIsRefused: before === "28P01",
		oldLogsIn: before === "in",
		copyIsPublished: (await copyOf(stack, secret)) === stack.vault.owner.get(secret)?.value,
		copies: await copiesOf(stack),
		readsByPods: stack.vault.requests.filter(
			({ objectId, name, status, method }) =>
				objectId === identities.csi.objectId && name === secret && method === "GET" && status === 200,
		).length,
		versions: new Set(stack.vault.owner.versions(secret).map(({ value }) => value)).size,
		pods: await podsOf(stack),
		audit: await audit(stack),
		leaks: await leaksIn(stack),
	};
}

/** `in`, or the SQLSTATE of the refusal. */
export async function login(connectionString: string): Promise<string> {
	const client = new pg.Client({ connectionString, ssl: { rejectUnauthorized: true } });
	// A restart of the server between two of its calls is noticed by the next one.
	client.on("error", () => {});
	try {
		await client.connect();
		await client.query("SELECT 1");
		return "in";
	} catch (error) {
		return (error as { code?: string }).code ?? (error as Error).message;
	} finally {
		await client.end().catch(() => {});
	}
}

async function copyOf({ cluster }: Pick<Stack, "cluster">, secret: string): Promise<string> {
	const { CoreV1Api } = await import("@kubernetes/client-node");
	const held = await cluster
		.kubeConfig()
		.makeApiClient(CoreV1Api)
		.readNamespacedSecret({ namespace: names.namespace, name: copiedSecret })
		.catch((error: { code?: number }) => {
			// There is none where the pods read the vault themselves.
			if (error.code === 404) return undefined;
			throw error;
		});
	return Buffer.from(held?.data?.[secret] ?? "", "base64").toString();
}

async function copiesOf({ cluster, vault, scenario }: Stack): Promise<number> {
	const { CoreV1Api } = await import("@kubernetes/client-node");
	const { items } = await cluster
		.kubeConfig()
		.makeApiClient(CoreV1Api)
		.listNamespacedSecret({ namespace: names.namespace });
	const live = Buffer.from(vault.owner.get(secretOf(scenario))?.value ?? "").toString("base64");
	return items.filter(({ data = {} }) => Object.values(data).includes(live)).length;
}

interface Verdict {
	readonly events?: number;
	readonly whole?: boolean | null;
	readonly openIntents?: readonly object[];
	readonly bad?: { readonly flaw: string; readonly detail: string };
	readonly heads?: { readonly verified: number; readonly latest?: { readonly seq: number } };
}

/** Runs the project's own command over the live log. No events: it could not be read. */
export async function audit({
	settings,
	vault,
	folders,
}: Pick<Stack, "settings" | "vault" | "folders">): Promise<Proof["audit"]> {
	const command = fileURLToPath(new URL("../src/cli/audit-verify.ts", import.meta.url));
	// The app may sign and not read the key: an auditor has its public half in a file.
	const keyFile = join(folders.all, "audit-head.jwks.json");
	const keys = vault.owner.keyVersions(names.signingKey).map(({ jwk }) => jwk);
	await writeFile(keyFile, JSON.stringify({ keys }));
	const { stdout } = await promisify(execFile)(process.execPath, [command, "--json", "--key", keyFile], {
		env: { ...process.env, ...settings },
		maxBuffer: 10_000_000,
	}).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? "{}" }));
	const { events = 0, whole = false, openIntents = [], bad, heads } = JSON.parse(stdout || "{}") as Verdict;
	const flaw = bad && `${bad.flaw}: ${bad.detail}`;
	return {
		events,
		verified: whole === true,
		checked: whole !== null,
		openIntents: openIntents.length,
		...(flaw !== undefined && { flaw }),
		signedHeads: heads?.verified ?? 0,
		signedUpTo: heads?.latest?.seq ?? 0,
	};
}
