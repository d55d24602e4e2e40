// Kustomize's secretGenerator: a Secret of files, whose name ends with a hash of what it holds, and every reference to it.
// KH1. The hash is the real one's: its own test vectors give it. Otherwise: names here change where they would not there.
// KH2. Kinds that Kustomize does not know keep their references, as they do there.
// Both kept by: generators.test.ts.
// @see https://github.com/kubernetes-sigs/kustomize, api/hasher/hasher.go, api/kv/kv.go, api/internal/generators/utils.go

import { createHash } from "node:crypto";
import { isFields, type Manifest } from "../../packages/kubernetes-api/index.ts";

export interface SecretGenerator {
	name: string;
	namespace?: string;
	envs?: string[];
	files?: string[];
	options?: { disableNameSuffixHash?: boolean };
}

/** As the real one marks it until the end; nothing of it gets out. */
const needsHash = "internal.config.kubernetes.io/needsHashSuffix";

/** @param read a file of the kustomization's folder */
export async function generated(
	{ name, namespace, envs = [], files = [], options }: SecretGenerator,
	read: (file: string) => Promise<Buffer>,
): Promise<Manifest> {
	const data: Record<string, string> = {};
	const add = (key: string, value: Buffer) => {
		if (Object.hasOwn(data, key)) throw new Error(`secretGenerator ${name} has ${key} twice.`);
		data[key] = wrapped(value.toString("base64"));
	};
	for (const file of envs)
		for (const [key, value] of variablesIn((await read(file)).toString())) add(key, Buffer.from(value));
	for (const entry of files) {
		const [key = "", file = key] = entry.split("=");
		add(key.split("/").at(-1) ?? key, await read(file));
	}
	const annotations = options?.disableNameSuffixHash ? {} : { annotations: { [needsHash]: "enabled" } };
	return {
		...{ apiVersion: "v1", kind: "Secret", metadata: { name, ...(namespace && { namespace }), ...annotations } },
		...{ data, type: "Opaque" },
	} as Manifest;
}

/** A long text has a line break after each 70 characters, the last ones too: part of what the hash is over. */
const wrapped = (encoded: string): string => (encoded.length < 70 ? encoded : encoded.replace(/.{1,70}/g, "$&\n"));

function variablesIn(text: string): [string, string][] {
	return text.split(/\r?\n/).flatMap((line): [string, string][] => {
		const own = line.trimStart();
		if (own === "" || own.startsWith("#")) return [];
		const at = own.indexOf("=");
		if (at < 1) throw new Error("A variable without a value is taken from the environment, which is not done here.");
		return [[own.slice(0, at), own.slice(at + 1)]];
	});
}

const replacing: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };

export interface Hashed {
	readonly type?: string;
	readonly data?: Readonly<Record<string, unknown>>;
}

/** Of a Secret's type and data; its name is looked for where it never is, and counts as empty. */
export function hashOf({ type = "", data }: Hashed): string {
	const sorted = data && Object.fromEntries(Object.entries(data).sort(([one], [other]) => (one < other ? -1 : 1)));
	const text = JSON.stringify({ data: sorted ?? "", kind: "Secret", name: "", type });
	const hex = createHash("sha256").update(text).digest("hex").slice(0, 10);
	return hex.replace(/[013ae]/g, (digit) => replacing[digit] ?? digit);
}

/** Those whose references Kustomize knows. */
const referring = ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod"];

/** @returns the objects with the generated ones' last names, wherever they are referred to */
export function named(objects: readonly Manifest[]): Manifest[] {
	const names = new Map<string, string>();
	const renamed = objects.map((object) => {
		const { [needsHash]: mark, ...annotations } = object.metadata.annotations ?? {};
		if (mark === undefined) return object;
		const name = `${object.metadata.name}-${hashOf(object as Hashed)}`;
		names.set(keyOf(object, object.metadata.name), name);
		const { annotations: _, ...metadata } = object.metadata;
		const kept = Object.keys(annotations).length > 0 ? { annotations } : {};
		return { ...object, metadata: { ...metadata, name, ...kept } };
	});
	return renamed.map((object) =>
		referring.includes(object.kind)
			? (referred(object, (name) => names.get(keyOf(object, name)) ?? name) as Manifest)
			: object,
	);
}

const keyOf = ({ metadata: { namespace = "" } }: Manifest, name: string) => `${namespace}/${name}`;

function referred(value: unknown, rename: (name: string) => string, above = ""): unknown {
	if (Array.isArray(value)) return value.map((item) => referred(item, rename, above));
	if (!isFields(value)) return value;
	const isReference = (name: string) =>
		name === "secretName" || (name === "name" && ["secretKeyRef", "secretRef", "secret"].includes(above));
	return Object.fromEntries(
		Object.entries(value).map(([name, field]) => [
			name,
			typeof field === "string" && isReference(name) ? rename(field) : referred(field, rename, name),
		]),
	);
}
