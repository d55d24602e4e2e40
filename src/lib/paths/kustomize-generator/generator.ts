// The kustomization.yaml beside a file, and what its secretGenerator makes of that file; no I/O.
// GK1. Flux decrypts one of `files` by the ending of its key, and not of its name, and one of `envs` by the ending of its name.
//      Otherwise: a file is written that Flux reads as another format, and the whole Kustomization fails.
// Kept by: generator.test.ts.
// @see https://github.com/fluxcd/kustomize-controller, internal/decryptor/decryptor.go (decryptKustomizationSources)

import { parse } from "yaml";
import { tooMuch, type Unfit } from "../flux-sops/sops/block.ts";
import type { Form } from "./input-file.ts";

export interface Use {
	readonly form: Form;
	/** The Secret's key, where the file is one: one of `envs` has keys itself. */
	readonly key?: string;
}

interface Generator {
	readonly name?: unknown;
	readonly namespace?: unknown;
	readonly behavior?: unknown;
	readonly envs?: unknown;
	readonly files?: unknown;
}

interface Kustomization {
	readonly secretGenerator?: unknown;
	readonly namePrefix?: string;
	readonly nameSuffix?: string;
}

const unfit = (detail: string): Unfit => ({ unfit: detail });
const textsIn = (value: unknown): string[] =>
	Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
/** `./secret.env` is `secret.env`. */
const plain = (path: string): string => path.replace(/^(\.\/)+/, "");

const otherFormats = [".yaml", ".yml", ".json", ".ini"];
const endsAs = (name: string, endings: readonly string[]): boolean => endings.some((ending) => name.endsWith(ending));

/**
 * @param kustomization the text of a kustomization.yaml
 * @param file its name in the same folder
 * @param secret as the configuration calls what is made of it; a namePrefix may be part of that
 * @returns `undefined` where no generator takes the file
 */
export function useOf(kustomization: string, file: string, secret: string): Use | Unfit | undefined {
	const excess = tooMuch(kustomization);
	if (excess) return unfit(`cannot be read: its kustomization.yaml ${excess.unfit}`);
	let read: unknown;
	try {
		read = parse(kustomization);
	} catch {
		return unfit("cannot be read: its kustomization.yaml is not valid YAML");
	}
	const { secretGenerator: all, namePrefix, nameSuffix } = (read ?? {}) as Kustomization;
	const generators = (Array.isArray(all) ? (all as (Generator | null)[]) : []).filter((one) => one !== null);
	const uses = generators.flatMap((one) => usesIn(one, file).map((use) => ({ one, use })));
	const [found] = uses;
	if (!found) return undefined;
	if (uses.length > 1) return unfit("takes it more than once");
	const { name, behavior = "create" } = found.one;
	if (behavior !== "create") return unfit("changes another Secret (behavior)");
	const nameOf = (of: unknown) => `${namePrefix ?? ""}${of}${nameSuffix ?? ""}`;
	// An overlay may add to it, but not where another one here makes that very Secret.
	const isAnothers = nameOf(name) !== secret && generators.some((one) => nameOf(one.name) === secret);
	if (typeof name !== "string" || !secret.includes(nameOf(name)) || isAnothers)
		return unfit(`makes another Secret than ${secret}`);
	return found.use;
}

function usesIn({ envs, files }: Generator, file: string): (Use | Unfit)[] {
	const variables = textsIn(envs)
		.filter((entry) => plain(entry) === file)
		.map((): Use | Unfit =>
			endsAs(file, otherFormats)
				? unfit("takes it as variables, but Flux decrypts it by its ending")
				: { form: "dotenv" },
		);
	const whole = textsIn(files).flatMap((entry): (Use | Unfit)[] => {
		const [first = "", ...rest] = entry.split("=");
		const path = rest.length > 0 ? rest.join("=") : first;
		if (plain(path) !== file) return [];
		const key = rest.length > 0 ? first : (path.split("/").at(-1) ?? path);
		return endsAs(first, [...otherFormats, ".env"])
			? [unfit("takes it as a file that Flux decrypts by the ending of its key; give it a key without one")]
			: [{ form: "binary", key }];
	});
	return [...variables, ...whole];
}
