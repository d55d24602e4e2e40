// What the end-to-end tests share: a stack for a file, what an operator does with it, and how it stands.
// SC1. Nothing here reads or prints a value of a secret. `standing` tells a change by version ids and row versions.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll } from "@jest/globals";
import type { V1Deployment } from "@kubernetes/client-node";
import { parse, stringify } from "yaml";
import { login } from "../../../local/proof.ts";
import { follow, rotationOf, type Status } from "../../../local/rotation-watch.ts";
import { type Stack, type StackOptions, startStack } from "../../../local/stack.ts";
import { until } from "../../../local/until.ts";
import { identities, names } from "../../../local/world.ts";
import { type Api, apiOf, at, type KubeObject, type Wire } from "../../../packages/kubernetes-api/index.ts";

/** The built app, as it is deployed: `npm run build` makes it. */
export const appDir = fileURLToPath(new URL("../../../dist/app", import.meta.url));

const starting = 180_000;

/** One stack for the tests of a block, stopped after them. */
export function stackFor(options: StackOptions = {}): () => Stack {
	let stack: Stack | undefined;
	beforeAll(async () => {
		stack = await startStack({ appDir, ...options });
	}, starting);
	afterAll(async () => {
		await stack?.[Symbol.asyncDispose]();
	}, starting);
	return () => {
		if (!stack) throw new Error("The stack is not up.");
		return stack;
	};
}

/** Undoes what a test arranged. */
export type Undo = () => unknown;

// biome-ignore lint/suspicious/noExplicitAny: a configuration under test may have any shape
type AnyConfig = any;

/** Changes the configuration file, which the app reads anew. @returns a function that puts the old one back */
export async function configure(stack: Stack, change: (config: AnyConfig) => void): Promise<Undo> {
	const file = stack.settings.ROTATION_CONFIG_FILE as string;
	const before = await readFile(file, "utf8");
	const config = parse(before);
	change(config);
	await writeFile(file, stringify(config));
	return () => writeFile(file, before);
}

/** A secret that no workload uses is rotated in a second. */
export const withoutConsumers = (config: AnyConfig): void => {
	config.secrets["db-password"].consumers = [];
};

/** Kubernetes as its administrator; closed with the test file. */
export function administrator(stack: () => Stack): () => Api {
	let api: Api | undefined;
	afterAll(() => api?.[Symbol.dispose]());
	return () => {
		api ??= apiOf(stack().cluster.kubeConfig(), "administrator");
		return api;
	};
}

export const deploymentPath = at("apps/v1", "deployments", names.namespace, names.workload);
export const rolePath = at("rbac.authorization.k8s.io/v1", "roles", names.namespace, "titanic-secret-rotator");
export const providerClassPath = at(
	"secrets-store.csi.x-k8s.io/v1",
	"secretproviderclasses",
	names.namespace,
	"titanic-kv-secrets",
);

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** Merges into an object (RFC 7386). @returns a function that puts back what was there */
export async function patched(api: Api, path: string, patch: Json): Promise<Undo> {
	const before = await api.get<KubeObject & Json>(path);
	await api.merge(path, patch);
	return () => api.merge(path, inverse(patch, before));
}

const inverse = (patch: Json, before: Json): Json =>
	Object.fromEntries(
		Object.entries(patch).map(([key, value]) => {
			const was = before[key];
			return [key, isObject(value) && isObject(was) ? inverse(value, was) : (was ?? null)];
		}),
	);

export type Deployment = Wire<V1Deployment> & KubeObject;

/** What a refused rotation must leave as it was. */
export async function standing(stack: Stack, api: Api) {
	const [row] = await stack.postgres.query("SELECT xmin::text FROM pg_authid WHERE rolname = $1", [names.role]);
	const { metadata } = await api.get<Deployment>(deploymentPath);
	return {
		/** Versions of each secret, in the order of their creation. */
		versions: Object.fromEntries(
			stack.vault.owner
				.names()
				.map((name) => [name, stack.vault.owner.versions(name).map(({ version, enabled }) => ({ version, enabled }))]),
		),
		/** Another one after each ALTER ROLE. */
		roleRow: row?.xmin as string,
		generation: metadata.generation,
	};
}

/** No password is left in the pending secret for anybody to read. */
export const enabledPending = ({ vault }: Stack): number =>
	vault.owner.versions("db-password-pending").filter(({ enabled }) => enabled).length;

/** `in`, or the SQLSTATE of the refusal. */
export function loginWith({ postgres }: Stack, password: string): Promise<string> {
	return login(`postgresql://${names.role}:${password}@${postgres.host}:${postgres.port}/${names.database}`);
}

export const loginWithLive = (stack: Stack): Promise<string> =>
	loginWith(stack, stack.vault.owner.get("db-password")?.value ?? "");

