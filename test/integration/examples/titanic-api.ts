// The example with each overlay and each variant: a copy of its folder in which an overlay names the variant, as its README
// tells people to do.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "../../../packages/kubernetes-api/index.ts";

export const example = join(import.meta.dirname, "../../../examples/titanic-api");

const foldersIn = (folder: string) => readdirSync(join(example, folder)).sort();

/** What is there, so that a new one is tested without being named here. */
export const overlays = foldersIn("overlays");
export const variants = foldersIn("variants");
/** Other kinds of workload. */
export const kinds = foldersIn("kinds").map((title) => ({ title, folder: join(example, "kinds", title) }));

/** Every overlay with every variant: a title and the folder to build, gone after `dispose`. */
export function combinations(): {
	all: { title: string; overlay: string; variant: string; folder: string }[];
	dispose(): void;
} {
	const root = mkdtempSync(join(tmpdir(), "titanic-api-"));
	const all = variants.flatMap((variant) => {
		const copied = join(root, variant);
		cpSync(example, copied, { recursive: true });
		return overlays.map((overlay) => {
			const folder = join(copied, "overlays", overlay);
			const file = join(folder, "kustomization.yaml");
			writeFileSync(file, readFileSync(file, "utf8").replace("variants/csi-driver", `variants/${variant}`));
			return { title: `${overlay} with ${variant}`, overlay, variant, folder };
		});
	});
	return { all, dispose: () => rmSync(root, { recursive: true }) };
}

const tools = [
	{ program: "kustomize", version: ["version"], build: ["build"] },
	{ program: "kubectl", version: ["version", "--client", "--output=json"], build: ["kustomize"] },
];
/** Kustomize 4 or later, by itself or in kubectl: older ones know no components or replacements. */
const tool = tools.find(({ program, version }) => /v[45]\.\d/.test(`${spawnSync(program, version).stdout ?? ""}`));

/** The real kustomize's objects; `undefined` where there is none. */
export function builtByTheRealOne(folder: string): Manifest[] | undefined {
	if (!tool) return undefined;
	const { status, stdout, stderr } = spawnSync(tool.program, [...tool.build, folder], { encoding: "utf8" });
	if (status !== 0) throw new Error(`${tool.program} ${tool.build} ${folder}: ${stderr}`);
	return parseAllDocuments(stdout).map((document) => document.toJS());
}

/**
 * As sets: kustomize sorts the objects, and puts what a patch adds to a list before what is there, where a cluster and
 * our own put it after. Neither order means anything: objects have names, and so do the items of such lists.
 */
export function unordered<T>(value: T): T {
	if (Array.isArray(value)) {
		const items = value.map(unordered);
		const named = items.every((item) => typeof item?.name === "string" || typeof item?.metadata?.name === "string");
		const key = (item: { kind?: string; name?: string; metadata?: { name: string; namespace?: string } }) =>
			item.name ?? `${item.kind} ${item.metadata?.namespace} ${item.metadata?.name}`;
		return (named ? items.sort((one, other) => (key(one) < key(other) ? -1 : 1)) : items) as T;
	}
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, unordered(field)])) as T;
}

/** Where in `found` something of `sent` is missing or another: an empty list if all of it arrived. */
export function lost(sent: unknown, found: unknown, path = ""): string[] {
	// A server keeps no empty list.
	if (Array.isArray(sent) && sent.length === 0 && found === undefined) return [];
	if (typeof sent !== "object" || sent === null) return isDeepStrictEqual(sent, found) ? [] : [path];
	if (typeof found !== "object" || found === null) return [path];
	return Object.entries(sent).flatMap(([name, value]) =>
		lost(value, (found as Record<string, unknown>)[name], `${path}.${name}`),
	);
}
