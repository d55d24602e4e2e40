// Which files a Flux Kustomization builds, followed through the kustomization.yaml files of the repository.
// FR1. A file that the build does not take is refused in the plan. Otherwise: it is committed, Flux applies the commit without
//      it, and the pods never get a password that has been changed already. Kept by: reach.test.ts.
// FR2. What cannot be followed here is no reason to refuse: Flux says itself when it cannot build it.
// @see https://fluxcd.io/flux/components/kustomize/kustomizations/#path,
//      https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/resource/

import { posix } from "node:path";
import { parse } from "yaml";
import { tooMuch } from "./sops/block.ts";

/** As Kustomize looks for it. */
export const kustomizationFiles = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

export interface Build {
	/** Of the repository's root. */
	readonly path?: string;
	readonly components?: readonly string[];
}

type Read = (file: string) => Promise<string | undefined>;

const mostFolders = 200;
const isManifest = (name: string): boolean => /\.(ya?ml|json)$/.test(name);

/**
 * @param read of the commit that Flux builds: `undefined` where it has no such file
 * @param wanted a manifest, or the folder of a kustomization.yaml, from the repository's root
 */
export async function isBuilt(read: Read, { path = ".", components = [] }: Build, wanted: string): Promise<boolean> {
	const root = plain(path);
	const visited = new Set<string>();

	/** @returns `undefined` where it has none */
	async function entriesOf(folder: string): Promise<readonly string[] | "unreadable" | undefined> {
		for (const name of kustomizationFiles) {
			const text = await read(posix.join(folder, name));
			if (text !== undefined) return entriesIn(text);
		}
		return undefined;
	}

	async function takes(folder: string): Promise<boolean> {
		if (folder === wanted || visited.size === mostFolders) return true;
		if (visited.has(folder)) return false;
		visited.add(folder);
		const entries = await entriesOf(folder);
		if (entries === "unreadable") return true;
		for (const entry of entries ?? []) {
			const at = plain(posix.join(folder, entry));
			if (at === wanted) return true;
			if (!isManifest(at) && (await takes(at))) return true;
		}
		return false;
	}

	/** Flux takes all manifests of a folder that has no kustomization.yaml, but a folder below that has one by that alone. */
	async function scans(): Promise<boolean> {
		if (wanted === root) return true;
		if (root !== "." && !wanted.startsWith(`${root}/`)) return false;
		const below = wanted.slice(root === "." ? 0 : root.length + 1).split("/");
		for (let depth = 1; depth <= below.length; depth++) {
			const folder = posix.join(root, ...below.slice(0, depth));
			if (!isManifest(folder) && (await entriesOf(folder)) !== undefined) return takes(folder);
		}
		return isManifest(wanted);
	}

	const byPath = (await entriesOf(root)) === undefined ? await scans() : await takes(root);
	if (byPath) return true;
	for (const component of components) if (await takes(plain(posix.join(root, component)))) return true;
	return false;
}

/** `./apps/` is `apps`, and the root is `.`. */
const plain = (path: string): string => posix.join(".", path).replace(/\/$/, "");

function entriesIn(text: string): readonly string[] | "unreadable" {
	if (tooMuch(text)) return "unreadable";
	let found: unknown;
	try {
		found = parse(text);
	} catch {
		return "unreadable";
	}
	const { resources, bases, components } = (found ?? {}) as Record<string, unknown>;
	return [resources, bases, components].flat().filter((entry): entry is string => typeof entry === "string");
}