/** Until nothing runs: a rotation tells its outcome before it has recorded it and retired its pending secret. */
export const idle = (stack: Stack): Promise<true> =>
	until("the end of whatever runs", 180, async () => {
		const answer = await stack.api("secrets", { roles: ["Rotation.Read"] });
		const { secrets } = (await answer.json()) as { secrets: { running?: object }[] };
		return secrets.every(({ running }) => running === undefined) || undefined;
	});

type Asked = "rotations" | "deliveries" | "reconciliations" | "rollbacks";

/** An operator's request. @param what `deliveries`: the live version again */
export async function requested(stack: Stack, body: object = {}, what: Asked = "rotations"): Promise<string> {
	const answer = await stack.api(`secrets/db-password/${what}`, { method: "POST", body });
	const said = (await answer.json()) as { rotationId: string; code?: string; detail?: string };
	if (answer.status !== 202) throw new Error(`POST ${what}: ${answer.status} ${said.code}: ${said.detail}`);
	return said.rotationId;
}

/** The same, followed to its end. */
export async function rotated(stack: Stack, body: object = {}, what?: Asked): Promise<Status> {
	return ended(stack, await requested(stack, body, what));
}

/** The next rotation after `previous`, no matter who started it, followed to its end. */
export async function nextRotation(stack: Stack, previous: string | undefined): Promise<Status> {
	const id = await until("the next rotation", 120, async () => {
		const latest = await rotationOf(stack, "db-password");
		return latest === previous ? undefined : latest;
	});
	return ended(stack, id);
}

async function ended(stack: Stack, rotationId: string): Promise<Status> {
	const status = await follow(stack, rotationId, { seconds: 240 });
	await idle(stack);
	return status;
}

/** As much of an audit record as the tests look at. */
export interface Recorded {
	readonly type: string;
	readonly subject: string;
	readonly data: {
		readonly rotationId: string;
		readonly step: string;
		readonly phase: string;
		readonly code?: string;
		readonly message?: string;
		readonly correlationId?: string;
		readonly configHash?: string;
		readonly attempt: string;
		/** Milliseconds since 1970. */
		readonly time: number;
		readonly actor: { readonly user: { readonly type: string; readonly uid?: string } };
	};
}

/** Until every instance has its share of the caps, not only the first one: one that joins has nothing for half a minute. */
export const allAtWork = ({ azurite, identity, hosts }: Stack): Promise<true> =>
	until("a share for each instance", 90, async () => {
		const credential = identity.managedIdentity(identities.rotator).credential();
		const container = new BlobServiceClient(azurite.url, credential).getContainerClient("rotations");
		const marks = container.listBlobsFlat({ prefix: "instances/", includeMetadata: true });
		const joined: number[] = [];
		for await (const { metadata } of marks) joined.push(Date.now() - Date.parse(metadata?.since ?? ""));
		return (joined.length === hosts.length && joined.every((ms) => ms > shareAfterMs)) || undefined;
	});

/** What src/lib/adapters/process/share.ts takes to join, and a look. */
const shareAfterMs = 32_000;

/** What was read of each log, by its blobs. */
const readBefore = new WeakMap<Stack, Map<string, { readonly createdOn: number; readonly bytes: Buffer }>>();

/**
 * The audit log as it lies there, oldest first. Its blobs only ever grow, so that of one that was read before the rest is read: the
 * storage opens a file for each record.
 */
export async function auditLog(stack: Stack): Promise<Recorded[]> {
	const { azurite, identity } = stack;
	const credential = identity.managedIdentity(identities.rotator).credential();
	const container = new BlobServiceClient(azurite.url, credential).getContainerClient("audit");
	const before = readBefore.get(stack);
	const now = new Map<string, { createdOn: number; bytes: Buffer }>();
	for await (const { name, properties } of container.listBlobsFlat({ prefix: "audit/" })) {
		const createdOn = properties.createdOn?.getTime() ?? 0;
		const known = before?.get(name);
		const bytes = known?.createdOn === createdOn ? known.bytes : Buffer.alloc(0);
		const left = (properties.contentLength ?? 0) - bytes.length;
		const more = left > 0 ? [await container.getBlobClient(name).downloadToBuffer(bytes.length, left)] : [];
		now.set(name, { createdOn, bytes: Buffer.concat([bytes, ...more]) });
	}
	readBefore.set(stack, now);
	const lines = [...now.values()].flatMap(({ bytes }) => bytes.toString().split("\n"));
	return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** The records of one rotation. */
export const auditOf = async (stack: Stack, rotationId: string): Promise<Recorded["data"][]> =>
	(await auditLog(stack)).map(({ data }) => data).filter((data) => data.rotationId === rotationId);
